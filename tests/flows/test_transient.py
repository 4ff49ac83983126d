"""Which failures are told by exit status 75."""

import contextlib
import sqlite3
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

from flows.transient import transient
from pipeline.errors import InputError, RegistryError, SignloopError, TransientError
from registry.store import open_store, store_at


def test_a_registry_that_is_away_may_be_back(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="cannot be reached") as caught:
        open_store(store_at("http://127.0.0.1:9", tmp_path))
    assert transient(caught.value)


def test_a_locked_database_may_be_free(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with contextlib.closing(sqlite3.connect(path)) as one, contextlib.closing(sqlite3.connect(path, timeout=0)) as two:
        one.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked") as locked:
            two.execute("CREATE TABLE t (x)")
        one.rollback()
        with pytest.raises(sqlite3.OperationalError, match="no such table") as wrong:
            two.execute("SELECT * FROM t")
    assert transient(locked.value)
    assert not transient(wrong.value)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (TransientError("x"), True),
        (ConnectionResetError(), True),
        (URLError("name not known"), True),
        (HTTPError("http://x", 403, "no", {}, None), False),  # type: ignore[arg-type]
        (InputError("x"), False),
        (OSError(28, "No space left on device"), False),
        (ValueError("x"), False),
    ],
)
def test_kinds(error: Exception, passes: bool) -> None:
    assert transient(error) is passes


def test_the_kind_is_found_behind_what_was_made_of_it() -> None:
    def ask() -> None:
        try:
            raise TimeoutError
        except TimeoutError:
            raise RegistryError("the registry did not answer") from None

    with pytest.raises(RegistryError) as caught:
        ask()
    assert transient(caught.value)


def test_exit_statuses() -> None:
    assert (SignloopError.exit_status, InputError.exit_status, TransientError.exit_status) == (1, 1, 75)
