"""What people say of answers, and which answers are worth a word: `/v1/{track}/feedback` and `/v1/{track}/review`."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from monitoring.log import feedback as words
from monitoring.log.database import Database
from monitoring.log.review import review as doubtful
from pipeline.errors import InputError
from serving.asking import ID, client_of, host_of
from serving.bodies.reading import read_bytes
from serving.guards.keys import CALLER
from serving.openapi import content, described, ref
from serving.problems import ProblemError
from serving.schemas import CONFIRMED, CORRECTED, CORRECTION, DOUBTFUL

router = APIRouter(tags=["feedback"])
MAX_MB = 1 / 64  # of a word on an answer
MOST = 500  # answers of a review
FIELDS = ("id", "label", "note")
SAID = {"application/json": content(ref("Correction"), corrected=CORRECTED)}
FEEDBACK = described(
    takes={"application/json": content(ref("Word"), corrected=CORRECTION, confirmed=CONFIRMED)},
    answers=SAID,
    problems=(404,),
)
WITHDRAWAL = described(answers=SAID, problems=(404, 422))
REVIEW = described(
    parameters=[
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": 50}},
        {"name": "kept", "in": "query", "schema": {"type": "boolean", "default": False}},
    ],
    answers={"application/json": content(ref("Review"), one=DOUBTFUL)},
    problems=(404, 422),
)


@router.post("/v1/{track}/feedback", summary="Correct an answer, or confirm it; the latest word counts", **FEEDBACK)
async def give(track: str, request: Request) -> Response:
    fields = _fields(await read_bytes(request, MAX_MB))
    names = host_of(request).answering(track).contract.class_names

    def say(database: Database, speaker: dict[str, Any]) -> Any:
        label, note = fields.get("label"), fields.get("note") or ""
        return words.give(database, fields["id"], label, class_names=names, track=track, note=note, **speaker)

    return await _said(request, say)


@router.delete("/v1/{track}/feedback/{id}", summary="Take back what was said of an answer", **WITHDRAWAL)
async def withdraw(track: str, id: str, request: Request) -> Response:
    host_of(request).lineup(track)
    return await _said(request, lambda database, speaker: words.withdraw(database, id, track=track, **speaker))


@router.get("/v1/{track}/review", summary="Answers that are worth a word, the most doubtful first", **REVIEW)
async def review(track: str, request: Request) -> Response:
    host_of(request).lineup(track)
    limit = request.query_params.get("limit", "50")
    if not limit.isdecimal() or not 1 <= int(limit[:9]) <= MOST:
        raise InputError(f"limit: expected 1 to {MOST}, got '{limit[:20]}'.")
    kept = request.query_params.get("kept", "false").lower()
    if kept not in ("true", "false"):
        raise InputError(f"kept: expected true or false, got '{kept[:20]}'.")
    found = await asyncio.to_thread(doubtful, _database(request), track, limit=int(limit), kept_only=kept == "true")
    body = orjson.dumps({"track": track, "answers": [asdict(one) for one in found]})
    return Response(body, media_type="application/json")


async def _said(request: Request, say: Callable[[Database, dict[str, Any]], words.Correction]) -> Response:
    correction = await asyncio.to_thread(say, _database(request), _speaker(request))
    told = {name: getattr(correction, name) for name in ("id", "kind", "label", "time", "note")}
    return Response(orjson.dumps(told), media_type="application/json")


def _database(request: Request) -> Database:
    journal = host_of(request).journal
    if journal is None:
        raise ProblemError(501, "nothing is logged here, so nothing can be corrected: set `log.predictions` to true.")
    return journal.database


def _speaker(request: Request) -> dict[str, Any]:
    """Returns who speaks: whose key may operate, or who is alone on this machine, may speak of everybody's answers."""
    keys, caller = request.app.state.settings.keys, request.scope.get(CALLER, "")
    operator = not keys or any(key.name == caller and "operate" in key.roles for key in keys)
    return {"client": client_of(request), "who": caller, "operator": operator}


def _fields(body: bytes) -> dict[str, Any]:
    """Reads a word on an answer.

    Raises: InputError that says what to send.
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, f"the body is no JSON: {error}.") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("id"), str) or not ID.fullmatch(fields["id"]):
        raise InputError('expected {"id": the id of an answer, "label": what it truly was, or none to confirm it}.')
    if unknown := [name for name in fields if name not in FIELDS]:
        raise InputError(f"unknown field '{unknown[0][:40]}'. Known: {', '.join(FIELDS)}.")
    for name in ("label", "note"):
        if not isinstance(fields.get(name), str | None):
            raise InputError(f"{name}: expected a text.")
    return fields
