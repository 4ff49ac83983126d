"""The sample store: samples of any form and length end to end in one HDF5 file, with a mask of what was seen.

Values are kept as recorded (landmarks normalised by picture width and height); only `Preprocess` undoes the aspect.
A point that was not detected is NaN in `values` and False in `seen`, never a zero that looks like the origin. Forms
whose values cannot be NaN have no mask, and stay in their own type from the source to the batch: a bitmap is bytes.
Source: the layout follows the pose format's masked body, https://github.com/sign-language-processing/pose.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.form import form as named
from pipeline.skeleton import skeleton

SCHEMA = 2
READS = (1, 2)  # 1 called the form a skeleton
PER_SAMPLE = ("target", "group", "id", "fps", "aspect", "handedness")


@dataclass(frozen=True, kw_only=True)
class Samples:
    """N clips: clip i is rows offsets[i] to offsets[i+1] of `values`.

    values      [R, V, C] of the form's type, as recorded; NaN where not seen
    offsets     [N + 1] int64
    target      [N] int64, an index into class_names
    group       [N] str, the signer or source; groups never cross a split
    id          [N] str, unique
    fps         [N] float32, frames per second; NaN unknown
    aspect      [N] float32, picture width / height; 1 where the form has no picture
    handedness  [N] float32, 1 right, 0 left, NaN unknown
    rows        further values of each frame by name, [R, …] float32, aligned with `values`
    recent      groups that are never trained on: clients on whose corrected clips candidates are compared
    """

    values: NDArray[Any]
    offsets: NDArray[np.int64]
    target: NDArray[np.int64]
    group: NDArray[Any]
    id: NDArray[Any]
    fps: NDArray[np.float32]
    aspect: NDArray[np.float32]
    handedness: NDArray[np.float32]
    class_names: tuple[str, ...]
    form: str = "hand"
    provenance: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    recent: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    @property
    def row(self) -> tuple[int, ...]:
        """Returns the shape [V, C] of a row."""
        return self.values.shape[1:]

    @property
    def seen(self) -> NDArray[np.bool_]:
        if not _can_lack(self.values.dtype):
            return np.ones(self.values.shape[:2], bool)
        return np.asarray(~np.isnan(self.values).any(-1))

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Returns which samples [N] show anything: a point, a value, a drop of ink."""
        rows = self.seen.any(-1) if _can_lack(self.values.dtype) else self.values.any((1, 2))
        return np.logical_or.reduceat(rows, self.offsets[:-1])

    def clip(self, i: int) -> NDArray[Any]:
        """Returns clip i as [T, V, C]."""
        return self.values[self.offsets[i] : self.offsets[i + 1]]

    def select(self, indices: NDArray[np.integer]) -> "Samples":
        """Returns the chosen clips, in the order of `indices`."""
        lengths = self.lengths[indices]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        rows = np.repeat(self.offsets[:-1][indices] - offsets[:-1], lengths) + np.arange(offsets[-1])
        chosen = {name: getattr(self, name)[indices] for name in PER_SAMPLE}
        further = {name: values[rows] for name, values in self.rows.items()}
        return Samples(values=self.values[rows], offsets=offsets, rows=further, **chosen, **self._header())

    def _header(self) -> dict[str, Any]:
        names = ("class_names", "form", "provenance", "recent")
        return {name: getattr(self, name) for name in names}


def from_clips(
    clips: Iterable[NDArray[Any]],
    *,
    target: Iterable[int],
    group: Iterable[str],
    ids: Iterable[str],
    fps: Iterable[float] | float = np.nan,
    aspect: Iterable[float] | float = 1.0,
    handedness: Iterable[float] | float = np.nan,
    class_names: tuple[str, ...],
    form: str = "hand",
    provenance: dict[str, Any] | None = None,
    rows: dict[str, list[NDArray[np.float32]]] | None = None,
) -> Samples:
    """Builds samples from clips [T, V, C]; a scalar stands for every clip, `rows` has [T, …] of each clip by name."""
    arrays = list(clips)
    count = len(arrays)
    each: dict[str, Any] = {
        name: np.full(count, value, np.float32) if np.isscalar(value) else np.asarray(list(value), np.float32)  # pyright: ignore[reportArgumentType]
        for name, value in {"fps": fps, "aspect": aspect, "handedness": handedness}.items()
    }
    return Samples(
        values=np.concatenate(arrays).astype(named(form).dtype, copy=False),
        offsets=np.concatenate([[0], np.cumsum([len(a) for a in arrays])]).astype(np.int64),
        target=np.asarray(list(target), np.int64),
        group=np.asarray(list(group), dtype=object),
        id=np.asarray(list(ids), dtype=object),
        class_names=class_names,
        form=form,
        provenance=provenance or {},
        rows={name: np.concatenate(parts).astype(np.float32) for name, parts in (rows or {}).items()},
        **each,
    )


def check(samples: Samples) -> None:
    """Holds samples to the store's promises.

    Raises: InputError naming the first clip that breaks one.
    """
    form = named(samples.form)
    if len(samples) == 0:
        raise InputError("the source gave no clips. Check the path and `classes` in params.yaml.")
    if not form.fits(samples.row):
        raise InputError(f"expected {form.words} a {'frame' if form.lasts else 'sample'}, got {samples.row}.")
    if samples.values.dtype != form.dtype:
        raise InputError(f"expected values of '{form.name}' as {form.dtype}, got {samples.values.dtype}.")
    for name, further in samples.rows.items():
        if len(further) != len(samples.values):
            raise InputError(
                f"rows '{name}': expected one for each of {len(samples.values)} frames, got {len(further)}."
            )
    if len(set(samples.id)) != len(samples):
        values, counts = np.unique(samples.id.astype(str), return_counts=True)
        raise InputError(f"clip id '{values[counts.argmax()]}' occurs {counts.max()} times; ids must be unique.")
    _refuse(samples, samples.lengths < 1, "has no frames. Leave it out of the source.")
    if not form.lasts:
        _refuse(samples, samples.lengths > 1, f"has more than one row; a {form.name} is one.")
    if _can_lack(samples.values.dtype):
        infinite = np.logical_or.reduceat(np.isinf(samples.values).any((1, 2)), samples.offsets[:-1])
        _refuse(samples, infinite, "has an infinite value. Mark what was not seen as NaN.")
    _refuse(samples, ~(samples.aspect > 0), "has no positive picture aspect. Give width and height, or `aspect`.")
    known = (samples.target >= 0) & (samples.target < len(samples.class_names))
    _refuse(samples, ~known, f"has a label outside the {len(samples.class_names)} class names.")


def _refuse(samples: Samples, bad: NDArray[np.bool_], why: str) -> None:
    if bad.any():
        first = samples.id[int(np.argmax(bad))]
        more = f" ({int(bad.sum()) - 1} more like it)" if bad.sum() > 1 else ""
        raise InputError(f"clip '{first}' {why}{more}")


def write(path: Path, samples: Samples) -> None:
    """Writes the store; the same samples give the same bytes."""
    check(samples)
    rows = max(1, min(len(samples.values), 4096))
    with replacing(path) as beside, h5py.File(beside, "w") as file:
        packed: dict[str, Any] = {"compression": "gzip", "compression_opts": 4, "shuffle": True}
        masked = _can_lack(samples.values.dtype)
        values = np.nan_to_num(samples.values) if masked else samples.values
        file.create_dataset("values", data=values, chunks=(rows, *samples.row), **packed)
        if masked:
            file.create_dataset("seen", data=samples.seen, chunks=(rows, samples.row[0]), **packed)
        for name, further in sorted(samples.rows.items()):
            file.create_dataset(f"rows/{name}", data=further, chunks=(rows, *further.shape[1:]), **packed)
        file["offsets"] = samples.offsets
        for name in PER_SAMPLE:
            column = getattr(samples, name)
            text = column.dtype == object
            file.create_dataset(name, data=column, dtype=h5py.string_dtype() if text else None)
        file.attrs["schema"] = SCHEMA
        file.attrs["form"] = samples.form
        if named(samples.form).has_points:
            file.attrs["points"] = json.dumps(skeleton(samples.form).points)
        file.attrs["class_names"] = json.dumps(samples.class_names)
        file.attrs["provenance"] = json.dumps(samples.provenance, sort_keys=True)
        if samples.recent:
            file.attrs["recent"] = json.dumps(samples.recent)


def read(path: Path, *, values: bool = True, further: bool = True) -> Samples:
    """Reads the store; `values=False` leaves the landmarks on disk (`values` is then empty).

    further  read `rows` as well

    Raises: InputError naming the file when it is missing, cut off, or of another schema.
    """
    try:
        with h5py.File(path, "r") as opened:
            file: Any = opened  # h5py's types do not know what a file holds
            if file.attrs.get("schema") not in READS:
                raise InputError(f"'{path}' has schema {file.attrs.get('schema')}, expected {SCHEMA}. Run `dvc repro`.")
            columns = {name: _column(file[name]) for name in PER_SAMPLE}
            return Samples(
                values=rows(file, 0, None)
                if values
                else np.empty((0, *file["values"].shape[1:]), file["values"].dtype),
                offsets=file["offsets"][:],
                class_names=tuple(json.loads(file.attrs["class_names"])),
                form=str(file.attrs["form" if "form" in file.attrs else "skeleton"]),
                provenance=json.loads(file.attrs["provenance"]),
                recent=tuple(json.loads(file.attrs.get("recent", "[]"))),
                rows={name: part[:] for name, part in file.get("rows", {}).items()} if values and further else {},
                **columns,
            )
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Run `dvc repro`, or give another path.") from None
    except (OSError, KeyError) as error:
        raise InputError(f"'{path}' is not a whole sample store ({error}). Delete it and run `dvc repro`.") from None


def rows(file: Any, start: int, stop: int | None) -> NDArray[Any]:
    """Reads contiguous rows [R, V, C], with NaN where a point was not seen."""
    values = file["values"][start:stop]
    if "seen" in file:
        values[~file["seen"][start:stop]] = np.nan
    return values


def _can_lack(dtype: np.dtype[Any]) -> bool:
    """Whether values of a type may say that there is none, by NaN."""
    return dtype.kind == "f"


def evenly(group: NDArray[Any], target: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Returns which clips to keep, in order: of each group and class at most `most`, evenly spaced.

    Neighbours in a video say the same; evenly spaced ones say the most.
    """
    _, number = np.unique(group.astype(str), return_inverse=True)
    key = number * (target.max(initial=0) + 1) + target
    return np.sort(np.concatenate([_spread(np.flatnonzero(key == k), most) for k in np.unique(key)]))


def _spread(clips: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    if len(clips) <= most:
        return clips
    return clips[np.linspace(0, len(clips) - 1, most).round().astype(int)]


def _column(dataset: Any) -> NDArray[Any]:
    return dataset.asstr()[:] if h5py.check_string_dtype(dataset.dtype) else dataset[:]


assert {f.name for f in fields(Samples)} >= set(PER_SAMPLE)
