"""What is in a store of samples, counted: by class, by group, by clip, and what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.form import form
from pipeline.samples import Samples
from pipeline.skeleton import skeleton

NEAR = 5  # ids that are named where one is unknown


@dataclass(frozen=True)
class Contents:
    """Tables with a row a class, a group, a clip; `facts` are of the whole store.

    A column named as a part of the skeleton is the share of its points that were seen, in all frames.
    """

    facts: dict[str, str]
    classes: pd.DataFrame
    groups: pd.DataFrame
    clips: pd.DataFrame


def contents(samples: Samples) -> Contents:
    """Counts."""
    seen = seen_by_part(samples)
    parts = list(seen)
    clips = pd.DataFrame(
        {
            "clip": samples.id.astype(str),
            "class": np.asarray(samples.class_names, object)[samples.target],
            "group": samples.group.astype(str),
            "frames": samples.lengths,
            "fps": samples.fps,
            "aspect": samples.aspect,
            **seen,
        }
    )
    order = [name for name in samples.class_names if name in set(clips["class"])]
    return Contents(
        _facts(samples, clips),
        _by(clips, "class", "group", parts).loc[order],
        _by(clips, "group", "class", parts),
        clips,
    )


def seen_by_part(samples: Samples) -> dict[str, NDArray[np.float64]]:
    """Returns, for each part of the skeleton, the share of its points that each clip shows; of no points nothing."""
    if not form(samples.form).has_points:
        return {}
    named, seen = skeleton(samples.form), samples.seen
    return {
        part: np.add.reduceat(seen[:, named.part(part)].mean(1), samples.offsets[:-1]) / samples.lengths
        for part in named.parts
    }


def chosen(samples: Samples, ids: Sequence[str]) -> Samples:
    """Returns the clips of these ids, in this order.

    Raises: InputError naming the ids most like one that is unknown.
    """
    place = {str(name): i for i, name in enumerate(samples.id)}
    for name in ids:
        if name not in place:
            raise InputError(f"no clip '{name}'. The nearest of {len(place):,}: {', '.join(near(name, place))}.")
    return samples.select(np.asarray([place[name] for name in ids]))


def near(name: str, among: Any) -> list[str]:
    """Returns the names most like this one, in quotes."""
    from rapidfuzz import fuzz, process

    return [f"'{found}'" for found, _, _ in process.extract(name, list(among), scorer=fuzz.WRatio, limit=NEAR)]


def _by(clips: pd.DataFrame, key: str, other: str, parts: list[str]) -> pd.DataFrame:
    weighed = clips.assign(**{part: clips[part] * clips["frames"] for part in parts})
    grouped = weighed.groupby(key, sort=True)
    table = grouped.agg(clips=("clip", "size"), **{_plural(other): (other, "nunique")}, frames=("frames", "sum"))
    return table.assign(**{part: grouped[part].sum() / table["frames"] for part in parts})


def _plural(word: str) -> str:
    return {"class": "classes", "group": "groups"}[word]


def _facts(samples: Samples, clips: pd.DataFrame) -> dict[str, str]:
    source = samples.provenance.get("source", "unknown")
    hands = [int((samples.handedness == side).sum()) for side in (1, 0)]
    further = sorted(getattr(samples, "rows", {}))
    classes, groups = len(set(samples.target.tolist())), clips["group"].nunique()
    return {
        "source": f"{source}" + (" (synthetic)" if str(source).startswith("synthetic") else ""),
        **_kind(samples),
        "clips": f"{len(samples):,} of {classes:,} classes by {groups:,} groups",
        "frames": f"{len(samples.values):,}; a clip {_range(samples.lengths)}",
        "frames a second": _range(samples.fps),
        "width / height": _range(samples.aspect),
        **({"hands": f"{hands[0]:,} right, {hands[1]:,} left"} if samples.form == "hand" else {}),
        **({"further values": ", ".join(further)} if further else {}),
    }


def _kind(samples: Samples) -> dict[str, str]:
    if form(samples.form).has_points:
        return {"skeleton": f"{samples.form}, {len(skeleton(samples.form).points)} points"}
    return {"form": f"{samples.form}, rows of {' × '.join(map(str, samples.row))}"}


def _range(values: NDArray[Any]) -> str:
    known = values[~np.isnan(values.astype(float))]
    if not len(known):
        return "unknown"
    low, middle, high = (f"{value:.4g}" for value in (known.min(), np.median(known), known.max()))
    unknown = f"; {len(values) - len(known):,} unknown" if len(known) < len(values) else ""
    return (low if low == high else f"{low} to {high}, median {middle}") + unknown
