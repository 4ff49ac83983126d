"""`/`: the live page, its scripts, and MediaPipe's files; a requested name is looked up, and never joined to a path."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from pipeline.detect import bundles
from pipeline.errors import InputError
from serving import page
from serving.asking import host_of
from serving.page import vision
from serving.page.setup import setup
from serving.problems import ProblemError

router = APIRouter(include_in_schema=False)
Value = TypeVar("Value")

FOLDER = Path(page.__file__).parent
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
OURS = {path.name: path for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
ANEW, PINNED = {"Cache-Control": "no-cache"}, {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/")
async def index() -> Response:
    return whole(OURS["index.html"])


@router.get("/page/setup")
def page_setup(request: Request) -> Response:
    settings = request.app.state.settings
    content = orjson.dumps(setup(host_of(request), settings.assets, key=bool(settings.keys)))
    return Response(content, headers={**SECURITY, "Cache-Control": "no-store"}, media_type="application/json")


@router.get("/page/{name}")
async def ours(name: str) -> Response:
    return whole(known(OURS, name))


@router.get("/assets/tasks-vision/" + vision.VERSION + "/{name:path}")
def tasks_vision(name: str, request: Request) -> Response:
    known(vision.FILES, name)
    try:
        content, media_type = vision.read(vision.find(request.app.state.settings.assets), name)
    except InputError:
        raise _missing(vision.NAME) from None
    return Response(content, headers={**SECURITY, **PINNED}, media_type=media_type)


@router.get("/assets/{file}")
def bundle(file: str, request: Request) -> Response:
    name = known({bundle.file: name for name, bundle in bundles.BUNDLES.items()}, file)
    try:
        path = bundles.find(name, request.app.state.settings.assets)
    except InputError:
        raise ProblemError(
            404, f"'{file}' is not here. Run `signloop assets fetch {name}` beside the server."
        ) from None
    return FileResponse(path, headers={**SECURITY, **ANEW}, media_type="application/octet-stream")


def _missing(name: str) -> ProblemError:
    return ProblemError(404, f"'{name}' is not here. On the server: {bundles.remedy(name)}")


def whole(path: Path) -> Response:
    """Answers with a file of a page."""
    return FileResponse(path, headers={**SECURITY, **ANEW}, media_type=TYPES[path.suffix])


def known(there: Mapping[str, Value], name: str) -> Value:
    """Returns what is there by a name.

    Raises: ProblemError 404.
    """
    if name not in there:
        raise ProblemError(404, "there is no such file. The page is at /.")
    return there[name]
