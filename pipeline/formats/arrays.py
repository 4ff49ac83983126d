"""One .npz of many clips: the arrays that pipeline/sources/npz_file.py reads, and the rest of the store beside them.

X            [R, 3 V] float32, NaN where not seen; a signer's points as in the layout pose_hands_xyz
offsets      [N + 1]: clip i is X[offsets[i]:offsets[i + 1]]
y            [N] indices of class_names
class_names group id fps aspect handedness     as in the store
points       [V] the names of X's points, three columns each; by them a file is known as ours
provenance   JSON
rows_…       further values a frame, where the store has them

Samples without points have a layout of their own (plain.py). Any other .npz is read as that source reads it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.form import form
from pipeline.formats import plain
from pipeline.formats.keeping import Otherwise
from pipeline.params import LandmarkClips
from pipeline.samples import Samples
from pipeline.skeleton import skeleton
from pipeline.sources import landmark_clips
from pipeline.sources.numpy_arrays import arrays

ORDER = {"hand": ("hand",), "holistic": ("pose", "left_hand", "right_hand")}  # the latter is known by its width alone
OURS = ("X", "offsets", "y", "class_names", "group", "id", "fps", "aspect", "handedness", "points", "provenance")
OF_CLIP = ("y", "group", "id", "fps", "aspect", "handedness")
ROWS = "rows_"


def write(path: Path, samples: Samples) -> list[str]:
    if not form(samples.form).has_points:
        return plain.write(path, samples)
    named = skeleton(samples.form)
    order = [column for part in ORDER[samples.form] for column in named.part(part)]
    found: dict[str, NDArray[Any]] = {
        "X": samples.values[:, order].reshape(len(samples.values), -1),
        "offsets": samples.offsets,
        "y": samples.target,
        "class_names": np.asarray(samples.class_names, str),
        "group": samples.group.astype(str),
        "id": samples.id.astype(str),
        "fps": samples.fps,
        "aspect": samples.aspect,
        "handedness": samples.handedness,
        "points": np.asarray([named.points[column] for column in order]),
        "provenance": np.asarray(json.dumps(samples.provenance, sort_keys=True)),
    } | {ROWS + name: values for name, values in samples.rows.items()}
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **found)
    return []


def read(path: Path, otherwise: Otherwise) -> Samples:
    found = arrays(path)
    if "form" in found:
        return plain.read(found, path)
    if "points" not in found:
        data = LandmarkClips(
            source="landmark_clips",
            path=str(path),
            labelled="y" in found,
            layout=otherwise.layout,
            aspect=otherwise.aspect,
            fps=None if np.isnan(otherwise.fps) else otherwise.fps,
        )
        return landmark_clips.read(data)
    if missing := [name for name in OURS if name not in found]:
        raise InputError(f"'{path}' has names of points and no array {', '.join(missing)}. Convert it once more.")
    names = found["points"].tolist()
    kind = next((name for name in ORDER if set(names) == set(skeleton(name).points)), None)
    if kind is None or found["X"].shape[1:] != (3 * len(names),):
        raise InputError(
            f"'{path}': expected X [frames, 3 a point] of the points of {' or '.join(ORDER)}, got X "
            f"{list(found['X'].shape)} of {len(names)} points. Convert it once more."
        )
    _refuse_uneven(found, path)
    place = [names.index(point) for point in skeleton(kind).points]
    return Samples(
        values=found["X"].reshape(len(found["X"]), -1, 3)[:, place].astype(np.float32),
        offsets=found["offsets"].astype(np.int64),
        target=found["y"].astype(np.int64),
        group=found["group"].astype(object),
        id=found["id"].astype(object),
        fps=found["fps"].astype(np.float32),
        aspect=found["aspect"].astype(np.float32),
        handedness=found["handedness"].astype(np.float32),
        class_names=tuple(found["class_names"].tolist()),
        form=kind,
        provenance=_provenance(found, path),
        rows={
            name.removeprefix(ROWS): values.astype(np.float32)
            for name, values in found.items()
            if name.startswith(ROWS)
        },
    )


def _refuse_uneven(found: dict[str, NDArray[Any]], path: Path) -> None:
    """Refuses offsets that do not cut X into clips, and arrays that have not one value a clip."""
    offsets, frames = found["offsets"], len(found["X"])
    whole = offsets.ndim == 1 and len(offsets) > 0 and (offsets[0], offsets[-1]) == (0, frames)
    if not whole or (np.diff(offsets) < 0).any():
        raise InputError(
            f"'{path}': expected offsets that rise from 0 to the {frames} frames of X. Convert it once more."
        )
    uneven = [f"{name} {list(found[name].shape)}" for name in OF_CLIP if found[name].shape != (len(offsets) - 1,)]
    if uneven:
        raise InputError(
            f"'{path}': expected a value for each of {len(offsets) - 1} clips, got {', '.join(uneven)}. Convert it "
            "once more."
        )


def _provenance(found: dict[str, NDArray[Any]], path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(str(found["provenance"])))
    except (ValueError, TypeError) as error:
        raise InputError(f"'{path}': provenance is no JSON object: {error}. Convert it once more.") from None
