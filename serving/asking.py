"""What a request says of itself besides its clips: its id, who asks, which host it reaches."""

from typing import Any
from uuid import uuid4

from fastapi import Request, WebSocket

from monitoring.log.clients import client_key
from pipeline.errors import InputError
from serving.answering.host import Asked, Host
from serving.answering.questions import Source
from serving.guards.keys import CALLER
from serving.requests import ID, NOW

REQUEST_ID, CLIENT = "x-request-id", "x-client-id"


def host_of(request: Request | WebSocket) -> Host:
    return request.app.state.host


def asked(request: Request, source: Source, *, id: str | None = None, **how: Any) -> Asked:
    """Returns who asks; the id is the body's, else the header's, else a new one.

    Raises: InputError for an id that is none.
    """
    seen = NOW.get()
    id = id or request.headers.get(REQUEST_ID) or (seen.id if seen else uuid4().hex)
    if not ID.fullmatch(id):
        raise InputError("id: expected 1 to 64 of letters, digits, '.', '_' and '-'. Leave it out to be given one.")
    client = client_of(request)
    if seen:
        seen.id, seen.client = id, client
    return Asked(id=id, source=source, client=client, **how)


def client_of(request: Request | WebSocket) -> str:
    """Returns who asks, as the log knows it: the name of the key, and whom its holder asks for, KEY/CLIENT."""
    told = (request.scope.get(CALLER, ""), request.headers.get(CLIENT, "")[:256])
    named = "/".join(filter(None, told))
    return client_key(request.app.state.settings.secret, named) if named else ""
