"""People who ask a server without pause, and remember what they were told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.serving.factories import clip


@dataclass
class Heard:
    """What came of every request, by its id.

    answers   whole answers of status 200, with the model that the clip is missed by
    failures  any other status, and what went wrong on the way
    """

    answers: dict[str, tuple[dict[str, Any], int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, more: int) -> None:
        """Returns when so many more were answered, or one failed."""
        with self._changed:
            goal = len(self.answers) + more
            assert self._changed.wait_for(lambda: len(self.answers) >= goal or self.failures, 120)

    def tell(self, id: str, answer: tuple[dict[str, Any], int]) -> None:
        with self._changed:
            self.answers[id] = answer
            self._changed.notify_all()

    def fail(self, why: str) -> None:
        with self._changed:
            self.failures.append(why)
            self._changed.notify_all()


@contextmanager
def crowd(url: str, size: int = 4) -> Iterator[Heard]:
    """Has a few people ask until the block ends, each over a connection that stays open."""
    heard, end = Heard(), threading.Event()
    people = [threading.Thread(target=_ask, args=(url, person, heard, end)) for person in range(size)]
    for person in people:
        person.start()
    try:
        yield heard
    finally:
        end.set()
        for person in people:
            person.join()


def _ask(url: str, person: int, heard: Heard, end: threading.Event) -> None:
    missed_by = person % 3
    landmarks = clip(1, missed_by=missed_by).tolist()
    with httpx.Client(base_url=url, timeout=60, verify=False) as client:  # reads no certificates for http
        while not end.is_set():
            id = uuid4().hex
            try:
                response = client.post("/v1/letters/predict", json={"landmarks": landmarks, "id": id})
            except httpx.HTTPError as error:
                heard.fail(repr(error))
                return
            if response.status_code == 200:
                heard.tell(id, (response.json(), missed_by))
            else:
                heard.fail(response.text)
