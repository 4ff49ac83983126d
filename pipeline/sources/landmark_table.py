"""Samples from tables of landmarks: CSV or Parquet, one file or a folder of them, a row a frame.

Columns are found by name: label, the coordinates of a hand or of a signer (table_file); also width and height (the
picture's aspect) and handedness where the table has them. All other columns are ignored.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.params import LandmarkTable
from pipeline.samples import Samples, evenly
from pipeline.sources.table_file import SUFFIXES, Rows, listed, read_rows


def read(data: LandmarkTable) -> Samples:
    """Reads every table, makes clips of their rows, and keeps the clips that `classes` and `max_per_class` ask for.

    Raises: InputError naming file, row and column of the first thing that is wrong.
    """
    files = _files(Path(data.path))
    parts = [(read_rows(file, data), file) for file in files]
    whole, label = _join([(rows, file, _starts(rows, file, data)) for rows, file in parts], data)
    class_names = _class_names(label, data)
    target = np.asarray([class_names.index(x) if x in class_names else -1 for x in label], np.int64)
    labelled = np.flatnonzero(target >= 0)
    most = data.max_per_class
    kept = labelled if most is None else labelled[evenly(whole.group[labelled], target[labelled], most)]
    left_out = {
        "no label": label == "",
        "label not in classes": (target < 0) & (label != ""),
        "above max_per_class": ~np.isin(np.arange(len(label)), kept) & (target >= 0),
    }
    provenance = {
        "source": data.source,
        "files": {file.name: {"sha256": sha256(file), "rows": len(rows)} for rows, file in parts},
        "rows_read": sum(len(rows) for rows, _ in parts),
        "rows_left_out": {why: int(whole.lengths[clips].sum()) for why, clips in left_out.items() if clips.any()},
    }
    return replace(whole, target=target, class_names=class_names, provenance=provenance).select(kept)


def clips(rows: Rows, file: Path, data: LandmarkTable) -> tuple[Samples, NDArray[Any]]:
    """Makes clips of one table's rows, classes not yet assigned; returns them and their labels."""
    return _join([(rows, file, _starts(rows, file, data))], data)


def _files(path: Path) -> list[Path]:
    """Returns the table, or a folder's tables in the order of their names."""
    if not path.exists():
        raise InputError(f"data.path: '{path}' does not exist. Give a CSV or Parquet file, or a folder of them.")
    files = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise InputError(f"data.path: folder '{path}' holds no {' or '.join(SUFFIXES)} file. Copy the tables into it.")
    if files[0].suffix.lower() not in SUFFIXES:
        raise InputError(f"data.path: expected a {' or '.join(SUFFIXES)} file, got '{path}'. Convert or rename it.")
    stem, count = Counter(file.stem for file in files).most_common(1)[0]
    if count > 1:
        raise InputError(f"data.path: {count} tables in '{path}' are named '{stem}'; ids would clash. Rename one.")
    return files


def _starts(rows: Rows, file: Path, data: LandmarkTable) -> NDArray[np.int64]:
    """Returns the first row of each clip: where the clip or the group changes."""
    changes = (rows.clip[1:] != rows.clip[:-1]) | (rows.group[1:] != rows.group[:-1])
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1]).astype(np.int64)
    first = np.repeat(starts, np.diff(np.append(starts, len(rows))))
    for name, column in ((data.label_column, rows.label), ("width/height", rows.aspect)):
        differs = column != column[first]
        if differs.any():
            row = int(np.argmax(differs))
            raise InputError(
                f"'{file}' row {row}: clip '{rows.clip[row]}' began in row {first[row]} with {name} "
                f"{column[first[row]]!r} and goes on with {column[row]!r}. A clip has one {name}: mend it, or set "
                "another data.clip_column."
            )
    return starts


def _join(parts: list[tuple[Rows, Path, NDArray[np.int64]]], data: LandmarkTable) -> tuple[Samples, NDArray[Any]]:
    """Returns all clips of all files, classes not yet assigned, and their labels."""
    before = np.cumsum([0] + [len(rows) for rows, _, _ in parts])
    offsets = np.concatenate([starts + n for (_, _, starts), n in zip(parts, before, strict=False)] + [before[-1:]])

    def joined(pick: str) -> NDArray[Any]:
        return np.concatenate([getattr(rows, pick)[starts] for rows, _, starts in parts])

    kinds = {rows.form: file for rows, file, _ in parts}
    if len(kinds) > 1:
        raise InputError(
            f"'{kinds['hand']}' holds one hand a row and '{kinds['holistic']}' a whole signer; a model learns from one "
            "of them. Put them into two folders."
        )
    handed = np.concatenate([rows.handedness for rows, _, _ in parts])
    known = np.add.reduceat(~np.isnan(handed), offsets[:-1], dtype=np.int64)
    right = np.add.reduceat(np.nan_to_num(handed), offsets[:-1])
    samples = Samples(
        values=np.concatenate([rows.values for rows, _, _ in parts]),
        offsets=offsets.astype(np.int64),
        target=np.zeros(len(known), np.int64),
        group=joined("group"),
        id=np.asarray([f"{file.stem}/{row}" for _, file, starts in parts for row in starts], dtype=object),
        fps=np.full(len(known), np.nan if data.fps is None else data.fps, np.float32),
        aspect=joined("aspect").astype(np.float32),
        handedness=np.where(known == 0, np.nan, right / np.maximum(known, 1) >= 0.5).astype(np.float32),
        class_names=(),
        form=parts[0][0].form,
    )
    return samples, joined("label")


def _class_names(label: NDArray[Any], data: LandmarkTable) -> tuple[str, ...]:
    """Returns `classes` in its own order, or all that occur, sorted."""
    occurring = sorted({str(x) for x in label} - {""})
    if not occurring:
        raise InputError(f"column '{data.label_column}' of '{data.path}' is empty in every row. Label the rows.")
    absent = [c for c in data.classes if c not in occurring]
    if absent:
        raise InputError(
            f"data.classes: {listed(absent)} does not occur in '{data.path}'. It has {listed(occurring, 100)}. "
            "Correct the spelling (case counts), or leave it out."
        )
    return tuple(dict.fromkeys(data.classes)) or tuple(occurring)
