"""One table file as checked columns: what each row says, and where it is wrong.

A row is one hand, x0 y0 z0 … x20 y20 z20 in MediaPipe Hands' order, or a whole signer, each point of the skeleton
`holistic` by its name: left_hand_wrist_x, left_hand_wrist_y, … pose_right_foot_index_z. A row whose coordinates are all
zero is one in which nothing was detected. A single point at zero is kept: tables that are relative to the wrist have it
there in every row.
Read through Arrow: unlike pandas it refuses a line that was cut off instead of filling it with NaN.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from pipeline.errors import InputError
from pipeline.params import LandmarkTable
from pipeline.skeleton import skeleton

COLUMNS = {
    "hand": [f"{axis}{point}" for point in range(len(skeleton("hand").points)) for axis in "xyz"],
    "holistic": [f"{point}_{axis}" for point in skeleton("holistic").points for axis in "xyz"],
}
SPAN = {"hand": "x0, y0, z0 … x20, y20, z20", "holistic": "left_hand_wrist_x … pose_right_foot_index_z"}
LARGEST = 10.0  # of a coordinate that is a share of the picture; pixels are beyond it
NOT_SEEN = {"", "na", "nan", "null", "none"}
HANDEDNESS = {"right": 1.0, "1": 1.0, "1.0": 1.0, "left": 0.0, "0": 0.0, "0.0": 0.0}
SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of one file; `label`, `group` and `clip` are text, `handedness` is NaN where unknown."""

    values: NDArray[np.float32]  # [R, V, C]
    label: NDArray[Any]
    group: NDArray[Any]
    clip: NDArray[Any]
    aspect: NDArray[np.float64]
    handedness: NDArray[np.float64]
    form: str

    def __len__(self) -> int:
        return len(self.values)


def read_rows(file: Path, data: LandmarkTable) -> Rows:
    """Reads one table and checks all that needs only its rows."""
    return rows(load(file, text_columns(data)), file, data)


def rows(table: Any, file: Path, data: LandmarkTable) -> Rows:
    """Checks what was loaded."""
    named = _named(data)
    names = Counter(table.column_names)
    kind = "holistic" if names.keys() & COLUMNS["holistic"] else "hand"
    missing = [c for c in [*named, *COLUMNS[kind]] if c not in names]
    if missing:
        raise InputError(
            f"'{file}' has no column {listed(missing)}. Expected {listed(named)} and {SPAN[kind]}; got "
            f"{listed(table.column_names)}. Rename the columns, or set data.label_column, group_column, clip_column."
        )
    twice = [c for c in [*named, *COLUMNS[kind], "handedness", "width", "height"] if names[c] > 1]
    if twice:
        raise InputError(f"'{file}' has column {listed(twice)} {names[twice[0]]} times. Rename or remove one of them.")
    if table.num_rows == 0:
        raise InputError(f"'{file}' has a header and no rows. Record into it, or remove it.")
    count = table.num_rows
    group = text(table[data.group_column]) if data.group_column else np.full(count, file.stem, object)
    if (group == "").any():
        row = int(np.argmax(group == ""))
        raise InputError(f"'{file}' row {row}, column '{data.group_column}': expected a signer or source, got nothing.")
    return Rows(
        values=_points(table, file, COLUMNS[kind]),
        label=text(table[data.label_column]) if data.label_column else np.full(count, "", object),
        group=group,
        clip=text(table[data.clip_column]) if data.clip_column else np.arange(count),
        aspect=_aspect(table, file, data.aspect),
        handedness=_handedness(table) if "handedness" in names else np.full(count, np.nan),
        form=kind,
    )


def _named(data: LandmarkTable) -> list[str]:
    return [c for c in (data.label_column, data.group_column, data.clip_column) if c]


def text_columns(data: LandmarkTable) -> list[str]:
    """Names the columns whose cells are text, whatever they look like."""
    return [*_named(data), "handedness"]


def load(file: Path, text: list[str]) -> Any:
    """Reads a table as Arrow; columns in `text` are not guessed at, so that a label `NA` or `1` stays as written."""
    try:
        if file.suffix.lower() == ".parquet":
            return parquet.read_table(file)
        # One thread: only then does Arrow's message say which line is short.
        reading = csv.ReadOptions(use_threads=False)
        converting = csv.ConvertOptions(column_types=dict.fromkeys(text, pa.string()))
        return csv.read_csv(file, reading, csv.ParseOptions(newlines_in_values=True), converting)
    except (pa.ArrowException, OSError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"'{file}' is not a whole, readable table: {why}. Mend it, or copy the file again.") from None


def _points(table: Any, file: Path, columns: list[str]) -> NDArray[np.float32]:
    """Returns the coordinates as [R, V, C] with all three NaN where a point was not seen."""
    flat = np.stack([numbers(table[c], file, c) for c in columns], axis=1)
    wrong = np.abs(flat) > LARGEST
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        got = flat[row, column]
        remedy = (
            "Empty the cell where the point was not seen."
            if np.isinf(got)
            else "This looks like pixels: divide x and z by the picture's width and y by its height."
        )
        raise InputError(
            f"'{file}' row {row}, column '{columns[column]}': expected a share of the picture, about 0 to 1, "
            f"got {got:g}. {remedy}"
        )
    flat[(flat == 0).all(1)] = np.nan
    values = flat.reshape(len(flat), -1, 3).astype(np.float32)
    values[np.isnan(values).any(-1)] = np.nan
    return values


def numbers(column: Any, file: Path, name: str) -> NDArray[np.float64]:
    """Returns a column as numbers, NaN where a cell is empty."""
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return column.cast(pa.float64()).to_numpy()
    values = np.full(len(column), np.nan)
    for row, cell in enumerate(column.to_pylist()):
        if cell is not None and str(cell).strip().lower() not in NOT_SEEN:
            try:
                values[row] = float(cell)
            except (TypeError, ValueError):
                raise InputError(
                    f"'{file}' row {row}, column '{name}': expected a number, got {cell!r}. "
                    "Mend the cell, or empty it where the point was not seen."
                ) from None
    return values


def text(column: Any) -> NDArray[Any]:
    """Returns a column as trimmed text, empty where a cell is; letters keep their case."""
    return np.asarray(["" if cell is None else str(cell).strip() for cell in column.to_pylist()], dtype=object)


def _handedness(table: Any) -> NDArray[np.float64]:
    return np.asarray([HANDEDNESS.get(cell.lower(), np.nan) for cell in text(table["handedness"])], np.float64)


def _aspect(table: Any, file: Path, otherwise: float) -> NDArray[np.float64]:
    """Returns width / height of each row's picture, `otherwise` where the table does not say."""
    if not {"width", "height"} <= set(table.column_names):
        return np.full(table.num_rows, otherwise)
    width, height = (numbers(table[c], file, c) for c in ("width", "height"))
    for name, size in (("width", width), ("height", height)):
        wrong = (size <= 0) | np.isinf(size)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(
                f"'{file}' row {row}, column '{name}': expected a size above 0, got {size[row]:g}. Mend it."
            )
    aspect = width / height
    return np.where(np.isnan(aspect), otherwise, aspect)


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names in quotes, the first `most` of them."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"'{name}'" for name in names[:most]) + more
