"""The Open Inference Protocol v2, as KServe's and Triton's clients speak it: a track is a model."""

from importlib.metadata import version as package_version
from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from pipeline.errors import InputError
from serving.answering.host import Asked, Host
from serving.answering.lineup import Lineup
from serving.answering.questions import Reply
from serving.answering.served import Served
from serving.asking import asked, host_of
from serving.bodies.clips import checked
from serving.bodies.content import read_bytes
from serving.bodies.reading import hold
from serving.bodies.tensors import BINARY, HEADER_LENGTH, Wanted, classified, read, write
from serving.openapi import content, described, ref
from serving.problems import ProblemError
from serving.schemas import INFERRED, TENSORS

router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])
EXTENSIONS = ["binary_tensor_data", "classification", "model_repository"]

BYTES = {"schema": {"type": "string", "format": "binary"}}
SERVER = described(answers={"application/json": content(ref("Server"))})
INDEX = described(answers={"application/json": content(ref("Index"))})
MODEL = described(answers={"application/json": content(ref("Model"))}, problems=(404,))
IS_READY = described(answers={"application/json": content(ref("Ready"))}, problems=(404,))
INFER = described(
    takes={"application/json": content(ref("InferRequest"), one_frame=TENSORS), BINARY: BYTES},
    answers={"application/json": content(ref("InferResponse"), one_frame=INFERRED), BINARY: BYTES},
    parameters=[
        {
            "name": HEADER_LENGTH,
            "in": "header",
            "schema": {"type": "integer", "minimum": 2},
            "description": "Of a binary body: the bytes of JSON before the tensors.",
        }
    ],
    problems=(404,),
)


@router.get("", summary="What this server is", **SERVER)
async def server() -> Response:
    return _json({"name": "signloop", "version": package_version("signloop"), "extensions": EXTENSIONS})


@router.post("/repository/index", summary="The versions that are loaded", **INDEX)
async def index(request: Request) -> Response:
    return _json([entry for lineup in host_of(request).lineups.values() for entry in _entries(lineup)])


@router.get("/models/{track}", summary="Inputs and outputs of a track's model in Production", **MODEL)
async def model(track: str, request: Request) -> Response:
    return await model_version(track, None, request)


@router.get("/models/{track}/versions/{version}", summary="Inputs and outputs of a version", **MODEL)
async def model_version(track: str, version: str | None, request: Request) -> Response:
    host = host_of(request)
    return _json(_metadata(host.lineup(track), await _served(host, track, version)))


@router.get("/models/{track}/ready", summary="Whether a track is answered", **IS_READY)
async def model_ready(track: str, request: Request) -> Response:
    return await model_version_ready(track, None, request)


@router.get("/models/{track}/versions/{version}/ready", summary="Whether a version answers; loads it", **IS_READY)
async def model_version_ready(track: str, version: str | None, request: Request) -> Response:
    await _served(host_of(request), track, version)
    return _json({"name": track, "ready": True})


@router.post("/models/{track}/infer", summary="Logits of clips of one length, as JSON or binary tensors", **INFER)
async def infer(track: str, request: Request) -> Response:
    return await infer_version(track, None, request)


@router.post(
    "/models/{track}/versions/{version}/infer", summary="The same, of a version that is asked for by number", **INFER
)
async def infer_version(track: str, version: str | None, request: Request) -> Response:
    host = host_of(request)
    takes = host.takes(track)
    body, length = await read_bytes(request, host.serve.max_body_mb), request.headers.get(HEADER_LENGTH.lower())
    said = read(body, length, takes.form.inputs)
    if takes.name not in said.inputs:
        raise InputError(f"inputs: '{takes.name}' [clips, {takes.said[1:]} is missing.")
    clips = checked(said.inputs.pop(takes.name), takes, **said.inputs)
    hold([clips], host.serve)
    who = asked(request, "infer", id=said.id, version=_number(track, version))
    served, role = await host.serving(track, who)
    wanted = said.outputs or tuple(Wanted(name, said.binary) for name in _outputs(served))
    _know(wanted, served)
    [reply] = await host.ask_of(served, role, [clips], who)
    return _told(served, reply, who.id, wanted)


async def _served(host: Host, track: str, version: str | None) -> Served:
    return (await host.serving(track, Asked(id="", source="infer", version=_number(track, version))))[0]


def _number(track: str, version: str | None) -> int | None:
    if version is None:
        return None
    if not (version.isascii() and version.isdecimal() and 0 < len(version) < 10 and int(version)):
        raise ProblemError(404, f"'{track}' has no version '{version[:40]}'. Versions are numbers from 1 on.")
    return int(version)


def _outputs(served: Served) -> tuple[str, ...]:
    """Names what a model gives unasked."""
    return served.says, "seen"


def _more(served: Served) -> tuple[str, ...]:
    """Names what is told on request besides."""
    return ("probabilities", "label") if served.classifies else ()


def _know(wanted: tuple[Wanted, ...], served: Served) -> None:
    known = (*_outputs(served), *_more(served))
    if wrong := next((each.name for each in wanted if each.name not in known), None):
        raise InputError(f"outputs: expected some of {', '.join(known)}, got {wrong[:40]!r}.")
    if wrong := next((w.name for w in wanted if w.classes and w.name not in ("logits", "probabilities")), None):
        raise InputError(f"outputs: expected 'classification' of logits or probabilities, got it of {wrong}.")


def _told(served: Served, reply: Reply, id: str, wanted: tuple[Wanted, ...]) -> Response:
    head = {
        "model_name": served.track,
        "model_version": str(reply.version),
        "id": id,
        "parameters": {"version": reply.version, "role": reply.role, "prediction": reply.id},
    }
    content, length = write(head, [(each, _output(served, reply, each)) for each in wanted])
    if length is None:
        return Response(content, media_type="application/json")
    return Response(content, media_type=BINARY, headers={HEADER_LENGTH: str(length)})


def _output(served: Served, reply: Reply, wanted: Wanted) -> NDArray[Any]:
    if wanted.name == "label":
        return np.array([answer.label for answer in reply.answers], object)
    values = reply.probabilities if wanted.name == "probabilities" else reply.outputs[wanted.name]
    return classified(values, served.contract.class_names, wanted.classes) if wanted.classes else values


def _metadata(lineup: Lineup, served: Served) -> dict[str, Any]:
    takes, classes = served.takes, [-1, len(served.contract.class_names)]
    values = [-1, *(-1 if size is None else size for size in takes.shape)]
    shapes = {takes.name: values, "logits": classes, "probabilities": classes}
    shapes |= {"forecast": [-1, -1, *takes.width], "reconstruction": values}
    return {
        "name": served.track,
        "versions": [str(number) for number in sorted({served.version, *(s.version for s in lineup.standing)})],
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": n, "datatype": "FP32", "shape": shapes.get(n, [-1])} for n in takes.form.inputs],
        "outputs": [
            {"name": n, "datatype": "BYTES" if n == "label" else "FP32", "shape": shapes.get(n, [-1])}
            for n in (*_outputs(served), *_more(served))
        ],
        "parameters": {
            "version": served.version,
            "form": served.contract.form,
            "objective": served.contract.objective,
            "class_names": list(served.contract.class_names),
        },
    }


def _entries(lineup: Lineup) -> list[dict[str, str]]:
    """Returns the versions of a track that are loaded, and those that were refused."""
    ready = {str(served.version): ("READY", "") for served in lineup.standing}
    refused = {str(number): ("UNAVAILABLE", why) for number, why in lineup.refused.items()}
    return [
        {"name": lineup.track, "version": number, "state": state, "reason": reason}
        for number, (state, reason) in (refused | ready).items()
    ]


def _json(said: Any) -> Response:
    return Response(orjson.dumps(said), media_type="application/json")
