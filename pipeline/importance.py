"""What an answer rests on: how much less sure of the truth a model is when a part of the body is not seen.

Any exported model can be asked so, as it is served; no gradient is needed. A part that was not seen anyway costs
nothing, and of two parts that say the same neither does.
Source: occlusion, Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901, section 4.2.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.predictor import Predictor
from pipeline.samples import Samples, evenly
from pipeline.skeleton import FINGERS, SIDES, Skeleton, skeleton

COLUMNS = ("part", "drop")
TENTHS = 10


def importance(predictor: Predictor, samples: Samples, *, most: int) -> pd.DataFrame:
    """Returns, for each part, by how much the true class's probability drops on average without it.

    most  clips of each class that are asked about, spread over them evenly
    """
    group = np.full(len(samples), "", dtype=object)
    chosen = samples.select(evenly(group, samples.target, most))
    whole = _sure(predictor, chosen).mean()
    rows = [
        (part, whole - _sure(predictor, without(chosen, columns)).mean())
        for part, columns in occluded(skeleton(samples.skeleton)).items()
    ]
    return pd.DataFrame(rows, columns=pd.Index(COLUMNS)).sort_values("drop", ascending=False, ignore_index=True)


def of_points(table: pd.DataFrame, body: Skeleton) -> NDArray[np.float64]:
    """Returns each point's drop, that of the smallest part that was hidden with it; NaN of points that never were."""
    drops, found = dict(zip(table["part"], table["drop"], strict=True)), np.full(len(body.points), np.nan)
    for part, columns in sorted(occluded(body).items(), key=lambda item: -len(item[1])):
        found[columns] = drops[part]
    return found


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
    values, lengths = samples.values.copy(), samples.lengths
    first, last = (samples.offsets[:-1] + lengths * edge // TENTHS for edge in (tenth, tenth + 1))
    for start, end in zip(first, last, strict=True):
        values[start:end] = np.nan
    return replace(samples, values=values)


def without(samples: Samples, columns: list[int]) -> Samples:
    """Returns the clips with these points not seen."""
    values = samples.values.copy()
    values[:, columns] = np.nan
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
