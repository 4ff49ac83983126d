"""What called for a retraining, told to `promote` beside DVC: it says how to judge a candidate, not what is judged.

No stage depends on it, since one that runs again for a cause that came or went would judge the same candidate twice. A
cause stands until a candidate was judged, or its run has ended well: also one that was killed or failed is finished,
by whomever, under the rule that it was begun with.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.files import read_json, write_json

FOLDER = "causes"  # in the state folder, a file a track
DRIFT = "drift"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What called: drift, corrections, a schedule; and why, in words."""

    what: str
    reasons: tuple[str, ...] = ()


def tell(state: Path, tracks: Iterable[str], cause: Cause) -> None:
    """Says what called for the retraining of these tracks; by whoever holds the project's turn."""
    for track in tracks:
        write_json(_file(state, track), asdict(cause))


def told(state: Path, track: str) -> Cause | None:
    """Returns what called for a track's retraining; None where nobody said so, as by hand."""
    if not _file(state, track).exists():
        return None
    found = read_json(_file(state, track))
    return Cause(what=found["what"], reasons=tuple(found["reasons"]))


def drifted(state: Path, track: str) -> bool:
    cause = told(state, track)
    return cause is not None and cause.what == DRIFT


def called_by(state: Path, track: str) -> str:
    """Says what called for a track's retraining, as the ledger keeps it; empty where nobody said so."""
    cause = told(state, track)
    return ": ".join([cause.what, *cause.reasons[:1]]) if cause else ""


def settle(state: Path, tracks: Iterable[str]) -> None:
    """Forgets the causes of tracks whose candidates were judged, or that needed none."""
    for track in tracks:
        _file(state, track).unlink(missing_ok=True)


def _file(state: Path, track: str) -> Path:
    return state / FOLDER / f"{track}.json"
