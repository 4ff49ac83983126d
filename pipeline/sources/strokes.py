"""Quick Draw's strokes, a drawing a line of JSON, drawn here as bitmaps of any size.

A drawing is scaled so that its longer side fills the bitmap but for the margin, and stands in the middle, as Quick
Draw's own bitmaps do; a pen of 1/16 of that side is theirs too.
Source: https://github.com/googlecreativelab/quickdraw-dataset, "The raw moderated dataset", and issue 19 there.
"""

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from jaxtyping import Float, UInt8
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.params import Strokes
from pipeline.samples import Samples
from pipeline.sources import bitmaps, ink

ENDINGS = (".ndjson", ".ndjson.gz")
AT_ONCE = 512  # drawings that are drawn together


def read(data: Strokes) -> Samples:
    """Draws the drawings, in the order of their files.

    Raises: InputError naming the file and line that cannot be read.
    """
    left_out: Counter[str] = Counter()
    words: list[str] = []
    pictures: list[NDArray[np.uint8]] = []
    waiting: list[Float[np.ndarray, "S 4"]] = []
    for word, segments in _drawings(data, left_out):
        words.append(word)
        waiting.append(segments)
        if len(waiting) == AT_ONCE:
            pictures.append(_drawn(waiting, data))
            waiting = []
    if not words:
        raise InputError(f"'{data.path}' has no drawings of what is asked for. Correct data.path or data.classes.")
    names = data.classes or tuple(sorted(set(words)))
    return _samples(np.concatenate([*pictures, _drawn(waiting, data)]), words, names, data, left_out)


def _samples(
    pictures: UInt8[np.ndarray, "N H W"],
    words: list[str],
    names: tuple[str, ...],
    data: Strokes,
    left_out: Counter[str],
) -> Samples:
    place = {name: number for number, name in enumerate(names)}
    target = np.array([place[word] for word in words])
    group = np.empty(len(words), dtype=object)
    number = np.empty(len(words), dtype=np.int64)
    for k in range(len(names)):
        own = np.flatnonzero(target == k)
        group[own] = bitmaps.blocks(len(own), data.blocks)
        number[own] = np.arange(len(own))
    return bitmaps.samples(
        pictures,
        target=target,
        group=group,
        ids=np.array([f"{word}/{own}" for word, own in zip(words, number, strict=True)], dtype=object),
        class_names=names,
        provenance={"synthetic": False, **data.model_dump(exclude={"path"}, mode="json"), "left_out": dict(left_out)},
    )


def _drawings(data: Strokes, left_out: Counter[str]) -> Iterator[tuple[str, Float[np.ndarray, "S 4"]]]:
    """Yields what each drawing is of and its segments as they were recorded; counts what is left out, by why."""
    taken: Counter[str] = Counter()
    for where, line in _lines(Path(data.path)):
        try:
            drawing = orjson.loads(line)
            word, recognized = drawing["word"], drawing.get("recognized", True)
            if data.classes and word not in data.classes:
                continue
            if data.recognized_only and not recognized:
                left_out["not recognized"] += 1
                continue
            if data.max_per_class and taken[word] >= data.max_per_class:
                continue
            segments = _segments(drawing["drawing"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"{where}: expected a drawing, {{word, recognized, drawing: [[xs], [ys]] a stroke}} ({error}). "
                "Remove the line, or fetch the file again."
            ) from None
        if len(segments) == 0:
            left_out["no strokes"] += 1
            continue
        taken[word] += 1
        yield word, segments


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yields each line with its place."""
    files = sorted(p for p in path.iterdir() if p.name.endswith(ENDINGS)) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise InputError(f"'{path}': expected a file of drawings ({', '.join(ENDINGS)}), or a folder of them.")
    for file in files:
        try:
            with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
                for number, line in enumerate(opened, 1):
                    if line.strip():
                        yield f"'{file}' line {number}", line
        except (EOFError, gzip.BadGzipFile) as error:
            raise InputError(f"'{file}' is not whole: {error}. Fetch it again.") from None


def _segments(strokes: list[Any]) -> Float[np.ndarray, "S 4"]:
    """Joins the points of each stroke [[x, …], [y, …], perhaps times]; one point is a dot."""
    parts = []
    for stroke in strokes:
        points = np.array(stroke[:2], dtype=float).T
        if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
            raise ValueError("a stroke has as many xs as ys, all of them numbers")
        if len(points) == 1:
            points = np.repeat(points, 2, 0)
        parts.append(np.concatenate([points[:-1], points[1:]], 1))
    return np.concatenate(parts) if parts else np.zeros((0, 4))


def _drawn(drawings: list[Float[np.ndarray, "S 4"]], data: Strokes) -> UInt8[np.ndarray, "N H W"]:
    """Scales drawings into their bitmaps, and draws them."""
    counts = np.array([len(segments) for segments in drawings], dtype=np.int64)
    if not len(counts):
        return np.zeros((0, data.size, data.size), np.uint8)
    ends = np.concatenate(drawings).reshape(-1, 2)
    starts = 2 * np.concatenate([[0], np.cumsum(counts)[:-1]])
    low, high = np.minimum.reduceat(ends, starts), np.maximum.reduceat(ends, starts)
    side = data.size * (1 - 2 * data.margin) / (1 + data.pen)
    scale = side / np.maximum((high - low).max(1), 1e-9)
    owner = np.repeat(np.arange(len(drawings)), counts)
    each = np.repeat(owner, 2)
    placed = data.size / 2 + (ends - (low + high)[each] / 2) * scale[each, None]
    width = np.full(len(drawings), data.pen * side)
    return ink.draw(placed.reshape(-1, 4), owner, count=len(drawings), size=data.size, width=width)
