"""What the server takes, beside other servers of the same model: one clip of 64 frames, on this machine, in one run.

All servers are started, and all but the one whose turn it is are held still; short turns alternate, so that other work
on the machine disturbs all alike. Every door's answers are held to what ONNX Runtime answers called directly.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from flows import environment as own
from flows.bench_doors import Door, Server, doors, environment
from flows.bench_processes import Running, free_port, running
from pipeline.errors import SignloopError

Row = tuple[str, str]
FRAMES, CLASSES = 64, tuple(f"sign {k:02}" for k in range(48))
CLIENTS = (1, 4, 16)
BASELINE = "mlflow models serve, JSON"
TRACK = {"data": {"source": "synthetic_signs"}, "model": {"name": "sign_transformer", "size": "lightweight"}}


@dataclass
class Turns:
    """What was measured of one door with so many clients."""

    rates: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def milliseconds(self, share: float) -> float:
        return 1000 * float(np.quantile(self.times, share)) if self.times else float("nan")


def figures(
    others: Sequence[str] = (), *, rounds: int = 5, seconds: float = 1.5, clients: Sequence[int] = CLIENTS
) -> Iterator[Row]:
    """Yields a line a door and number of clients; then the memory of every server.

    others  interpreters that other servers are looked for in
    """
    with TemporaryDirectory() as home, ExitStack() as stack:
        folder = Path(home)
        registry, model = make(folder)
        clip = clip_for(model)
        expected = directly(model, clip)
        all_doors = list(doors(folder, clip, others))
        started: dict[str, Running] = {}
        for server in {door.server.name: door.server for door in all_doors}.values():
            if server.command[0]:
                started[server.name] = stack.enter_context(start(server, folder, model, registry))
            else:
                yield f"serve: {server.name}", "not measured: no --others PYTHON has it"
        here = [door for door in all_doors if door.server.name in started]
        files, measured = {name(door): _written(folder, door) for door in here}, []
        for door in here:
            try:
                check(door, started[door.server.name], files[name(door)], expected)
                measured.append(door)
            except SignloopError as error:
                if name(door) == BASELINE or door.server.name.startswith("signloop"):
                    raise
                yield f"serve: {name(door)}", f"not measured: {error}"
        before = {server: made.rss_mb() for server, made in started.items()}
        for count in clients:
            turns = {name(door): Turns() for door in measured}
            for _ in range(rounds):
                for door in measured:
                    take(turns[name(door)], started[door.server.name], files[name(door)], count, seconds)
            for door, found in turns.items():
                yield f"serve: {door}, {count} client(s)", told(found, turns[BASELINE])
        for server, made in started.items():
            yield f"serve: {server}, memory", f"{before[server]:.0f} MB at first, {made.rss_mb():.0f} MB at last"


def name(door: Door) -> str:
    return f"{door.server.name}, {door.name}"


def told(found: Turns, baseline: Turns) -> str:
    p50, p95 = found.milliseconds(0.5), found.milliseconds(0.95)
    beside = f"{found.rate / baseline.rate:.1f} times as many, p95 {p95 / baseline.milliseconds(0.95):.2f} of its"
    said = f"{found.rate:7,.0f}/s, p50 {p50:6.2f} ms, p95 {p95:6.2f} ms, {found.failures} failed"
    return said if found is baseline else f"{said}; {beside}"


def make(folder: Path) -> tuple[str, Path]:
    """Registers an untrained model in a registry of its own, and two projects that serve it; returns both's places."""
    import onnx
    from mlflow.onnx import save_model

    from pipeline.contract import Contract
    from pipeline.export import write_onnx
    from pipeline.files import sha256, write_json
    from pipeline.models import build
    from pipeline.params import parse
    from registry import moves, versions
    from registry.candidate import signature
    from registry.store import local_store, open_store

    config = parse({"tracks": {"signs": TRACK}}).track("signs").model
    path, bundle, store = folder / "model.onnx", folder / "bundle", local_store(folder / ".signloop")
    contract = Contract(
        track="signs", model=config.name, features=config.features, form="holistic", class_names=CLASSES
    )
    write_onnx(path, build(config, form="holistic", num_classes=len(CLASSES)).eval(), contract)
    open_store(store)
    proto = onnx.load(path)
    save_model(
        proto, str(bundle), signature=signature(proto), pip_requirements=["onnxruntime"], save_as_external_data=False
    )
    (bundle / versions.ONNX).write_bytes(path.read_bytes())
    tags = {"signloop.status": "passed", "signloop.onnx_sha256": sha256(path)}
    versions.register(store, "signs", bundle=bundle, fingerprint=sha256(path), tags=tags, description="", run_id=None)
    moves.promote(store, "signs", 1, expected=None, who="bench")
    for project, logged in (("logged", True), ("unlogged", False)):
        write_json(folder / project / "params.yaml", {"tracks": {"signs": TRACK}, "log": {"predictions": logged}})
        (folder / project / "dvc.yaml").touch()
    return store.tracking_uri, path


def clip_for(model: Path) -> dict[str, Any]:
    """Returns what the model reads: a clip as a camera's, in JSON as short as its values are exact."""
    from pipeline.predictor import open_session

    _, session, _ = open_session(model, "clip", 1)
    landmarks = np.random.default_rng(0).random((1, FRAMES, 75, 3)).round(6).astype(np.float32)
    known = {
        "landmarks": landmarks,
        "aspect": np.full(1, 4 / 3, np.float32),
        "fps": np.full(1, 30, np.float32),
        "handedness": np.ones(1, np.float32),
    }
    return {node.name: known[node.name] for node in session.get_inputs()}


def directly(model: Path, clip: dict[str, Any]) -> Any:
    """Returns what ONNX Runtime answers by itself."""
    from pipeline.predictor import Predictor

    return Predictor.open(model).run(clip)[0]


def start(server: Server, folder: Path, model: Path, registry: str) -> Any:
    port = free_port()
    made = environment(server, port, model, registry)
    command = [str(port) if word == "PORT" else word for word in server.command]
    place = Path(server.environment.get("PWD", folder))
    return running(command, port=port, ready=server.ready, folder=place, environment=made, name=server.name)


def check(door: Door, server: Running, request: Path, expected: Any) -> None:
    """Holds that a door answers as the model does.

    Raises: SignloopError where it does not.
    """
    with server.alone():
        found = _load(server, request, 1, 0.5)  # which warms it, too
    head, _, body = found["last"].encode("latin-1").partition(b"\r\n\r\n")
    lines = [line.decode().partition(":") for line in head.split(b"\r\n")[1:]]
    try:
        got = door.read({key.lower(): value.strip() for key, _, value in lines}, body)
    except (ValueError, KeyError) as error:
        said = body[:300].decode("utf-8", "replace")
        raise SignloopError(f"{name(door)} answers {head[:40]!r} {said} ({error!r}).") from None
    apart = float(np.abs((got - got.mean()) - (expected - expected.mean())).max())
    if apart > 1e-4:
        raise SignloopError(f"{name(door)} answers otherwise than ONNX Runtime called directly, by {apart:.2g}.")


def take(turns: Turns, server: Running, request: Path, clients: int, seconds: float) -> None:
    with server.alone():
        found = _load(server, request, clients, seconds)
    turns.rates.append(len(found["times"]) / found["seconds"])
    turns.times += found["times"]
    turns.failures += found["failures"]


def _written(folder: Path, door: Door) -> Path:
    path = folder / f"{name(door)}.request".replace(" ", "_")
    path.write_bytes(door.request())
    return path


def _load(server: Running, request: Path, clients: int, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "flows.load", str(server.port), str(request), str(clients), str(seconds)]
    found = subprocess.run(command, capture_output=True, check=False)
    if found.returncode:
        raise SignloopError(f"it cannot be asked: {found.stderr.decode().strip().rpartition(chr(10))[2]}")
    return json.loads(found.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the server takes, beside other servers of the same model.")
    parser.add_argument("--others", action="append", default=[], help="an interpreter that other servers are in")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of one turn")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS)
    given = parser.parse_args()
    own.silence()
    for what, value in figures(given.others, rounds=given.rounds, seconds=given.seconds, clients=given.clients):
        sys.stdout.write(f"{what:<52} {value}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
