"""What lies between people and a model, by the form of what is sent: where a figure comes from, and what to say of it.

A camera and a detector before hands, a pen and a canvas before drawings, a sensor before series. A figure is known by
its whole name, or by the end of it: `hand_size` is a `size`.
"""

from dataclasses import dataclass
from typing import Literal

Part = Literal["detector", "camera", "canvas", "sensor", "people", "labels", "model", "unknown"]
Cause = Literal["none", "collecting", "corrections"] | Part
Known = tuple[Part, str]  # what a figure points to, and what it is


@dataclass(frozen=True, kw_only=True)
class Chain:
    """One form's chain.

    names      what is known of figures
    by_family  what a figure points to of which no more is known
    explained  by a figure that fired itself: the ends of names that follow from it
    advice     what to say of a part
    one        of what is sent, in words
    """

    names: dict[str, Known]
    by_family: dict[str, Part]
    explained: dict[str, tuple[str, ...]]
    advice: dict[Part, str]
    one: str


SAME: dict[Part, str] = {
    "model": "the inputs look as before, and the model fits them no longer",
    "unknown": "no single part explains it; look at the report",
}
ANSWERS: dict[str, Part] = {"label": "labels", "score": "model", "embedding": "unknown"}

POINTS = Chain(
    names={
        "point_missing_share": ("detector", "points missing of the hand"),
        "seen_share": ("detector", "seen"),
        "jitter": ("detector", "jitter"),
        "fps": ("camera", "frame rate"),
        "aspect": ("camera", "picture's aspect"),
        "num_frames": ("camera", "frames of a clip"),
        "centre_x": ("camera", "place across the picture"),
        "centre_y": ("camera", "place down the picture"),
        "tilt_deg": ("camera", "tilt in degrees"),
        "depth_range": ("camera", "depth"),
        "hand_size": ("camera", "size of the hand"),
        "shoulder_width": ("camera", "width of the shoulders"),
        "size": ("camera", "size of the hand"),
        "handedness": ("people", "hand that signs"),
        "spread": ("people", "spread of the fingers"),
        "wrist_distance": ("people", "distance of the wrists"),
        "height": ("people", "height of the hand"),
        "speed": ("people", "speed of the hand"),
    },
    by_family={"seen": "detector", **ANSWERS},
    explained={"fps": ("jitter", "num_frames", "speed"), "handedness": ("centre_x", "tilt_deg")},
    advice={
        "detector": "camera or detector; retraining will not help",
        "camera": "the camera, its place or its settings; look there first",
        "people": "signers unlike those of the training; their corrections will teach the model",
        "labels": "other classes are signed than in training; reweigh or collect them before retraining",
        **SAME,
    },
    one="clips",
)
BITMAPS = Chain(
    names={
        "ink_share": ("canvas", "share of the sheet under ink"),
        "darkness": ("canvas", "darkness of the ink"),
        "stroke_width": ("canvas", "width of the lines"),
        "edge_share": ("canvas", "share of the ink at the edge of the sheet"),
        "centre_x": ("canvas", "place across the sheet"),
        "centre_y": ("canvas", "place down the sheet"),
        "width": ("canvas", "width of the drawing"),
        "height": ("canvas", "height of the drawing"),
        "spread": ("people", "spread of the ink"),
        "line_length": ("people", "length of all lines"),
        "pieces": ("people", "pieces that do not touch"),
        "enclosed": ("people", "enclosed pieces of paper"),
        "symmetry": ("people", "symmetry"),
    },
    by_family={"seen": "canvas", **ANSWERS},
    explained={"stroke_width": ("ink_share", "darkness", "enclosed"), "width": ("line_length",), "height": ("spread",)},
    advice={
        "canvas": "the pen, the canvas, or how drawings are made as small as bitmaps; look there first",
        "people": "people draw unlike those of the training; their corrections will teach the model",
        "labels": "other things are drawn than in training; reweigh or collect them before retraining",
        **SAME,
    },
    one="drawings",
)
SERIES = Chain(
    names={},
    by_family={"seen": "sensor", "input": "sensor", **ANSWERS},
    explained={},
    advice={
        "sensor": "the sensor, its scale or its rate, or the world that it measures; look there first",
        "labels": "other patterns occur than in training; reweigh or collect them before retraining",
        **SAME,
    },
    one="series",
)
FRAMES = Chain(
    names={},
    by_family={"seen": "camera", "input": "camera", **ANSWERS},
    explained={},
    advice={"camera": "the camera, its exposure or what it looks at; look there first", **SAME},
    one="clips",
)
CHAINS = {"hand": POINTS, "holistic": POINTS, "bitmap": BITMAPS, "series": SERIES, "frames": FRAMES}


def chain(form: str) -> Chain:
    """Returns the chain of a form."""
    return CHAINS[form]
