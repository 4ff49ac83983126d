"""A person's session, as a client of the server: a clip a request, and afterwards what was right or wrong."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any

import numpy as np

from flows.month.healing.people import Session
from pipeline.errors import SignloopError
from pipeline.samples import Samples
from serving.asking import CLIENT, REQUEST_ID

HOST, TIMEOUT_S = "127.0.0.1", 60.0
AT_ONCE = 8  # people; those who ask together share the log's commits


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer, and what the person really signed."""

    client: str
    version: int
    label: str
    truth: str
    spoken: bool

    @property
    def right(self) -> bool:
        return self.label == self.truth


def ask(port: int, track: str, day: int, sessions: Sequence[Session]) -> list[Answered]:
    """Has a day's people ask and speak, several at once, and returns what they were answered.

    Raises: SignloopError with the server's words where it refuses.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [one for said in pool.map(partial(_session, port, track, day), sessions) for one in said]


def _session(port: int, track: str, day: int, session: Session) -> list[Answered]:
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    try:
        return list(_answers(connection, track, day, session))
    finally:
        connection.close()


def _answers(connection: HTTPConnection, track: str, day: int, session: Session) -> Iterator[Answered]:
    clips, who = session.clips, {CLIENT: session.client}
    for i, clip in enumerate(_bodies(clips)):
        id = f"day{day}-{session.client}-{i}"
        head = who | {REQUEST_ID: id, "content-type": "application/x-npz"}
        said = _post(connection, f"/v1/{track}/predict", clip, head)
        truth = clips.class_names[clips.target[i]]
        if session.spoken[i]:  # the label that was answered confirms it
            word = json.dumps({"id": id, "label": truth}).encode()
            _post(connection, f"/v1/{track}/feedback", word, who | {"content-type": "application/json"})
        yield Answered(
            client=session.client,
            version=said["version"],
            label=said["label"],
            truth=truth,
            spoken=bool(session.spoken[i]),
        )


def _bodies(clips: Samples) -> Iterable[bytes]:
    """Yields each clip as an .npz file."""
    for i in range(len(clips)):
        file = io.BytesIO()
        picture = {name: getattr(clips, name)[i] for name in ("aspect", "fps", "handedness")}
        np.savez(file, landmarks=clips.values[clips.offsets[i] : clips.offsets[i + 1]], **picture)
        yield file.getvalue()


def _post(connection: HTTPConnection, path: str, body: bytes, head: dict[str, str]) -> dict[str, Any]:
    connection.request("POST", path, body, head)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise SignloopError(f"POST {path} answered {answer.status}: {said.decode('utf-8', 'replace')[:500]}")
    return json.loads(said)
