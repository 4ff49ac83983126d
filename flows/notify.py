"""Who is told of what happens by itself: a promotion, a refusal, drift, a failure; through Apprise, by SIGNLOOP_NOTIFY.

An address is a secret, in whichever of its parts: nobody is shown more of it than the service and its place in the
list, and Apprise's own log, which shows them, stays silent. Who cannot be reached never fails what was to be told.
"""

import logging
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flows import environment, verdict
from flows.layout import Layout
from monitoring.drift.report import Report
from monitoring.policy import Verdict
from pipeline.files import read_json

Kind = Literal["promotion", "refusal", "drift", "failure"]
TYPES: dict[Kind, str] = {"promotion": "success", "refusal": "warning", "drift": "warning", "failure": "failure"}
ADDRESS = re.compile(r"[\s,]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
LOUD = ("apprise", "urllib3", "requests")  # what Apprise says of an address, and what it sends it with
MAX_BODY = 3000  # letters: chats refuse longer ones


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is told: a line, and a few more."""

    kind: Kind
    title: str
    body: str


def send(note: Note, root: Path, *, say: Callable[[str], Any]) -> int:
    """Sends a note to every address, and returns how many took it; `say` is told of the others, without the address."""
    known = addresses(environment.notified())
    took = 0
    for number, address in enumerate(known, 1):
        with _silent():
            why_not = _send(note, root, address)
        took += not why_not
        if why_not:
            say(f"'{note.title}' was not told: address {number} of {len(known)} in {environment.NOTIFY} {why_not}")
    return took


def addresses(text: str) -> list[str]:
    """Reads addresses between commas, blanks or lines; each begins with its service, as in json://host."""
    return [address for address in ADDRESS.split(text.strip(" ,\n\t")) if address]


def decided(root: Path, track: str) -> Note:
    """Tells what `promote` decided."""
    made = read_json(Layout(root, track).decision)
    moved = made["production"] == made["version"] and made["incumbent"] != made["version"]
    reasons = "\n".join(f"- {reason}" for reason in made["reasons"])
    return Note(kind="promotion" if moved else "refusal", title=verdict.line(root, track), body=reasons)


def drifted(report: Report, said: Verdict) -> Note:
    """Tells what a look found, and what follows."""
    what = "nothing has drifted any longer" if said.action == "nothing" else f"{said.cause}, {said.action}"
    title = f"{report.track}: {what} (version {report.version}, {report.predictions} predictions)"
    return Note(kind="drift", title=title, body="\n".join(f"- {reason}" for reason in said.reasons))


def failed(what: str, words: str) -> Note:
    return Note(kind="failure", title=f"{what} failed", body=words)


def _send(note: Note, root: Path, address: str) -> str:
    """Returns why an address did not take it; nothing where it did."""
    from apprise import Apprise, AppriseAsset

    service = Apprise(asset=AppriseAsset(app_id="Signloop", app_desc="Signloop", async_mode=False))
    if not service.add(address):
        return "is none that Apprise knows: https://appriseit.com lists them"
    where = f"{root.name} on {socket.gethostname()}"
    body = f"{note.body[:MAX_BODY]}\n{where}"
    if service.notify(body=body, title=note.title, notify_type=TYPES[note.kind]):  # type: ignore[arg-type]
        return ""
    return f"({service[0].service_name}) did not take it"


@contextmanager
def _silent() -> Iterator[None]:
    """Has nothing logged that shows an address, not with --debug either."""
    loggers = [logging.getLogger(name) for name in LOUD]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
