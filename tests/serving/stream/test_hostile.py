"""Thousands of messages that no client of ours would send: each is a problem of its own, and the server goes on."""

import json
import logging
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.serving.factories import QUICK, serving, settings, store_with
from tests.serving.stream.streams import Talk, binary, hand, talk

STRANGE: list[Any] = [
    None,
    True,
    -1,
    0,
    2**63,
    1e308,
    "",
    "right",
    "\0",
    [],
    [[]],
    {},
    {"a": {}},
    [None] * 21,
    "9" * 400,
]
FIELDS = ["type", "t", "landmarks", "aspect", "fps", "handedness", "top", "spell", "words", "every_ms", "version", "x"]
OWN_S = 7.5
KINDS = ["start", "frame", "picture", "reset", "end ", "answer", 3, None]


def messages(seed: int, count: int) -> Iterator[bytes | str]:
    """Yields bytes that are nothing, frames of arbitrary bits, and objects with arbitrary fields."""
    rng = random.Random(seed)
    for _ in range(count):
        match rng.randrange(5):
            case 0:
                yield rng.randbytes(rng.choice([0, 1, 8, 259, 261, 5000]))
            case 1:
                yield rng.randbytes(260)
            case 2:
                values = np.frombuffer(rng.randbytes(252), "<f4").reshape(21, 3)
                yield binary(rng.choice([0.0, 1e11, float("nan"), float("-inf")]), values)
            case 3:
                fields = {name: rng.choice(STRANGE) for name in rng.sample(FIELDS, rng.randrange(len(FIELDS)))}
                yield json.dumps({"type": rng.choice(KINDS), **fields})
            case _:
                yield rng.choice(
                    ["[" * 5000, '{"type":' * 500, '{"type":"frame","t":NaN}', "null", "\ud7ff", '"frame"']
                )


def provoke(stream: Talk, said: list[bytes | str]) -> None:
    """Sends what should be no message, and then a frame, which is answered as if nothing had been."""
    stream.start(every_ms=0)
    for message in said:
        stream.socket.send(message)
    stream.say("reset")
    stream.socket.send(binary(OWN_S, hand(1)))
    while (told := stream.hear()).get("t") != OWN_S:
        assert told["type"] in ("problem", "answer", "reset")
    assert told["label"] == "B"


def test_nothing_that_is_sent_takes_the_server_down(tmp_path, caplog):
    store, _ = store_with(tmp_path)
    serve = QUICK.model_copy(update={"stream_fps": 1e6})
    with serving(settings(store, tmp_path, serve=serve)) as client:
        sent = list(messages(0, 2700))
        for first in range(0, len(sent), 9):  # ten in a row would end it
            with talk(client) as stream:
                provoke(stream, sent[first : first + 9])
        assert client.get("/v1/health").status_code == 200
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
