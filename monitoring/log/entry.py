"""One answered prediction, as the server hands it to the log."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.errors import InputError

Role = Literal["production", "pinned", "shadow", "canary"]
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A prediction.

    id           of the request: uuid4 hex, or the caller's own (at most 64 of A-Z a-z 0-9 . _ -); unique
    time         when it was answered, with its time zone
    role         in which the version answered; a shadow's answer was returned to nobody
    of           of a shadow: the id of the prediction that was returned
    label        a class; of a clip with nothing in it its form's word for that; "" of an answer that is no class
    confidence   None where no class was answered, as entropy
    top          labels and probabilities, the best first
    figures      what pipeline.summary says of the input; each track has its own names
    client       `clients.client_key` of who asked, "" for nobody
    source       by which door: infer, predict, stream
    inputs       the clip, as `inputs.pack` makes it; only where it is to be kept
    until        when `inputs` is removed; needed with them
    """

    id: str
    time: datetime
    track: str
    version: int
    role: Role
    of: str | None
    label: str
    confidence: float | None
    top: tuple[tuple[str, float], ...]
    entropy: float | None
    uncertain: bool | None
    figures: dict[str, float | str | None]
    latency_ms: float
    client: str
    source: str
    inputs: bytes | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise InputError(
                f"request id {self.id[:80]!r}: expected 1 to 64 of A-Z a-z 0-9 . _ -. Send such a one, or leave it out."
            )
        if self.time.tzinfo is None:
            raise InputError(f"request '{self.id}': expected a time with its zone, got {self.time}. Use UTC.")
        if (self.inputs is None) != (self.until is None):
            raise InputError(
                f"request '{self.id}': inputs are kept for a bounded time. Give `inputs` and `until`, or neither."
            )
