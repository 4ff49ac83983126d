"""What the process says on stderr: a line of JSON a message, or text for a person; requests and all else alike."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from serving.requests import NOW

Style = Literal["json", "text", "quiet"]


def install(style: Style) -> None:
    """Has all loggers write in one style; `quiet` leaves out the requests that went well."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Text() if style == "text" else Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    logging.getLogger("serving").setLevel(logging.WARNING if style == "quiet" else logging.INFO)


class Json(logging.Formatter):
    """Writes a record as one line of JSON: its time, level and message, the request it belongs to, its fields."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(_told(self, record), default=str).decode()


class Text(logging.Formatter):
    """Writes a record for a person: its time, its message, and its fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        told = _told(self, record)
        first = f"{told.pop('time')[11:23]} {told.pop('level'):<7} {told.pop('message')}"
        trace = told.pop("trace", "")
        rest = " ".join(f"{name}={value}" for name, value in told.items() if value not in ("", None))
        return f"{first} {rest}".rstrip() + (f"\n{trace}" if trace else "")


def _told(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, Any]:
    when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "message": record.getMessage()}
    fields = getattr(record, "fields", None)
    if fields is not None:
        return told | fields
    told["logger"] = record.name
    if seen := NOW.get():
        told["id"] = seen.id
    if record.exc_info:
        told["trace"] = formatter.formatException(record.exc_info)
    return told
