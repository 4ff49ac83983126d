"""Recordings that are sent in the place of landmarks: what is seen in them, found in processes of their own.

A decoder that is handed a stranger's file, and MediaPipe, may crash or hang: that costs their process, and one request.
What was sent has no name in a file system: on Linux it lies in memory, elsewhere in a folder that is ours and goes.
"""

import asyncio
import logging
import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from pebble import ProcessExpired, ProcessPool

from pipeline.detect import bundles
from pipeline.detect.detected import Detected, Failure
from pipeline.errors import InputError
from pipeline.params import Detection, Images, Serve, Videos
from pipeline.skeleton import skeleton
from serving.bodies.clips import Clips, checked
from serving.bodies.takes import Floats, Takes
from serving.problems import ProblemError, busy

log = logging.getLogger(__name__)
Kind = Literal["image", "video", "pose"]
DETECTION = {kind: of.model_fields["detection"].default for kind, of in (("image", Images), ("video", Videos))}
RENEWED_AFTER = 100  # recordings: MediaPipe's memory grows
WAITING = 4  # recordings for each process, that at work among them
POSE = "application/x-pose"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One recording, as it travels to a process."""

    kind: Kind
    content: bytes
    detection: Detection
    bundles: dict[str, Path]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen: [T, V, 3] and what is known of the picture."""

    values: Floats
    fps: float
    aspect: float
    handedness: float


class Recordings:
    """A bounded number of processes, started when the first recording comes."""

    def __init__(self, bounds: Serve, folders: Sequence[Path]) -> None:
        self._bounds, self._folders = bounds, folders
        self._found: dict[str, dict[str, Path]] = {}  # bundles by points, once they were verified
        self._pool: ProcessPool | None = None
        self._at_work = 0

    def close(self) -> None:
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()

    async def read(self, kind: Kind, content: bytes, takes: Takes) -> Clips:
        """Returns the clip of a recording, of the points that a model takes.

        Raises: ProblemError 422 for what is no recording, 415 where no detector is installed, 503 at too many.
        """
        if self._at_work >= WAITING * self._bounds.detectors:
            raise busy(f"{self._at_work} recordings are looked at already.", seconds=5)
        points = takes.form.name
        self._at_work += 1
        try:
            found = {} if kind == "pose" else await asyncio.to_thread(self._bundles, points)
            job = Job(kind=kind, content=content, detection=self._detection(kind, points), bundles=found)
            seen = await self._looked_at(job)
        finally:
            self._at_work -= 1
        if isinstance(seen, Failure):
            raise ProblemError(422, f"the {kind}: {seen.reason}")
        return checked(seen.values[None], takes, fps=seen.fps, aspect=seen.aspect, handedness=seen.handedness)

    def _detection(self, kind: Kind, points: str) -> Detection:
        usual = DETECTION["image" if kind == "image" else "video"]
        hands = 2 if points == "holistic" else usual.num_hands
        return usual.model_copy(update={"points": points, "num_hands": hands, "max_frames": self._bounds.max_frames})

    def _bundles(self, points: str) -> dict[str, Path]:
        if points not in self._found:
            names = bundles.needed(DETECTION["image"].model_copy(update={"points": points}))
            try:
                self._found[points] = bundles.found(names, self._folders)
            except InputError as error:
                log.warning("%s", error)
                why = f"pictures are not looked at here: MediaPipe's bundles ({', '.join(names)}) are not installed"
                raise ProblemError(415, f"{why}. Run `signloop assets fetch` there, or send landmarks.") from None
        return self._found[points]

    async def _looked_at(self, job: Job) -> Seen | Failure:
        limit_s = self._bounds.detect_timeout_s
        try:
            return await asyncio.wrap_future(self._scheduled(job))
        except TimeoutError:
            return Failure("timed out", f"it was not done after {limit_s:g} s. Send a shorter or smaller one.")
        except ProcessExpired as error:
            log.warning("looking at a %s ended its process (%s)", job.kind, error)
            return Failure("crashed", "what looked at it crashed. Send it in another format.")

    def _scheduled(self, job: Job) -> "Future[Seen | Failure]":
        if self._pool is None or not self._pool.active:
            self._pool = ProcessPool(
                self._bounds.detectors,
                max_tasks=RENEWED_AFTER,
                initializer=_begin,
                context=multiprocessing.get_context("spawn"),  # what is forked amid threads may hang
            )
        return self._pool.schedule(look, args=(job,), timeout=self._bounds.detect_timeout_s)


def kind_of(media_type: str) -> Kind | None:
    """Returns what a content type is of those that are looked at, if any."""
    family = media_type.partition("/")[0]
    if family == "image" and media_type != "image/svg+xml":
        return "image"
    return "video" if family == "video" else "pose" if media_type == POSE else None


def look(job: Job) -> Seen | Failure:
    """Looks at one recording; called in a process of its own."""
    with _lying(job.content) as path:
        try:
            return _pose(path, job.detection.points) if job.kind == "pose" else _pictures(path, job)
        except InputError as error:
            return Failure("corrupt", str(error).replace(f"'{path}'", "it"))
        except Exception:  # of a library that read a stranger's file: it has said enough
            log.exception("a %s could not be read", job.kind)
            return Failure("corrupt", f"it is no whole {job.kind} file. Save it again.")


def _pictures(path: Path, job: Job) -> Seen | Failure:
    from pipeline.detect.clip import clip, picture

    found = (picture if job.kind == "image" else clip)(path, job.detection, job.bundles)
    if not isinstance(found, Detected):
        return found
    return Seen(values=found.values, fps=found.fps, aspect=found.aspect, handedness=found.handedness)


def _pose(path: Path, points: str) -> Seen:
    """Reads a .pose file; where one hand is asked for, the one that more is seen of."""
    from pipeline.sources.pose_files import read_clip

    clip = read_clip(path)
    values, handedness = clip.values, float("nan")
    if points == "hand":
        left, right = (values[:, skeleton("holistic").part(part)] for part in ("left_hand", "right_hand"))
        is_right = np.isfinite(right).sum() >= np.isfinite(left).sum()
        values, handedness = (right, 1.0) if is_right else (left, 0.0)
    return Seen(values=values, fps=clip.fps, aspect=clip.aspect, handedness=handedness)


@contextmanager
def _lying(content: bytes) -> Iterator[Path]:
    """Yields a path that the content can be read from until the block ends."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("recording"), "wb") as file:
            file.write(content)
            file.flush()
            yield Path(f"/proc/self/fd/{file.fileno()}")
    else:
        with TemporaryDirectory(prefix="signloop-") as folder:
            path = Path(folder) / "recording"
            path.write_bytes(content)
            yield path


def _begin() -> None:
    """Has a process end with its parent, also where that is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
