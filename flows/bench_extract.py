"""Frames a second from recordings: two of our processes beside the loop that one would write, in one run.

The detectors take as long as what they find asks for, so that the recordings show hands and people.
"""

import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from flows import bench_recordings as recordings
from flows.bench_recordings import FPS, HEIGHT, WIDTH
from pipeline.params import Detection

Row = tuple[str, str]
WORKERS = 2
CLIPS, FRAMES = 10, 100  # distinct recordings, and pictures in each
ROUNDS = 5  # over all of them, by our processes


class Job(NamedTuple):
    file: Path
    detection: Detection
    bundles: dict[str, Path]


class Worked(NamedTuple):
    """One clip's frames, and how large its process had become."""

    frames: int
    process: int
    rss: int


def figures(material: recordings.Material) -> Iterator[Row]:
    """Yields frames a second of both, and the memory of ours."""
    with TemporaryDirectory() as folder:
        files = [recordings.record(Path(folder) / f"{n}.mp4", material.photos[n::CLIPS], FRAMES) for n in range(CLIPS)]
        yield from compare([Job(file, Detection(), material.bundles) for file in files], ROUNDS)


def compare(jobs: Sequence[Job], rounds: int) -> Iterator[Row]:
    """Half of the plain loop comes before our processes and half after: other work on the machine disturbs both."""
    half = len(jobs) // 2
    before, ours, after = plain(jobs[:half]), _ours([*jobs] * rounds), plain(jobs[half:])
    rate = (before.frames + after.frames) / (before.seconds + after.seconds)
    cores = (before.busy + after.busy) / (before.seconds + after.seconds)
    what = f"{before.frames + after.frames:,} frames of {WIDTH} × {HEIGHT}, two hands and the pose"
    yield f"recordings, a plain loop, one process, {what}", f"{rate:.1f} frames a second, {cores:.2f} cores busy"
    own, own_cores = ours.frames / ours.seconds, ours.busy / ours.seconds
    told = f"{own:.1f} frames a second with their start, {own_cores:.2f} cores busy: {own / rate:.2f} times as many"
    yield f"the same, {WORKERS} processes of `extract`, {ours.frames:,} frames", told
    first, last = ({worked.process: worked.rss for worked in order} for order in (ours.clips[::-1], ours.clips))
    sizes = "; ".join(f"{first[one] / 2**20:.0f}, {last[one] / 2**20:.0f} MiB" for one in sorted(first))
    yield "each process after its first clip, after its last", sizes


class Took(NamedTuple):
    """busy: seconds of processor time, of us and of the processes that have ended"""

    frames: int
    seconds: float
    busy: float
    clips: list[Worked]


def plain(jobs: Sequence[Job]) -> Took:
    """Reads, looks and goes on to the next frame, with landmarkers of MediaPipe's own and nothing of ours."""
    start, busy = time.perf_counter(), _busy()
    frames = sum(_plain_clip(job) for job in jobs)
    return Took(frames, time.perf_counter() - start, _busy() - busy, [])


def _plain_clip(job: Job) -> int:
    import cv2
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    from pipeline.detect.quiet import quiet

    def options(kind: Any, bundle: str, **more: Any) -> Any:
        base = BaseOptions(model_asset_path=str(job.bundles[bundle]))
        return kind(base_options=base, running_mode=vision.RunningMode.VIDEO, **more)

    frames, video = 0, cv2.VideoCapture(str(job.file))
    with ExitStack() as opened:
        with quiet():
            hand = options(vision.HandLandmarkerOptions, "hand_landmarker", num_hands=job.detection.num_hands)
            hands = opened.enter_context(vision.HandLandmarker.create_from_options(hand))
            body = options(vision.PoseLandmarkerOptions, "pose_landmarker")
            pose = opened.enter_context(vision.PoseLandmarker.create_from_options(body))
        while (read := video.read())[0]:
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
            timestamp_ms = frames * 1000 // FPS
            hands.detect_for_video(image, timestamp_ms)
            pose.detect_for_video(image, timestamp_ms)
            frames += 1
    video.release()
    return frames


def _ours(jobs: Sequence[Job]) -> Took:
    from flows.executors.processes import Processes

    start, busy = time.perf_counter(), _busy()
    clips = [worked for _, worked in Processes(WORKERS).run(work, jobs)]
    assert all(isinstance(worked, Worked) for worked in clips), clips
    done = [worked for worked in clips if isinstance(worked, Worked)]
    return Took(sum(worked.frames for worked in done), time.perf_counter() - start, _busy() - busy, done)


def work(job: Job) -> Worked:
    """Does what `extract` does with one recording."""
    import psutil  # DVC brings it

    from pipeline.detect.clip import clip
    from pipeline.detect.detected import Failure

    detected = clip(job.file, job.detection, job.bundles)
    assert not isinstance(detected, Failure), detected
    process = psutil.Process()
    return Worked(len(detected.values), process.pid, process.memory_info().rss)


def _busy() -> float:
    """Returns the processor time of this process and of the children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)
