"""What became of recordings: report.json for programs, with every clip that was left out, and report.html for people.

The page holds its pictures and styles and asks no network for anything. Its size is bounded, however many the clips:
of long tables it shows the worst.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.detected import Detected, Failure
from pipeline.detect.page import page
from pipeline.detect.thumbnails import thumbnails
from pipeline.detect.workshop import Outcome
from pipeline.files import write_json, write_text
from pipeline.params import Images, Videos
from pipeline.skeleton import skeleton as skeleton_by_name

NUM_WORST = 24  # clips of which pictures are shown

Pictures = Callable[[str], Sequence[NDArray[np.uint8]]]


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What became of one clip, in numbers.

    num_frames  0 where none was read
    hands       share of its frames that show a hand
    seen        share of its frames that show a part of the skeleton, by part
    failure     why it is left out; None: it is kept
    copy_of     id of an earlier clip of the same content, or nothing
    """

    id: str
    label: str
    group: str
    num_frames: int = 0
    hands: float = 0.0
    seen: dict[str, float] = field(default_factory=dict)
    failure: Failure | None = None
    copy_of: str = ""


def of_outcomes(outcomes: Sequence[Outcome], data: Videos | Images, out: Path, *, title: str) -> Path:
    """Writes what became of recordings, with pictures from the files of the worst, and returns the page."""
    detection, by_id = data.detection, {outcome.id: outcome for outcome in outcomes}

    def pictures(id: str) -> list[NDArray[np.uint8]]:
        one = by_id[id]
        assert one.detected is not None, "only clips that were read are among the worst"
        photo = isinstance(data, Images)
        return thumbnails(one.file, one.detected, detection, picture=photo, start=one.start, end=one.end)

    clips = [
        looked(
            one.detected,
            detection.points,
            id=one.id,
            label=one.label,
            group=one.group,
            failure=one.failure,
            copy_of=one.copy_of,
        )
        for one in outcomes
    ]
    write(clips, out, title=title, pictures=pictures)
    return out / "report.html"


def looked(
    detected: Detected | None,
    skeleton: str,
    *,
    id: str,
    label: str,
    group: str,
    failure: Failure | None = None,
    copy_of: str = "",
) -> Looked:
    """Counts in which frames of a clip what is seen."""
    told = {"id": id, "label": label, "group": group, "failure": failure, "copy_of": copy_of}
    if detected is None or not len(detected.values):
        return Looked(**told)
    named = skeleton_by_name(skeleton)
    shown = parts_shown(detected.values, skeleton)
    return Looked(
        **told,
        num_frames=len(detected.values),
        hands=float(np.any([shown[hand] for hand in named.hands], axis=0).mean()),
        seen={part: float(frames.mean()) for part, frames in shown.items()},
    )


def parts_shown(values: NDArray[np.floating], skeleton: str) -> dict[str, NDArray[np.bool_]]:
    """Says of each part in which frames of a clip [T, V, 3] any of its points is seen."""
    named = skeleton_by_name(skeleton)
    return {part: np.asarray(~np.isnan(values[:, named.part(part)]).any(-1).all(-1)) for part in named.parts}


def write(clips: Sequence[Looked], out: Path, *, title: str, pictures: Pictures = lambda _: ()) -> None:
    """Writes report.json and report.html into the folder `out`.

    pictures  gives those of a clip, by its id; asked for the worst clips alone
    """
    found = tell(clips)
    shown = {id: pictures(id) for id in found["worst"]}
    write_json(out / "report.json", _writable(found))
    write_text(out / "report.html", page(found, title=title, pictures=shown))


def tell(clips: Sequence[Looked]) -> dict[str, Any]:
    """Returns report.json for what became of clips; the same for whatever order they came in."""
    clips = sorted(clips, key=lambda clip: clip.id)
    left_out = [clip for clip in clips if clip.failure]
    kept = [clip for clip in clips if not clip.failure]
    bare = [clip for clip in kept if not clip.hands]
    read = sorted((clip for clip in clips if clip.num_frames), key=lambda clip: (clip.hands, clip.id))
    kinds = Counter(clip.failure.kind for clip in left_out if clip.failure)
    return {
        "all": _rates(clips),
        "by_label": _by(clips, "label"),
        "by_group": _by(clips, "group"),
        "kinds": dict(sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))),
        "left_out": [_named(clip) | _why(clip.failure) for clip in left_out],
        "copies": [{"id": clip.id, "copy_of": clip.copy_of} for clip in clips if clip.copy_of],
        "without_hands": [_named(clip) for clip in bare],
        "worst": {
            clip.id: {"hands": clip.hands, "frames": clip.num_frames} for clip in read[:NUM_WORST] if clip.hands < 1
        },
    }


def _by(clips: Sequence[Looked], name: str) -> dict[str, dict[str, Any]]:
    parts: dict[str, list[Looked]] = {}
    for clip in clips:
        parts.setdefault(getattr(clip, name), []).append(clip)
    return {value: _rates(parts[value]) for value in sorted(parts)}


def _rates(clips: Sequence[Looked]) -> dict[str, Any]:
    """Counts clips, and takes shares of all frames that were read, of whichever clips; None where there are none."""
    read = [clip for clip in clips if clip.num_frames]
    frames = sum(clip.num_frames for clip in read)

    def share(of: Callable[[Looked], float]) -> float | None:
        return sum(of(clip) * clip.num_frames for clip in read) / frames if frames else None

    return {
        "clips": len(clips),
        "kept": sum(not clip.failure for clip in clips),
        "left_out": sum(bool(clip.failure) for clip in clips),
        "copies": sum(bool(clip.copy_of) for clip in clips),
        "frames": frames,
        "hands": share(lambda clip: clip.hands),
        "seen": {part: share(lambda clip, part=part: clip.seen[part]) for part in (read[0].seen if read else {})},
    }


def _named(clip: Looked) -> dict[str, str]:
    return {"id": clip.id, "label": clip.label, "group": clip.group}


def _why(failure: Failure | None) -> dict[str, str]:
    return {"kind": failure.kind, "reason": failure.reason} if failure else {}


def _writable(value: Any) -> Any:
    """Spells out what no file can hold: half characters, in names that are not text."""
    if isinstance(value, dict):
        return {_writable(key): _writable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_writable(each) for each in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
