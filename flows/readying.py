"""What comes before DVC is asked, in every retraining: what called for it on record, and corrections for `extract`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows import causes, environment
from flows.causes import Cause
from pipeline.params import Params
from registry.store import STATE


def ready(root: Path, tracks: list[str], written: Params, cause: Cause | None, *, say: Callable[[str], Any]) -> None:
    """Readies these tracks; by whoever holds the project's turn.

    cause  None where nobody said what called for it: one that an earlier run did not finish then stands
    """
    from flows import corrections  # here: every command imports this module, and a stage needs neither
    from monitoring.log.database import Database

    if cause is not None:
        say(": ".join([cause.what, *filter(None, ["; ".join(cause.reasons)])]))
        causes.tell(root / STATE, tracks, cause)
    with Database.open(environment.database_url()) as database:
        for track, clips in corrections.write(root, tracks, database, written.policy).items():
            if clips:
                say(f"feedback/{track}: {clips} corrected clip(s)")
