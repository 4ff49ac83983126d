"""Many answers, one commit: whoever puts while a commit is on its way to the disk shares the next one.

A put is stored whole or not at all. What it tells `done` is final: after None the rows survive a kill and a power cut.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, select

from monitoring.log.database import Database
from monitoring.log.entry import Entry
from monitoring.log.faults import translated
from monitoring.log.tables import insert, predictions
from pipeline.errors import InputError, SignloopError, TransientError

Done = Callable[[BaseException | None], None]
MAX_ENTRIES = 10_000
MAX_BYTES = 256 * 2**20

logger = logging.getLogger(__name__)


class BusyError(TransientError):
    """More is asked than the disk takes; the caller should be told to come back a little later."""


class TakenError(InputError):
    """An id is in the log already; the same answer may be put under another one."""


@dataclass(frozen=True)
class _Put:
    entries: list[Entry]
    done: Done

    @property
    def num_bytes(self) -> int:
        return sum(len(entry.inputs) for entry in self.entries if entry.inputs is not None)


class Writer:
    """One thread that stores what is put.

    max_entries, max_bytes   that may wait or be on their way to the disk; the bytes are those of kept inputs
    """

    def __init__(self, database: Database, *, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self.database = database
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._waiting: list[_Put] = []
        self._num_entries = self._num_bytes = self.num_commits = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="prediction log", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, url: str, *, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> "Writer":
        """Opens the database, migrated, and starts the thread; call it after a fork, not before."""
        return cls(Database.open(url), max_entries=max_entries, max_bytes=max_bytes)

    def put(self, entries: Sequence[Entry], done: Done) -> None:
        """Queues entries, never waits; `done` is called from the writer's thread, with what went wrong or None.

        A put of no entries is done after what was put before it.

        Raises: BusyError when too much is queued, SignloopError once the log is closed; `done` is not called then.
        """
        put = _Put(list(entries), done)
        num_bytes = put.num_bytes
        with self._changed:
            if self._closing:
                raise SignloopError("the prediction log is closed: this process is ending. Ask another one.")
            full = self._num_entries + len(put.entries) > self._max_entries
            if self._num_entries and (full or self._num_bytes + num_bytes > self._max_bytes):
                raise BusyError(
                    f"{self._num_entries} predictions wait for the log '{self.database.where}', expected at most "
                    f"{self._max_entries}. Try again a little later."
                )
            self._num_entries += len(put.entries)
            self._num_bytes += num_bytes
            self._waiting.append(put)
            self._changed.notify()

    @property
    def num_waiting(self) -> int:
        """Entries that wait or are on their way to the disk."""
        return self._num_entries

    def close(self) -> None:
        """Stores what is queued, ends the thread and closes the database."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while puts := self._take():
            outcomes = self._store(puts)
            with self._changed:
                self.num_commits += 1
                self._num_entries -= sum(len(put.entries) for put in puts)
                self._num_bytes -= sum(put.num_bytes for put in puts)
            for put, outcome in zip(puts, outcomes, strict=True):
                _tell(put.done, outcome)

    def _take(self) -> list[_Put]:
        """Waits for puts and takes all of them; none once the log is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            taken, self._waiting = self._waiting, []
            return taken

    def _store(self, puts: list[_Put]) -> Sequence[BaseException | None]:
        """Stores all puts in one commit; where one of them cannot be, each for itself, still in one commit."""
        try:
            try:
                self._commit(puts)
                return [None] * len(puts)
            except InputError:
                return self._each(puts)
        except Exception as error:  # whatever it is, its callers must be told and the thread must live
            return [error] * len(puts)

    def _commit(self, puts: list[_Put]) -> None:
        with self.database.writing() as connection:
            insert(connection, [entry for put in puts for entry in put.entries])

    def _each(self, puts: list[_Put]) -> list[BaseException | None]:
        outcomes: list[BaseException | None] = []
        with self.database.writing() as connection:
            for put in puts:
                try:
                    with translated(self.database.where), connection.begin_nested():
                        insert(connection, put.entries)
                    outcomes.append(None)
                except InputError as error:
                    outcomes.append(_known(connection, put) or error)
        return outcomes


def _known(connection: Connection, put: _Put) -> InputError | None:
    """Returns what to say where an id of a put is in the log already, or twice in the put."""
    ids = [entry.id for entry in put.entries]
    stored = connection.scalars(select(predictions.c.id).where(predictions.c.id.in_(ids))).all()
    for id in ids:
        if id in stored:
            return TakenError(f"request id '{id}' is in the prediction log already. Put it under another one.")
        if ids.count(id) > 1:
            return InputError(f"request id '{id}' is there twice. Send another one, or leave it out.")
    return None


def _tell(done: Done, outcome: BaseException | None) -> None:
    try:
        done(outcome)
    except Exception:  # of a caller: it is no reason for the thread to end, which others wait for
        logger.exception("a prediction was stored and its caller could not be told")
