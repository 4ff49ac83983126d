"""Files that give no pictures: opening one, and the errors that say what is wrong with it."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.detect.detected import Failure, Kind
from pipeline.errors import InputError
from pipeline.params.data import Detection


class UnreadableError(InputError):
    """A file that gives no pictures, with the Failure that says so."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.failure = Failure(kind, reason)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Opens a file that has bytes.

    Raises: UnreadableError; what the disk fails at while it is read is one too.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would wait for whoever writes to it
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
            raise UnreadableError("no video", f"it is {what}, not a file. Take it out of the recordings.")
        if not status.st_size:
            raise UnreadableError("empty", "the file has no bytes. Copy it again.")
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        what = "it is a link to nowhere" if path.is_symlink() else "there is no such file"
        raise UnreadableError("missing", f"{what}. Copy it there, or take it out of the list.") from None
    except PermissionError:
        raise UnreadableError(
            "forbidden", "it may not be read. Give the reading user the right to its file and folders."
        ) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise UnreadableError("corrupt", f"the disk does not give it: {why}. Copy it again.") from None


def too_many_pixels(width: int, height: int, detection: Detection) -> UnreadableError:
    return UnreadableError(
        "too large",
        f"its pictures have {width:,} × {height:,} pixels, more than detection.max_pixels ({detection.max_pixels:,}). "
        "Make it smaller, or raise the limit.",
    )


def too_long(what: str, detection: Detection) -> UnreadableError:
    return UnreadableError(
        "too large",
        f"it has {what}: detection.max_frames is {detection.max_frames:,}. Cut it into clips, set detection.fps, or "
        "raise the limit.",
    )
