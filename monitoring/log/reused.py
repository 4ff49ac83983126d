"""Ids that a client sends more than once, as Triton's clients may: each answer still has one of its own in the log.

The first is logged as it was sent, the second under a name that follows from it and the client, later ones under any.
So one look by an id says whether it names a single answer of that client.
"""

import hashlib
import threading
from collections import OrderedDict
from uuid import uuid4

MOST = 4096


def second(id: str, client: str) -> str:
    """Returns the id of a client's second request of an id in the log, or of its first where another's was before."""
    return f"again-{hashlib.sha256(f'{client}/{id}'.encode()).hexdigest()[:32]}"


def seconds(id: str, client: str) -> list[str]:
    """Returns where a second answer of an id would be: ID.N may have been sent, or be a clip of the request ID."""
    request, _, number = id.rpartition(".")
    return [second(id, client), *([f"{second(request, client)}.{number}"] if request and number.isdecimal() else [])]


class Used:
    """The ids that this process lately saw in the log: who sends one of them again need not try it first."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._ids, self._lock = most, OrderedDict[str, None](), threading.Lock()

    def note(self, id: str) -> None:
        with self._lock:
            self._ids[id] = None
            self._ids.move_to_end(id)
            while len(self._ids) > self._most:
                self._ids.popitem(last=False)

    def free(self, id: str, client: str) -> str:
        """Returns the id that a request is to be tried under: its own, that of a second, or a new one."""
        with self._lock:
            for name in (id, second(id, client)):
                if name not in self._ids:
                    return name
                self._ids.move_to_end(name)
        return uuid4().hex
