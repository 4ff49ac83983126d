"""A table with a row a frame, as pipeline/sources/landmark_table.py reads it, and what that source leaves aside.

label group clip     the class, the signer or source, the clip's id: rows of one clip follow each other
frame                the row's number in its clip
fps width height     of the clip; empty where unknown. width and height say the aspect, in whatever unit
handedness           Right, Left, or empty
x0 y0 z0 … x20 …     one hand, in MediaPipe Hands' order; or the points of a signer by name, left_hand_wrist_x …
                     empty where not seen

Parquet keeps class names and provenance too, as metadata of its schema; CSV cannot.
`extract` reads it with group_column: group and clip_column: clip.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.formats.keeping import Otherwise, each_frame, labels, refuse_far, size, unordered, unsaid
from pipeline.params import LandmarkTable
from pipeline.samples import Samples
from pipeline.sources import isolated_signs, landmark_clips
from pipeline.sources.landmark_table import clips
from pipeline.sources.table_file import COLUMNS, load, numbers, rows, text_columns

KEY = b"signloop"
NAMED = {"label_column": "label", "group_column": "group", "clip_column": "clip"}


def write(path: Path, samples: Samples) -> list[str]:
    refuse_far(samples, "a table's reader")
    _refuse_nameless(samples)
    sizes = np.asarray([size(aspect) for aspect in samples.aspect])
    hands = np.asarray(["Left", "Right", None], object)[np.nan_to_num(samples.handedness, nan=2).astype(int)]
    frame = np.arange(len(samples.values)) - each_frame(samples, samples.offsets[:-1])
    of_clip = {"label": np.asarray(labels(samples), object), "group": samples.group, "clip": samples.id}
    columns: dict[str, Any] = {name: pa.array(each_frame(samples, of), pa.string()) for name, of in of_clip.items()}
    columns |= {
        "frame": pa.array(frame, pa.int32()),
        "fps": pa.array(each_frame(samples, samples.fps), from_pandas=True),
        "width": pa.array(each_frame(samples, sizes[:, 0])),
        "height": pa.array(each_frame(samples, sizes[:, 1])),
        "handedness": pa.array(each_frame(samples, hands), pa.string()),
    }
    flat = samples.values.reshape(len(samples.values), -1)
    columns |= {name: pa.array(flat[:, i], from_pandas=True) for i, name in enumerate(COLUMNS[samples.form])}
    table = pa.table(columns)
    if path.suffix.lower() == ".csv":
        with replacing(path) as beside:
            csv.write_csv(table, beside)
        return [*unsaid(samples), *unordered(samples), *_misread(samples)]
    header = {"class_names": samples.class_names, "provenance": samples.provenance}
    with replacing(path) as beside:
        parquet.write_table(table.replace_schema_metadata({KEY: json.dumps(header, sort_keys=True)}), beside)
    return [what for what in unsaid(samples) if what != "provenance"] + _misread(samples)


def read(path: Path, otherwise: Otherwise) -> Samples:
    """Reads a table, also one that names no label, group or clip; and Google's isolated signs, a file a clip."""
    fps = None if np.isnan(otherwise.fps) else otherwise.fps
    data = LandmarkTable(source="landmark_table", path=str(path), aspect=otherwise.aspect, fps=fps).model_copy(
        update=NAMED
    )
    table = load(path, text_columns(data))
    names = set(table.column_names)
    if set(isolated_signs.LANDMARKS) <= names:
        return landmark_clips.read_unlabelled(path, aspect=otherwise.aspect, fps=otherwise.fps)
    absent = {key: None for key, name in NAMED.items() if name not in names}
    data = data.model_copy(update=absent)
    samples, label = clips(rows(table, path, data), path, data)
    header = json.loads((table.schema.metadata or {}).get(KEY, b"{}"))
    class_names = tuple(header.get("class_names", ()))
    if not set(label) <= set(class_names):  # none were kept, or somebody has given other labels since
        class_names = tuple(sorted(set(label)))
    first = samples.offsets[:-1]
    if data.clip_column:
        samples = replace(samples, id=_text(table["clip"], first))
    if "fps" in names:
        said = numbers(table["fps"], path, "fps")[first].astype(np.float32)
        samples = replace(samples, fps=np.where(np.isnan(said), samples.fps, said))
    target = np.asarray([class_names.index(name) for name in label], np.int64)
    return replace(samples, target=target, class_names=class_names, provenance=header.get("provenance", {}))


def _text(column: Any, rows: NDArray[np.int64]) -> NDArray[Any]:
    return np.asarray([str(cell).strip() for cell in column.take(pa.array(rows)).to_pylist()], object)


def _refuse_nameless(samples: Samples) -> None:
    """A clip without a group or id of its own could not be told from its neighbour."""
    for name in ("group", "id"):
        nameless = np.asarray([not str(value).strip() for value in getattr(samples, name)])
        if nameless.any():
            raise InputError(
                f"clip {int(np.argmax(nameless))} has no {name}, and a table needs one in every row. Convert to .npz."
            )


def _misread(samples: Samples) -> list[str]:
    """Says what is kept and yet read as something else."""
    found = []
    if (samples.values == 0).all((1, 2)).any():
        found.append("that frames of zeros throughout were seen: tables have them where nothing was")
    columns = (labels(samples), samples.group, samples.id)
    if any(str(text) != str(text).strip() for column in columns for text in column):
        found.append("spaces around labels, groups and ids")
    return found
