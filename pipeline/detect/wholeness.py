"""Whether a recording's file is as long as it says itself, without decoding it.

A decoder reads a file that was cut off as if it ended there. Where a container writes down how long its parts are, the
file's length tells; the others are read to wherever they break off.
Source: boxes ISO/IEC 14496-12, 4.2; elements RFC 8794, 4 and 6; chunks of RIFF in Microsoft's AVI reference.
"""

import os
from typing import IO

BOXES = {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx", b"free", b"skip", b"wide", b"uuid", b"meta"}
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def damage(file: IO[bytes]) -> str | None:
    """Says what a file lacks, for a person; None where nothing is known to. The file's position is left as it was."""
    place = file.tell()
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(12)
        if head[4:8] in BOXES:
            return _boxes(file, size)
        if head[:4] == EBML:
            return _lacking(_segment_end(file), size)
        if head[:4] == b"RIFF":
            return _lacking(8 + int.from_bytes(head[4:8], "little"), size)
        return None
    finally:
        file.seek(place)


def _boxes(file: IO[bytes], size: int) -> str | None:
    """Walks the boxes of mp4 and mov; what no box's name begins is left alone: cameras append what they like."""
    at, index = 0, False
    while at < size:
        file.seek(at)
        head = file.read(16)
        kind, length = head[4:8], int.from_bytes(head[:4], "big")
        if kind not in BOXES:
            break
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:  # up to the file's end
            length = size - at
        if length < 8:
            break
        index |= kind in {b"moov", b"moof"}
        at += length
    if at > size:
        return _lacking(at, size)
    return None if index else "its index (moov) is missing, which a recorder writes when it stops"


def _segment_end(file: IO[bytes]) -> int:
    """Returns where the one segment of webm and mkv ends; 0 where its length is not written, as in live recordings."""
    file.seek(len(EBML))
    header = _length(file)
    file.seek(header or 0, os.SEEK_CUR)
    if header is None or file.read(len(SEGMENT)) != SEGMENT:
        return 0
    length = _length(file)
    return 0 if length is None else file.tell() + length


def _length(file: IO[bytes]) -> int | None:
    """Reads an element's length: the first byte's leading zeros say how many bytes follow, all ones say unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    following = 8 - first[0].bit_length()
    bits = 7 * (following + 1)
    value = int.from_bytes(first + file.read(following), "big") & ((1 << bits) - 1)
    return None if value == (1 << bits) - 1 else value


def _lacking(end: int, size: int) -> str | None:
    """A byte of padding may be left out at the end."""
    return f"its end is missing, at least {end - size:,} bytes" if end > size + 1 else None


def text(file: IO[bytes]) -> str | None:
    """Returns how a file begins that is text; None for any other. The file's position is left as it was."""
    place = file.tell()
    file.seek(0)
    head = file.read(200)
    file.seek(place)
    try:
        words = head.decode("utf-8", "strict" if len(head) < 200 else "ignore")
    except UnicodeDecodeError:
        return None
    shown = " ".join(words.split())
    return shown[:40] if shown.isprintable() and len(shown) > len(head) // 2 else None
