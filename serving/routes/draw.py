"""`/draw`: the drawing page and its scripts; a requested name is looked up, and never joined to a path."""

from pathlib import Path

import orjson
from fastapi import APIRouter, Request, Response

from serving import draw
from serving.asking import host_of
from serving.draw.setup import setup
from serving.routes.page import SECURITY, TYPES, known, whole

router = APIRouter(include_in_schema=False)

FOLDER = Path(draw.__file__).parent
OURS = {path.name: path for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}


@router.get("/draw")
async def index() -> Response:
    return whole(OURS["draw.html"])


@router.get("/draw/setup")
async def draw_setup(request: Request) -> Response:
    content = orjson.dumps(setup(host_of(request), key=bool(request.app.state.settings.keys)))
    return Response(content, headers={**SECURITY, "Cache-Control": "no-store"}, media_type="application/json")


@router.get("/draw/{name}")
async def ours(name: str) -> Response:
    return whole(known(OURS, name))
