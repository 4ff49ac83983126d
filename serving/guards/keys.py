"""API keys: who may do what. Without any, everybody may do everything, from this machine alone.

SIGNLOOP_API_KEYS has entries NAME:ROLE+ROLE:KEY, between commas or on lines of their own; two entries of one name let
its key be changed without a pause. A key is sent as `Authorization: Bearer KEY` or `X-API-Key: KEY`; by a browser's
WebSocket, which can send no headers of its own, as the subprotocols `signloop` and `key.KEY`.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import InputError
from serving import problems
from serving.guards.origins import hold
from serving.problems import ProblemError

Headers = Mapping[bytes, bytes]
ROLES = {
    "predict": "ask",
    "feedback": "correct what it was told",
    "operate": "see metrics, health, the dashboard and everybody's answers",
}
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
KEY = re.compile(r"[A-Za-z0-9._~-]{16,256}")  # of what a subprotocol's name may have, too
MAKE = 'Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"'
SUBPROTOCOL, CARRIES_KEY = "signloop", "key."
CALLER = "signloop.caller"  # in a request's scope: the name of its key

OPEN = ("/", "/draw", "/dashboard", "/v2/health/live", "/v2/health/ready")
OPEN_BELOW = (
    "/page/",
    "/draw/",
    "/assets/",
)  # what pages are made of: scripts need no key, who uses them does
OPERATE = ("/metrics", "/v1/health", "/v1/dashboard")
BELOW_A_TRACK = {"feedback": "feedback", "review": "operate"}  # of /v1/{track}/…


@dataclass(frozen=True)
class Key:
    """Whose key it is and what it lets them do; of the key itself its hash alone."""

    name: str
    roles: frozenset[str]
    digest: bytes = field(repr=False)


def parse(text: str) -> tuple[Key, ...]:
    """Reads keys as the environment has them.

    Raises: InputError that says which entry is wrong, and never shows a key.
    """
    keys: list[Key] = []
    for number, entry in enumerate(filter(None, re.split(r"[,\s]+", text)), 1):
        name, _, rest = entry.partition(":")
        roles, _, key = rest.partition(":")
        where = f"SIGNLOOP_API_KEYS, entry {number}"
        if not NAME.fullmatch(name) or not key:
            raise InputError(f"{where}: expected NAME:ROLE+ROLE:KEY. {MAKE}")
        if unknown := set(roles.split("+")) - set(ROLES):
            raise InputError(f"{where}, '{name}': unknown role '{min(unknown)}'. Known: {', '.join(ROLES)}.")
        if not KEY.fullmatch(key):
            raise InputError(
                f"{where}, '{name}': expected a key of 16 to 256 letters, digits, '-', '.', '_', '~'. {MAKE}"
            )
        digest = _digest(key)
        if any(digest == other.digest for other in keys):
            raise InputError(f"{where}, '{name}': this key was given before. {MAKE}")
        keys.append(Key(name, frozenset(roles.split("+")), digest))
    return tuple(keys)


def role_of(path: str) -> str | None:
    """Returns the role that a path asks for: None where it is open, "" where any key will do."""
    if path in OPEN or path.startswith(OPEN_BELOW):
        return None
    if path in OPERATE:
        return "operate"
    parts = [*path.split("/"), ""]
    if parts[1] == "v1" and len(parts) > 4 and parts[3] in BELOW_A_TRACK:
        return BELOW_A_TRACK[parts[3]]
    return "predict" if parts[1] in ("v1", "v2") else ""


class Gate:
    """Lets requests in that may come in, and notes whose they are."""

    def __init__(self, app: ASGIApp, keys: Sequence[Key], hosts: Sequence[str]) -> None:
        self._app, self._keys, self._hosts = app, keys, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        try:
            headers = dict(scope["headers"])
            hold(headers, self._hosts, strict=not self._keys)
            scope[CALLER] = self._admit(scope["path"], headers) if self._keys else ""
        except ProblemError as error:
            return await problems.of(error)(scope, receive, send)
        return await self._app(scope, receive, _speaking(headers, send) if scope["type"] == "websocket" else send)

    def _admit(self, path: str, headers: Headers) -> str:
        """Returns whose request it is.

        Raises: ProblemError 401 or 403.
        """
        role = role_of(path)
        if role is None:
            return ""
        key = self._known(_sent(headers))
        if role and role not in key.roles:
            may = ", ".join(sorted(key.roles))
            raise ProblemError(
                403, f"this needs a key that may {role} ({ROLES[role]}); that of '{key.name}' may {may}."
            )
        return key.name

    def _known(self, sent: str) -> Key:
        """Returns the key that was sent; takes as long for a wrong one as for any other."""
        challenge = {"WWW-Authenticate": 'Bearer realm="signloop"'}
        digest = _digest(sent)
        found = [key for key in self._keys if hmac.compare_digest(key.digest, digest)]
        if not found:
            why = "this key is not known here" if sent else "a key is needed"
            raise ProblemError(401, f"{why}. Send yours as `Authorization: Bearer KEY` or `X-API-Key: KEY`.", challenge)
        return found[0]


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "replace")).digest()


def _sent(headers: Headers) -> str:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if named := headers.get(b"x-api-key"):
        return named.decode("latin-1").strip()
    offered = _offered(headers)
    return next((name.removeprefix(CARRIES_KEY) for name in offered if name.startswith(CARRIES_KEY)), "")


def _offered(headers: Headers) -> list[str]:
    return [name.strip() for name in headers.get(b"sec-websocket-protocol", b"").decode("latin-1").split(",")]


def _speaking(headers: Headers, send: Send) -> Send:
    """Returns a `send` that takes up our subprotocol where it was offered: a browser hangs up on who does not."""
    if SUBPROTOCOL not in _offered(headers):
        return send

    async def choosing(message: Message) -> None:
        if message["type"] == "websocket.accept":
            message = {**message, "subprotocol": message.get("subprotocol") or SUBPROTOCOL}
        await send(message)

    return choosing
