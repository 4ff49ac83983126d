"""What `signloop doctor` looks at, a file a subject; each check yields what it found and the command that mends it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flows import environment
from registry.store import Store

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Check:
    """One finding; `mend` is what to type, empty where nothing needs mending."""

    name: str
    state: State
    found: str
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What is examined; store and log are found by a check, since an address may be wrong."""

    root: Path
    state: Path
    store: Callable[[], Store]
    database: Callable[[], str] = environment.database_url
