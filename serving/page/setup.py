"""What the page has to know before it begins: tracks of hands and bodies, how to find these, and what is missing."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.detect import bundles
from pipeline.drawing import LEFT, POSE, RIGHT, UNKNOWN, strokes
from pipeline.errors import InputError
from pipeline.params.data import Detection
from pipeline.skeleton import skeleton
from serving.answering.host import Host
from serving.answering.served import Served
from serving.draw.setup import drawn
from serving.page import vision

ASSETS = "/assets"
COLORS = {"left_hand": LEFT, "right_hand": RIGHT, "hand": UNKNOWN, "pose": POSE}


def setup(host: Host, folders: Sequence[Path], *, key: bool) -> dict[str, Any]:
    """Returns it as JSON has it.

    key  whether the server asks for one
    """
    there = {track: lineup.production for track, lineup in host.lineups.items()}
    return {
        "tracks": {track: _track(served) for track, served in there.items() if served and _is_seen(served)},
        "drawn": list(drawn(host)),
        "vision": f"{ASSETS}/tasks-vision/{vision.VERSION}",
        "bundles": {name: f"{ASSETS}/{bundle.file}" for name, bundle in bundles.BUNDLES.items()},
        "colors": {part: "#{:02x}{:02x}{:02x}".format(*color) for part, color in COLORS.items()},
        "missing": list(_missing(folders)),
        "key": key,
    }


def _is_seen(served: Served) -> bool:
    """Whether a camera shows what a track looks at."""
    return served.takes.form.has_points and bool(served.contract.class_names)


def _track(served: Served) -> dict[str, Any]:
    contract = served.contract
    named = skeleton(contract.form)
    drawn = strokes(named)
    detection = Detection(points="hand" if contract.form == "hand" else "holistic")
    return {
        "version": served.version,
        "model": contract.model,
        "classes": contract.class_names,
        "skeleton": contract.form,
        "points": len(named.points),
        "bones": [[a, b] for a, b, _ in drawn.bones],
        "columns": [column for column, _, _ in drawn.points],
        "parts": {part: named.part(part) for part in named.parts},
        "bundles": bundles.needed(detection),
        "detection": {
            "num_hands": detection.num_hands,
            "hand_confidence": detection.hand_confidence,
            "pose_confidence": detection.pose_confidence,
            "presence": detection.presence,
            "tracking": detection.tracking,
        },
    }


def _missing(folders: Sequence[Path]) -> Iterator[dict[str, str]]:
    """Yields what lies in none of the folders, and the command that fetches it; no folder is named to a browser."""
    known = {**bundles.BUNDLES, vision.NAME: vision.BUNDLE}
    for name in known:
        try:
            bundles.find(name, folders, known)
        except InputError:
            yield {"name": name, "command": bundles.remedy(name)}
