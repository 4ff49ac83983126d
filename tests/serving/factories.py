"""A registry with tiny models in Production, and a server over it: real HTTP on a port of this machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import uvicorn
from numpy.typing import NDArray

from pipeline.params import Log, Serve
from pipeline.predictor import Predictor
from registry.store import Store, local_store
from serving.answering.questions import Question
from serving.answering.served import Judged, Served
from serving.app import create
from serving.bodies.clips import checked
from serving.guards.connections import options
from serving.settings import Settings
from tests.registry.factories import Artifacts, Misses, every, make_track, never, write_onnx

QUICK = Serve(follow_s=0.05, threads=1)


def store_with(folder: Path, *models: int) -> tuple[Store, list[Artifacts]]:
    """Promotes tiny models 0, 1, … of the track `letters`, each better than the one before; the last is in Production.

    Model m says the class of a clip's point 0, unless its point 1 + m says that it misses.
    """
    store, made = local_store(folder / ".signloop"), []
    misses: dict[int, Misses] = {}
    for nth, model in enumerate(models or (0,)):
        misses[model] = {0: every(3), 1: every(5)}.get(nth, never)
        others = {former: rule for former, rule in misses.items() if former != model}
        track = make_track(folder / f"track{nth}", misses={"fp32": misses[model]}, model=model, others=others)
        assert track.promote(store, params={"model": {"name": "mlp"}, "seed": nth})["status"] == "passed"
        made.append(track)
    return store, made


def settings(store: Store, folder: Path, *, serve: Serve = QUICK, log: Log | None = None, **more: Any) -> Settings:
    given: dict[str, Any] = {"tracks": ("letters",), "secret": b"secret", **more}
    return Settings(
        store=store, serve=serve, log=log or Log(), database=f"sqlite:///{folder / 'predictions.db'}", **given
    )


@contextmanager
def serving(made: Settings) -> Iterator[httpx.Client]:
    """Yields a client of a server that runs in a thread until the block ends."""
    config = uvicorn.Config(create(made), port=0, **options(made.serve))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        # Without `verify` it would read certificates, 25 ms, for http; a page is given a minute on a busy machine.
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, verify=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def clip(label: int, *, frames: int = 1, missed_by: int | None = None) -> NDArray[np.float32]:
    """Returns a clip [T, 21, 3] of a class, that one model takes for the next class."""
    landmarks = np.zeros((frames, 21, 3), np.float32)
    landmarks[:, 0, 0] = label
    if missed_by is not None:
        landmarks[:, 1 + missed_by, 0] = 1
    return landmarks


def served(path: Path, model: int = 0, *, version: int = 1, status: str = "passed", **changes: Any) -> Served:
    """Returns model number m, opened from a file that is written for it."""
    write_onnx(path / f"{model}.onnx", model)
    predictor = replace(Predictor.open(path / f"{model}.onnx"), **changes)
    told = Judged(version=version, status=status, evaluation="")
    return Served(track="letters", judged=told, predictor=predictor)


def question(by: Served, label: int = 0, *, id: str = "q", frames: int = 1, clips: int = 1, **more: Any) -> Question:
    """Returns a question about clips of one class, that a version is to answer."""
    landmarks = np.stack([clip(label, frames=frames)] * clips)
    how = {"role": "production", "source": "predict", **more}
    return Question(id=id, clips=checked(landmarks, by.takes), served=by, **how)


def label_of(logits: NDArray[np.float32]) -> int:
    return int(logits.argmax())
