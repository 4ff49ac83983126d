"""The bytes of a request's body, bounded and inflated, and the JSON in them."""

import re
import zlib
from typing import Any

import orjson
from fastapi import Request

from pipeline.errors import InputError
from serving.problems import ProblemError

# What zlib is told of the frame: `deflate` means zlib's own, though some send it bare.
NAN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|NaN', re.DOTALL)  # strings too, to step over them; never goes back: linear
INFLATED_BY = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


async def read_bytes(request: Request, max_mb: float) -> bytes:
    """Returns the body, as far as it may be long, inflated where it was sent compressed.

    Raises: ProblemError 413 as soon as it is longer, whatever its header said.
    """
    limit = int(max_mb * 2**20)
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > limit:
        raise _too_long(max_mb)
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > limit:
            raise _too_long(max_mb)
        parts.append(part)
    content = parts[0] if len(parts) == 1 else b"".join(parts)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    return content if encoding == "identity" else _inflated(content, encoding, max_mb)


def _too_long(max_mb: float) -> ProblemError:
    return ProblemError(413, f"the body is longer than {max_mb:g} MiB. Send shorter or fewer clips a request.")


def _inflated(content: bytes, encoding: str, max_mb: float) -> bytes:
    """Inflates no further than a body may be long: a few kilobytes can stand for gigabytes."""
    if encoding not in INFLATED_BY:
        raise ProblemError(415, f"content-encoding: expected gzip, deflate or none, got '{encoding[:40]}'.")
    limit = int(max_mb * 2**20)
    for frame in INFLATED_BY[encoding]:
        inflating = zlib.decompressobj(frame)
        try:
            inflated = inflating.decompress(content, limit + 1)
        except zlib.error:
            continue
        if len(inflated) > limit:
            raise _too_long(max_mb)
        if inflating.eof and not inflating.unused_data:
            return inflated
    raise ProblemError(400, f"the body is not {encoding}, or not the whole of it.")


def read_json(content: bytes) -> Any:
    """Reads JSON, in which NaN may stand for null: Python's own writers write it so.

    Raises: ProblemError 400 for what is none.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        wrong = ProblemError(400, f"the body is no JSON: {error}.")
    if b"NaN" not in content:
        raise wrong
    try:
        return orjson.loads(NAN.sub(lambda found: b"null" if found[0] == b"NaN" else found[0], content))
    except orjson.JSONDecodeError:
        raise wrong from None


def read_object(content: bytes, remedy: str) -> dict[str, Any]:
    """Reads JSON that is an object; `remedy` says what to send instead."""
    fields = read_json(content)
    if not isinstance(fields, dict):
        raise InputError(f"expected a JSON object. {remedy}")
    return fields
