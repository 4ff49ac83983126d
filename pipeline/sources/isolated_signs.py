"""Google's isolated-sign corpus: train.csv and a Parquet file a clip, 543 rows a frame.

The rows are face, left hand, pose and right hand; the face is not read. NaN is not seen. A file by itself has no label.
The corpus says neither frame rate nor picture size.
Source: Google, Isolated Sign Language Recognition (Kaggle, 2023), the data's own description.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from pipeline.skeleton import skeleton
from pipeline.sources.keypoint_layouts import hide_unseen
from pipeline.sources.recording import Clip, Recording, in_order
from pipeline.sources.table_file import listed

TABLE = "train.csv"
COLUMNS = ("path", "participant_id", "sequence_id", "sign")
LANDMARKS = ("frame", "type", "landmark_index", "x", "y", "z")
HOLISTIC = skeleton("holistic")
FACE = "face"
FIRST = {name: HOLISTIC.part(name)[0] for name in HOLISTIC.parts}  # the column of each part's point 0
COUNT = {name: len(points) for name, points in HOLISTIC.parts.items()} | {FACE: 478}


def find(path: Path, data: LandmarkClips) -> list[Recording]:
    """Finds the clips that train.csv lists; without labels, every Parquet file at `path`."""
    if not data.labelled:
        files = [path] if path.is_file() else in_order(path.rglob("[!.]*.parquet"))
        root = path.parent if path.is_file() else path
        return [
            Recording(id=_id(file, root), label="", group=root.name, load=partial(read_clip, file)) for file in files
        ]
    if not (path / TABLE).is_file():
        raise InputError(
            f"'{path}': expected a folder with {TABLE}, which says the sign of each Parquet file, got none. Copy it "
            "there, or set data.labelled: false."
        )
    table = _table(path / TABLE)
    rows = zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)
    return [
        Recording(
            id=f"{participant}/{sequence}",
            label=(sign or "").strip(),
            group=participant,
            load=partial(read_clip, path / file),
        )
        for file, participant, sequence, sign in rows
    ]


def read_clip(file: Path) -> Clip:
    """Reads one Parquet file.

    Raises: InputError naming the file and what is wrong in it.
    """
    try:
        with parquet.ParquetFile(file) as opened:
            missing = [name for name in LANDMARKS if name not in opened.schema_arrow.names]
            table = None if missing else opened.read(columns=list(LANDMARKS))
        names, codes = _types(table) if table else ([], np.empty(0, np.int64))
    except FileNotFoundError:
        raise InputError(f"'{file}' does not exist. Copy it there, or take its row out of {TABLE}.") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"'{file}' is not a whole Parquet file: {why}. Copy it again.") from None
    if table is None:
        raise InputError(f"'{file}' has no column {listed(missing)}. Expected {listed(LANDMARKS)}, a landmark a row.")
    if table.num_rows == 0:
        raise InputError(f"'{file}' has no frames. Copy it again, or take its row out of {TABLE}.")
    return Clip(_points(table, names, codes, file))


def _types(table: Any) -> tuple[list[str], NDArray[np.integer]]:
    """Returns the parts that occur, and which of them each row is of."""
    kind = table["type"].cast(pa.string()).combine_chunks().dictionary_encode()
    return kind.dictionary.to_pylist(), kind.indices.to_numpy()


def _points(table: Any, names: list[str], codes: NDArray[np.integer], file: Path) -> NDArray[np.float32]:
    unknown = [name for name in names if name not in COUNT]
    if unknown:
        raise InputError(f"'{file}', column 'type': expected {listed(COUNT)}, got {listed(unknown)}.")
    first, count = (np.asarray([of.get(name, 0) for name in names], np.int64) for of in (FIRST, COUNT))
    index = table["landmark_index"].to_numpy().astype(np.int64)
    wrong = (index < 0) | (index >= count[codes])
    if wrong.any():
        row = int(np.argmax(wrong))
        part = names[codes[row]]
        raise InputError(
            f"'{file}' row {row}: expected landmark_index from 0 to {COUNT[part] - 1} of '{part}', got {index[row]}."
        )
    frames, frame = np.unique(table["frame"].to_numpy(), return_inverse=True)
    body = np.asarray([name != FACE for name in names])[codes]
    place = frame[body], (first[codes] + index)[body]
    _refuse_twice(place, len(frames), file)
    values = np.full((len(frames), len(HOLISTIC.points), 3), np.nan, np.float32)
    values[place] = np.stack([table[axis].to_numpy().astype(np.float32)[body] for axis in "xyz"], axis=-1)
    hide_unseen(values)
    return values


def _refuse_twice(place: tuple[NDArray[np.integer], NDArray[np.integer]], frames: int, file: Path) -> None:
    times = np.zeros((frames, len(HOLISTIC.points)), np.int64)
    np.add.at(times, place, 1)
    if times.max(initial=0) > 1:
        frame, point = np.unravel_index(times.argmax(), times.shape)
        raise InputError(
            f"'{file}': {HOLISTIC.points[int(point)]} occurs {times.max()} times in frame {frame}, expected once. Keep "
            "the rows of one clip in a file."
        )


def _table(file: Path) -> Any:
    try:
        types = csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()))
        table = csv.read_csv(file, csv.ReadOptions(use_threads=False), convert_options=types)
    except (pa.ArrowException, OSError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"'{file}' is not a whole, readable table: {why}. Copy the file again.") from None
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise InputError(f"'{file}' has no column {listed(missing)}. Expected {listed(COLUMNS)}.")
    return table


def _id(file: Path, root: Path) -> str:
    return file.relative_to(root).with_suffix("").as_posix()
