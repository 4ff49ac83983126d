"""A video or a photograph that a list names, before anything of it is looked at."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from pipeline.detect.detected import Failure

VIDEOS = frozenset((".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ogv"))
VIDEOS |= {".ts", ".mts", ".m2ts", ".gif"}
IMAGES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"))


@dataclass(frozen=True, kw_only=True)
class Media:
    """One clip by name: a file, or the part of a video from `start` to `end`."""

    id: str
    label: str  # empty: none
    group: str
    file: Path
    start: float | None = None  # seconds
    end: float | None = None
    may_be_absent: bool = False  # an index lists what nobody could download any more
    failure: Failure | None = None  # seen without opening it: a folder, forbidden or named as a file


def shown(name: str) -> str:
    """Returns a file's name as text that fits on one line, whatever bytes it is made of.

    Names with line breaks, or of bytes that are no UTF-8, are whole names to a file system, and to nobody else.
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    plain = [c if not unicodedata.category(c).startswith("C") else c.encode("unicode_escape").decode() for c in text]
    return "".join(plain)
