"""Streams over registries of their own: a process knows one at a time."""

import time

import httpx
import numpy as np
import pytest

from registry.store import local_store
from tests.registry.factories import every
from tests.serving.factories import serving, settings, store_with
from tests.serving.stream.streams import FPS, NOBODY, Talk, hand, logged, make_remembering, promote, shown, talk

CLASSES = ("H", "E", "L")


def in_production(client: httpx.Client, version: int) -> None:
    """Waits until the server has taken up a version."""
    deadline_s = time.monotonic() + 120
    while client.get("/v1/health").json()["tracks"]["letters"]["production"]["version"] != version:
        assert time.monotonic() < deadline_s, client.get("/v1/health").text
        time.sleep(0.02)


def test_a_new_version_is_taken_up_between_two_signs(tmp_path):
    """The version that began a sign ends it."""
    store = local_store(tmp_path / ".signloop")
    promote(make_remembering(tmp_path / "one", CLASSES), store)
    with serving(settings(store, tmp_path)) as client, talk(client) as stream:
        stream.start()
        assert stream.answers(shown(CLASSES, "H"))[-1]["version"] == 1
        promote(make_remembering(tmp_path / "two", CLASSES, share=3.0, model=1, others={0: every(5)}), store, 1)
        in_production(client, 2)
        assert {answer["version"] for answer in stream.answers(shown(CLASSES, "H"))} == {1}
        (*_, last) = stream.answers(iter([NOBODY]))  # the letter was left
        assert last["version"] == 1
        (answer,) = stream.answers(iter([hand(1)]))
        assert answer["version"] == 2
        assert answer["top"][0]["probability"] == pytest.approx(np.exp(3) / (np.exp(3) + 2))


def heard(stream: Talk) -> list[dict]:
    """Ends a stream; returns all that was told until then, the summary last."""
    stream.say("end")
    told = []
    while not told or told[-1]["type"] != "summary":
        told.append(stream.hear())
    return told


def test_a_model_of_clips_is_asked_for_the_last_seconds_once_every_hop(tmp_path):
    store, _ = store_with(tmp_path)
    with serving(settings(store, tmp_path)) as client:
        with talk(client) as stream:
            stream.start(every_ms=0, window_s=0.1)
            answers = stream.answers(shown("ABC", "AB", each=8))
            assert [answer["label"] for answer in answers if answer["committed"]] == ["A", "B"]
            assert [row.label for row in logged(tmp_path)] == ["A", "B"]
            assert [told["frames"] for told in heard(stream)] == [16]
        with talk(client) as stream:
            stream.start(every_ms=200)
            for values in shown("ABC", "A", each=9):
                stream.show(values)
            assert [round(told["t"] * FPS) for told in heard(stream)[:-1]] == [1, 5, 9]
