"""Who is measured by bench_serve: each server, how it is started, the request that is sent, how its answer is read."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import flows
from flows import rivals
from flows.bench_processes import free_port

Floats = NDArray[np.float32]
HEADER_LENGTH = "inference-header-content-length"
ROOT = Path(flows.__file__).parents[1]
RIVALS = Path(rivals.__file__).parent
JSON, BYTES = "application/json", "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server as it is started; PORT stands for its port, no interpreter at all for a server that is not here."""

    name: str
    command: tuple[str, ...]
    ready: str
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Door:
    """A way to ask a server; `read` takes an answer's headers and body to what the model answered."""

    name: str
    server: Server
    path: str
    body: bytes
    read: Callable[[dict[str, str], bytes], Floats]
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def request(self) -> bytes:
        told = {"host": "127.0.0.1", "content-type": self.kind, "content-length": str(len(self.body)), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return f"POST {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


def doors(folder: Path, clip: dict[str, Floats], others: Sequence[str]) -> Iterator[Door]:
    """Yields every door; `clip` are the model's inputs, `others` interpreters that may have the other servers."""
    yield from _ours(folder, clip)
    yield from _mlflow(clip)
    yield from _bare(clip)
    yield from _bentoml(folder, clip, _having("bentoml", others))
    yield from _litserve(clip, _having("litserve", others))
    yield from _mlserver(folder, clip, _having("mlserver", others))


def _ours(folder: Path, clip: dict[str, Floats]) -> Iterator[Door]:
    for name, project in (("signloop", "logged"), ("signloop, no log", "unlogged")):
        command = (sys.executable, "-m", "flows.command", "serve", "--port", "PORT", "--track", "signs")
        own = {"PYTHONPATH": str(ROOT), "PWD": str(folder / project)}
        server = Server(name=name, command=command, ready="/v2/health/ready", environment=own)
        infer = "/v2/models/signs/infer"
        head, raw = _binary(clip)
        binary = {HEADER_LENGTH: str(len(head))}
        yield Door(
            name="v2 binary", server=server, path=infer, body=head + raw, read=_v2_binary, kind=BYTES, headers=binary
        )
        yield Door(name="v2 JSON", server=server, path=infer, body=_v2(clip), read=_v2_json)
        plain = {name: values[0] for name, values in clip.items()} | {"top": 1000}
        yield Door(name="v1 JSON", server=server, path="/v1/signs/predict", body=_dumps(plain), read=_v1)


def _mlflow(clip: dict[str, Floats]) -> Iterator[Door]:
    command = (
        *(sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", "models:/signs@production"),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", "PORT"),
    )
    server = Server(name="mlflow models serve", command=command, ready="/ping")

    def read(headers: dict[str, str], body: bytes) -> Floats:
        return np.array(json.loads(body)["predictions"]["logits"], np.float32)

    yield Door(name="JSON", server=server, path="/invocations", body=_dumps({"inputs": clip}), read=read)


def _bare(clip: dict[str, Floats]) -> Iterator[Door]:
    server = Server(name="bare FastAPI", command=(sys.executable, str(RIVALS / "bare.py")), ready="/openapi.json")
    yield Door(name="orjson", server=server, path="/json", body=_dumps(clip), read=_logits)
    raw = clip["landmarks"].tobytes()
    yield Door(name="raw float32", server=server, path="/raw", body=raw, read=_floats, kind=BYTES)


def _having(module: str, others: Sequence[str]) -> str:
    """Returns the first interpreter that has a module, "" where none does."""
    for python in others:
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:
            return python
    return ""


def _bentoml(folder: Path, clip: dict[str, Floats], python: str) -> Iterator[Door]:
    command = (python, "-m", "bentoml", "serve", "with_bentoml:Signs", "--port", "PORT", "--working-dir", str(RIVALS))
    own = {"BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": str(folder / "bentoml")}
    server = Server(name="BentoML", command=command, ready="/readyz", environment=own)
    yield Door(name="JSON", server=server, path="/predict", body=_dumps(clip), read=_logits)


def _litserve(clip: dict[str, Floats], python: str) -> Iterator[Door]:
    command = (python, str(RIVALS / "with_litserve.py"))
    server = Server(name="LitServe", command=command, ready="/health")
    yield Door(name="JSON", server=server, path="/predict", body=_dumps(clip), read=_logits)
    packed = {**clip, "landmarks": base64.b64encode(clip["landmarks"].tobytes()).decode()}
    yield Door(name="base64", server=server, path="/predict", body=_dumps(packed), read=_logits)


def _mlserver(folder: Path, clip: dict[str, Floats], python: str) -> Iterator[Door]:
    home = folder / "mlserver"
    home.mkdir(exist_ok=True)
    settings = {"name": "signs", "implementation": "with_mlserver.Signs"}
    (home / "model-settings.json").write_text(json.dumps(settings), encoding="utf-8")
    command = (python, "-c", "from mlserver.cli import main; main()", "start", str(home))
    own = {"PYTHONPATH": str(RIVALS), "MLSERVER_HTTP_PORT": "PORT", "MLSERVER_HOST": "127.0.0.1"}
    own |= {"MLSERVER_PARALLEL_WORKERS": "0"}  # its model in its own process, as ours: quicker for one so small
    own |= {"MLSERVER_GRPC_PORT": str(free_port()), "MLSERVER_METRICS_PORT": str(free_port())}
    server = Server(name="MLServer", command=command, ready="/v2/health/ready", environment=own)
    yield Door(name="v2 JSON", server=server, path="/v2/models/signs/infer", body=_v2(clip), read=_v2_json)


def _dumps(value: object) -> bytes:
    return json.dumps(value, default=lambda array: array.tolist(), separators=(",", ":")).encode()


def _v2(clip: dict[str, Floats]) -> bytes:
    inputs = [
        {"name": name, "shape": list(array.shape), "datatype": "FP32", "data": array.ravel().tolist()}
        for name, array in clip.items()
    ]
    return _dumps({"inputs": inputs})


def _binary(clip: dict[str, Floats]) -> tuple[bytes, bytes]:
    inputs = [
        {
            "name": name,
            "shape": list(array.shape),
            "datatype": "FP32",
            "parameters": {"binary_data_size": array.nbytes},
        }
        for name, array in clip.items()
    ]
    outputs = [{"name": "logits", "parameters": {"binary_data": True}}]
    return _dumps({"inputs": inputs, "outputs": outputs}), b"".join(array.tobytes() for array in clip.values())


def _v2_json(headers: dict[str, str], body: bytes) -> Floats:
    (output,) = [output for output in json.loads(body)["outputs"] if output["name"] == "logits"]
    return np.array(output["data"], np.float32).reshape(output["shape"])


def _v2_binary(headers: dict[str, str], body: bytes) -> Floats:
    return np.frombuffer(body[int(headers[HEADER_LENGTH]) :], np.float32)[None]


def _v1(headers: dict[str, str], body: bytes) -> Floats:
    """Returns logarithms of probabilities in the order of the classes: logits, but for a constant."""
    top = {entry["label"]: entry["probability"] for entry in json.loads(body)["top"]}
    return np.log(np.array([[top[label] for label in sorted(top)]], np.float32))


def _logits(headers: dict[str, str], body: bytes) -> Floats:
    return np.array(json.loads(body)["logits"], np.float32)


def _floats(headers: dict[str, str], body: bytes) -> Floats:
    return np.frombuffer(body, np.float32)[None]


def environment(server: Server, port: int, model: Path, registry: str) -> dict[str, str]:
    """Returns what a server is started with besides its command."""
    own = {"MLFLOW_TRACKING_URI": registry, "MODEL": str(model), "PORT": str(port), **server.environment}
    return os.environ | {name: value.replace("PORT", str(port)) for name, value in own.items()}
