"""One .npz of samples without points: bitmaps, series. Whole, by the names of the store.

values       [R, …] the rows of all samples, end to end, in the form's own type; NaN where missing
offsets      [N + 1]: sample i is values[offsets[i]:offsets[i + 1]]
form         its name; by it a file is known as one of these
target group id class_names    as in the store
provenance   JSON
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.form import form
from pipeline.samples import Samples

NAMES = ("values", "offsets", "form", "target", "group", "id", "class_names", "provenance")


def write(path: Path, samples: Samples) -> list[str]:
    found: dict[str, NDArray[Any]] = {
        "values": samples.values,
        "offsets": samples.offsets,
        "form": np.asarray(samples.form),
        "target": samples.target,
        "group": samples.group.astype(str),
        "id": samples.id.astype(str),
        "class_names": np.asarray(samples.class_names, str),
        "provenance": np.asarray(json.dumps(samples.provenance, sort_keys=True)),
    }
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **found)
    return []


def read(found: dict[str, NDArray[Any]], path: Path) -> Samples:
    """Reads the arrays of such a file.

    Raises: InputError for one that is not whole.
    """
    if missing := [name for name in NAMES if name not in found]:
        raise InputError(f"'{path}' names a form and has no array {', '.join(missing)}. Convert it once more.")
    kind, count = form(str(found["form"])), len(found["offsets"]) - 1
    ends = (int(found["offsets"][0]), int(found["offsets"][-1])) if count >= 0 else None
    uneven = [name for name in ("target", "group", "id") if len(found[name]) != count]
    if ends != (0, len(found["values"])) or (np.diff(found["offsets"]) < 0).any() or uneven:
        raise InputError(f"'{path}': offsets, {', '.join(uneven) or 'values'} do not fit. Convert it once more.")
    unknown = np.full(count, np.nan, np.float32)
    return Samples(
        values=found["values"].astype(kind.dtype, copy=False),
        offsets=found["offsets"].astype(np.int64),
        target=found["target"],
        group=found["group"].astype(object),
        id=found["id"].astype(object),
        fps=unknown,
        aspect=np.ones(count, np.float32),
        handedness=unknown,
        class_names=tuple(found["class_names"].tolist()),
        form=kind.name,
        provenance=json.loads(str(found["provenance"])),
    )
