"""`WS /v1/{track}/stream`: frames in, letters, signs, words and text out; docs/streaming.md is the protocol."""

from fastapi import APIRouter, WebSocket

from pipeline.errors import SignloopError
from serving import problems
from serving.asking import host_of
from serving.bodies.takes import Takes
from serving.problems import ProblemError
from serving.stream.conversing import Conversation, Streams

router = APIRouter(tags=["stream"])


@router.websocket("/v1/{track}/stream")
async def stream(track: str, websocket: WebSocket) -> None:
    streams: Streams = websocket.app.state.streams
    try:
        allowed(websocket)
        _streamed(host_of(websocket).takes(track), track)  # somebody answers
        with streams.one_more():
            await websocket.accept()
            await Conversation(websocket, streams, track).hold()
    except SignloopError as error:  # before it was accepted: afterwards a conversation ends by itself
        await websocket.send_denial_response(problems.of(error))


def _streamed(takes: Takes, track: str) -> None:
    """Lets tracks be streamed that look at frames of points.

    Raises: ProblemError 422 for a track of another form.
    """
    if not takes.form.has_points:
        raise ProblemError(
            422,
            f"'{track}' takes {takes.name} {takes.said}, no points frame by frame. Send them whole: POST "
            f"/v1/{track}/predict.",
        )


def allowed(websocket: WebSocket) -> None:
    """Lets those open a stream who may.

    A browser asks nobody before it opens a WebSocket to another address than its page's; it only says whose page it is.

    Raises: ProblemError 403 for a page from elsewhere.
    """
    origin = websocket.headers.get("origin")
    host = websocket.headers.get("host", "").lower()
    if origin is not None and origin.lower().partition("://")[2] != host:
        raise ProblemError(403, "a page from another address may not open a stream. Use the page that is served here.")
