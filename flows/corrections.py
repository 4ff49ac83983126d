"""Corrections on their way into training: written where `extract` finds them, before DVC is asked.

The same feedback gives the same bytes, so that only new words on answers make a stage run. See docs/decisions/017.
"""

from collections.abc import Callable
from pathlib import Path

from flows.layout import Layout
from monitoring.log import exporting
from monitoring.log.database import Database
from pipeline import params
from pipeline.feedback import RECENT, TRAINED, never_trained_on
from pipeline.params import Policy, form_of


def write(root: Path, tracks: list[str], database: Database, policy: Policy) -> dict[str, int]:
    """Writes each track's corrected and confirmed clips under feedback/; returns their numbers by track."""
    written = params.read(root / "params.yaml")
    return {
        track: _write(Layout(root, track), form_of(written.track(track).model), database, policy.recent_share)
        for track in tracks
    }


def _write(at: Layout, form: str, database: Database, share: float) -> int:
    """Writes a track's two files; one without clips is removed, and so is the folder of none.

    Clips whose inputs are past their time are taken from the files before, as long as the log knows them.
    """
    files = {at.feedback / TRAINED: False, at.feedback / RECENT: True}
    earlier = exporting.earlier(list(files))
    clips = 0
    for file, compared in files.items():
        chosen = exporting.Choice(form=form, clients=_whose(compared, share), earlier=earlier)
        if found := exporting.collect(database, at.track, chosen):
            clips += exporting.put(database, at.track, file, found).clips
        else:
            file.unlink(missing_ok=True)
    if at.feedback.is_dir() and not any(at.feedback.iterdir()):
        at.feedback.rmdir()
    return clips


def _whose(compared: bool, share: float) -> Callable[[str], bool]:
    """Says of a client's key whether candidates are compared on its clips, or else whether they are trained on."""
    return lambda client: never_trained_on(client, share) == compared
