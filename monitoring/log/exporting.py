"""Corrected and confirmed clips as a labelled source: what `extract` reads, and a record of whose clips went into it.

One hand goes into Parquet (`landmark_table`), whole signers into .npz (`landmark_clips`), any form into a sample store
(.h5), which joins a source; a clip's group is its client, so that nobody is in two parts of a split. Clips are sorted
by id and nothing says when: the same feedback gives the same bytes. The record is there before the file is: one whose
clips nobody remembers could not be named by an erasure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, select

from monitoring.log.database import Database
from monitoring.log.feedback import counting
from monitoring.log.inputs import unpack
from monitoring.log.tables import exported, exports, kept_inputs, predictions
from pipeline import samples as store
from pipeline.contract import NOTHING
from pipeline.errors import InputError, TransientError
from pipeline.files import replacing, sha256
from pipeline.form import form
from pipeline.formats import arrays, tables
from pipeline.formats.keeping import LARGEST
from pipeline.samples import Samples, check, from_clips

WRITERS = {"hand": (".parquet", tables.write), "holistic": (".npz", arrays.write)}
STORE = ".h5"
NOBODY = "nobody"  # group of all who did not say who they are: none of them is in two parts of a split
TOO_FAR = f"coordinates beyond {LARGEST:g}, no shares of a picture"
NO_SIGN = "there was nothing to see"
NOT_KEPT = "the input was not kept"
ANOTHER_MODEL = "of a form that the track's model does not read"


@dataclass(frozen=True, kw_only=True)
class Export:
    """A written file: its hash leads to the versions that were trained on it.

    erased    of its clips, since it was written
    left_out  clips that it does not have, by the reason; only of one that was just written
    """

    sha256: str
    time: datetime
    track: str
    path: str
    clips: int
    erased: int = 0
    left_out: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which clips are wanted.

    form     only clips of it; None: they must all be of one
    clients   whose clips, by the client's key, "" nobody's
    earlier   clips of a former export, by id, for inputs that are past their time since
    """

    form: str | None = None
    clients: Callable[[str], bool] = lambda client: True
    earlier: Mapping[str, Samples] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """Labelled clips, sorted by id, and what was left out, by the reason."""

    clips: list[tuple[Samples, str]]
    left_out: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.clips)


def export(database: Database, track: str, out: Path, *, now: datetime | None = None) -> Export:
    """Writes a track's corrected and confirmed clips whose inputs are kept.

    Raises: InputError where there are none, where models of two kinds answered, or for another suffix.
    """
    found = collect(database, track, Choice())
    if not found:
        raise InputError(
            f"'{track}' has no corrected or confirmed prediction whose input is kept{_because(found.left_out)}. Keep "
            "inputs (log.inputs: true, or store: true in a request), and send corrections."
        )
    return put(database, track, out, found, now=now)


def collect(database: Database, track: str, choice: Choice) -> Found:
    """Reads a track's corrected and confirmed clips out of the log."""
    left_out: Counter[str] = Counter()
    return Found(list(_clips(database, track, choice, left_out)), dict(left_out))


def put(database: Database, track: str, out: Path, found: Found, *, now: datetime | None = None) -> Export:
    """Writes clips, at least one, and records whose they are.

    Raises: InputError where they are of two kinds, or for another suffix; TransientError where some were erased since.
    """
    samples = _joined(found.clips, track)
    writers = dict([WRITERS[samples.form]] if samples.form in WRITERS else []) | {STORE: store.write}
    if (write := writers.get(out.suffix.lower())) is None:
        ends = " or ".join(writers)
        raise InputError(f"'{out}': expected a name that ends in {ends} for clips of '{track}'. Give such a one.")
    with replacing(out) as beside:
        write(beside, samples)
        written = Export(
            sha256=sha256(beside),
            time=now or datetime.now(UTC),
            track=track,
            path=str(out.absolute()),
            clips=len(samples),
            left_out=found.left_out,
        )
        with database.writing() as connection:
            _record(connection, written, samples)
    return written


def earlier(files: Iterable[Path]) -> dict[str, Samples]:
    """Returns the clips of former exports by id, each as samples of one; files that are not there have none."""
    there = [store.read(file) for file in files if file.is_file()]
    return {str(id): samples.select(np.asarray([i])) for samples in there for i, id in enumerate(samples.id)}


def section(out: Path) -> list[str]:
    """Returns the lines of params.yaml by which `extract` reads an exported file of points."""
    if out.suffix.lower() == ".npz":
        return ["data:", "  source: landmark_clips", f"  path: {out}"]
    columns = ["  group_column: group", "  clip_column: clip"]
    return ["data:", "  source: landmark_table", f"  path: {out}", *columns]


def listed(database: Database, track: str | None = None) -> list[Export]:
    """Returns what was exported, the newest first."""
    query = select(exports).order_by(exports.c.time.desc())
    with database.reading() as connection:
        rows = connection.execute(query if track is None else query.where(exports.c.track == track)).all()
    return [of_row(row) for row in rows]


def of_row(row: Any) -> Export:
    return Export(**{name: value for name, value in row._mapping.items() if name != "number"}, left_out={})


def _clips(database: Database, track: str, choice: Choice, left_out: Counter[str]) -> Iterator[tuple[Samples, str]]:
    """Yields each clip with its label, sorted by id."""
    said = counting().subquery()
    query = (
        select(predictions.c.id, predictions.c.client, said.c.label, kept_inputs.c.clip)
        .join(said, said.c.id == predictions.c.id)
        .join(kept_inputs, kept_inputs.c.id == predictions.c.id, isouter=True)
        .where(predictions.c.track == track)
    )
    with database.reading() as connection:
        rows = sorted(connection.execute(query), key=lambda row: row.id)  # databases sort text by their own rules
    for row in rows:
        if not choice.clients(row.client):
            continue
        if row.clip is None and row.id not in choice.earlier:
            left_out[NOT_KEPT] += 1
        elif row.label in NOTHING:
            left_out[NO_SIGN] += 1
        else:
            samples = choice.earlier[row.id] if row.clip is None else unpack(row.clip, row.id)
            if choice.form not in (None, samples.form):
                left_out[ANOTHER_MODEL] += 1
            elif form(samples.form).has_points and (np.abs(np.nan_to_num(samples.values)) > LARGEST).any():
                left_out[TOO_FAR] += 1
            else:
                yield replace(samples, group=np.asarray([row.client or NOBODY], object)), row.label


def _joined(clips: list[tuple[Samples, str]], track: str) -> Samples:
    kinds = sorted({samples.form for samples, _ in clips})
    if len(kinds) > 1:
        raise InputError(
            f"the kept inputs of '{track}' are of {' and '.join(kinds)}: its model was changed. "
            "Erase the older ones: signloop log erase --older-than"
        )
    names = tuple(sorted({label for _, label in clips}))
    columns: dict[str, Any] = {name: [getattr(part, name)[0] for part, _ in clips] for name in form(kinds[0]).columns}
    samples = from_clips(
        [part.values for part, _ in clips],
        target=[names.index(label) for _, label in clips],
        group=[part.group[0] for part, _ in clips],
        ids=[part.id[0] for part, _ in clips],
        class_names=names,
        form=kinds[0],
        provenance={"source": "feedback", "track": track},
        **columns,
    )
    check(samples)
    return samples


def _record(connection: Connection, written: Export, samples: Samples) -> None:
    """Remembers whose clips are in a file; the same bytes written again are the same export, with a new time.

    Raises: TransientError when some were erased since they were read; those that are there are held until the end.
    """
    fields = {name: value for name, value in vars(written).items() if name != "left_out"}
    known = select(exports.c.number).where(exports.c.sha256 == written.sha256)
    if (number := connection.scalar(known)) is None:
        connection.execute(exports.insert(), fields)
        number = connection.scalar(known)
    else:
        connection.execute(exports.update().where(exports.c.number == number).values(**fields))
        connection.execute(delete(exported).where(exported.c.export == number))
    clients = ["" if group == NOBODY else group for group in samples.group]
    rows = [{"export": number, "id": id, "client": client} for id, client in zip(samples.id, clients, strict=True)]
    connection.execute(exported.insert(), rows)
    there = select(predictions.c.id).join(exported, exported.c.id == predictions.c.id)
    held = connection.scalars(there.where(exported.c.export == number).with_for_update(of=predictions)).all()
    if gone := len(samples) - len(held):
        raise TransientError(f"{gone} of the clips were erased meanwhile: '{written.path}' is not written. Try again.")


def _because(left_out: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{count}: {why}' for why, count in sorted(left_out.items()))})" if left_out else ""
