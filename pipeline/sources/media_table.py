"""Videos and photographs in a table: file, label, group, start and end in seconds; a row a clip.

`group`, `start` and `end` may be left out. A file's name counts from the folder that `data` names, else from the table.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.params import Images, Videos
from pipeline.sources.media import Media, shown

SUFFIXES = (".csv", ".parquet")


def find(table: Path, folder: Path, data: Videos | Images) -> list[Media]:
    """Lists the rows of a table.

    Raises: InputError naming the row and column of the first thing that is wrong.
    """
    from pipeline.sources.table_file import listed, load, numbers, text

    group = data.group_column or "group"
    found = load(table, ["file", "label", group])
    names = found.column_names
    required = ["file", *(["label"] if data.labelled else []), *([group] if data.group_column else [])]
    if missing := [column for column in required if column not in names]:
        raise InputError(
            f"'{table}' has no column {listed(missing)}. Expected file, label and, where known, group, start, end; got "
            f"{listed(names)}. Rename the columns{', or set data.labelled: false' if data.labelled else ''}."
        )
    count = found.num_rows
    files = text(found["file"])
    _refuse(files == "", table, "file", "expected a file's name, got nothing")
    times = {name: numbers(found[name], table, name) if name in names else np.full(count, np.nan) for name in _TIMES}
    _check(times, table)
    labels = text(found["label"]) if data.labelled else np.full(count, "", object)
    groups = text(found[group]) if group in names else np.full(count, table.stem, object)
    _refuse(groups == "", table, group, "expected a signer or source, got nothing")
    media = [
        Media(
            id=_id(str(file), start, end),
            label=label,
            group=signer,
            file=folder / file,
            start=None if np.isnan(start) else float(start),
            end=None if np.isnan(end) else float(end),
        )
        for file, label, signer, start, end in zip(files, labels, groups, *times.values(), strict=True)
    ]
    _refuse_twice(media, table)
    return media


_TIMES = ("start", "end")


def _id(file: str, start: float, end: float) -> str:
    """Names a part of a file by its times."""
    if np.isnan(start) and np.isnan(end):
        return shown(file)
    return f"{shown(file)}@{0 if np.isnan(start) else start:g}-{'' if np.isnan(end) else f'{end:g}'}"


def _check(times: dict[str, NDArray[Any]], table: Path) -> None:
    for name, values in times.items():
        _refuse((values < 0) | np.isinf(values), table, name, "expected seconds from the file's beginning")
    _refuse(times["end"] <= times["start"], table, "end", "expected more than `start`")


def _refuse(wrong: NDArray[np.bool_], table: Path, column: str, why: str) -> None:
    if wrong.any():
        raise InputError(f"'{table}' row {int(np.argmax(wrong))}, column '{column}': {why}. Mend it.")


def _refuse_twice(media: list[Media], table: Path) -> None:
    rows: dict[str, int] = {}
    for row, one in enumerate(media):
        if one.id in rows:
            raise InputError(
                f"'{table}' row {row}: '{one.id}' is in row {rows[one.id]} already. Remove one of them, or give each "
                "its own start and end."
            )
        rows[one.id] = row
