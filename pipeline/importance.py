"""What an answer rests on: how much less sure of the truth a model is when a part of the sample is not seen.

Any exported model can be asked so, as it is served; no gradient is needed. A part that was not seen anyway costs
nothing, and of two parts that say the same neither does.
Source: occlusion, Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901, section 4.2.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.form import form as named
from pipeline.predictor import Predictor
from pipeline.samples import Samples, evenly
from pipeline.skeleton import FINGERS, SIDES, Skeleton, skeleton

COLUMNS = ("part", "drop")
TENTHS = 10
CELLS = 4  # a side of a picture, hidden one by one
Place = tuple[list[int] | slice, ...]  # of a row [V, C]


def importance(predictor: Predictor, samples: Samples, *, most: int) -> pd.DataFrame:
    """Returns, for each part, by how much the true class's probability drops on average without it.

    most  clips of each class that are asked about, spread over them evenly
    """
    group = np.full(len(samples), "", dtype=object)
    chosen = samples.select(evenly(group, samples.target, most))
    whole = _sure(predictor, chosen).mean()
    rows = [(part, whole - _sure(predictor, without(chosen, place)).mean()) for part, place in places(samples).items()]
    return pd.DataFrame(rows, columns=pd.Index(COLUMNS)).sort_values("drop", ascending=False, ignore_index=True)


def by_place(table: pd.DataFrame, samples: Samples) -> NDArray[np.float64]:
    """Returns each point's or channel's [V], or pixel's [V, C] drop: that of the smallest part hidden with it."""
    drops = dict(zip(table["part"], table["drop"], strict=True))
    found, hidden = np.full(samples.row, np.nan), places(samples)
    for part, place in sorted(hidden.items(), key=lambda item: -np.zeros(samples.row)[item[1]].size):
        found[place] = drops[part]
    return found if samples.form == "bitmap" else found[:, 0]


def places(samples: Samples) -> dict[str, Place]:
    """Returns what of a row is hidden at once, by name: parts of a body, cells of a picture, channels of a series."""
    if named(samples.form).has_points:
        return {part: (columns,) for part, columns in occluded(skeleton(samples.form)).items()}
    height, width = samples.row
    if samples.form == "series":
        return {f"channel {channel + 1}": ([channel],) for channel in range(height)}
    edges = [[side * cell // CELLS for cell in range(CELLS + 1)] for side in (height, width)]
    return {
        f"row {i + 1}, column {j + 1}": (slice(*edges[0][i : i + 2]), slice(*edges[1][j : j + 2]))
        for i in range(CELLS)
        for j in range(CELLS)
    }


@dataclass(frozen=True)
class Moments:
    """The clips that were asked about, and by how much each one's certainty drops without a tenth [N, TENTHS]."""

    samples: Samples
    drops: NDArray[np.float64]

    @property
    def table(self) -> pd.DataFrame:
        """A row a tenth, the mean of all clips; unknown where there is none."""
        mean = self.drops.mean(0) if len(self.drops) else np.full(TENTHS, np.nan)
        return pd.DataFrame({"tenth": range(1, TENTHS + 1), "drop": mean})


def moments(predictor: Predictor, samples: Samples, *, most: int) -> Moments:
    """Asks by how much the true class's probability drops when a tenth of a clip is not seen.

    Clips with fewer frames than tenths are left out.
    """
    long = samples.select(np.flatnonzero(samples.lengths >= TENTHS))
    if not len(long):
        return Moments(long, np.empty((0, TENTHS)))
    chosen = long.select(evenly(np.full(len(long), "", dtype=object), long.target, most))
    hidden = [_sure(predictor, without_tenth(chosen, tenth)) for tenth in range(TENTHS)]
    return Moments(chosen, _sure(predictor, chosen)[:, None] - np.stack(hidden, 1))


def without_tenth(samples: Samples, tenth: int) -> Samples:
    """Returns the clips with one tenth of their frames, 0 to 9, not seen."""
    values, lengths = samples.values.copy(), samples.lengths  # of forms that last, which can all say NaN
    first, last = (samples.offsets[:-1] + lengths * edge // TENTHS for edge in (tenth, tenth + 1))
    for start, end in zip(first, last, strict=True):
        values[start:end] = np.nan
    return replace(samples, values=values)


def without(samples: Samples, place: Place) -> Samples:
    """Returns the samples with a place of each row not seen, or of a bitmap left white."""
    values = samples.values.copy()
    values[:, *place] = np.nan if values.dtype.kind == "f" else 0
    return replace(samples, values=values)


def occluded(body: Skeleton) -> dict[str, list[int]]:
    """Returns what is hidden at once, by name: each finger, of a signer also each hand, arm, the face and the legs."""
    if "pose" not in body.parts:
        return {finger: body.indices(*chain) for finger, chain in FINGERS.items()}
    groups = {}
    for side in SIDES:
        groups[f"{side} hand"] = body.part(f"{side}_hand")
        for finger, chain in FINGERS.items():
            groups[f"{side} {finger}"] = body.indices(*(f"{side}_hand_{point}" for point in chain))
        groups[f"{side} arm"] = body.indices(*(f"pose_{side}_{joint}" for joint in ("elbow", "wrist")))
    named = body.parts["pose"]
    groups["face"] = body.indices(*named[: named.index("pose_left_shoulder")])
    groups["legs"] = body.indices(*named[named.index("pose_left_knee") :])
    return groups


def _sure(predictor: Predictor, samples: Samples) -> NDArray[np.float64]:
    """Returns the true class's probability of each clip."""
    return predictor.scores(samples)[0][np.arange(len(samples)), samples.target]
