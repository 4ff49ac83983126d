"""Where clips are looked at: executor, bundles, the folder of finished clips, and who is told; `flows` furnishes it.

One clip is one job. What an executor brings back is kept at once, so that a kill loses the clips in flight alone; what
is finished already is read and not looked at again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.detect import bundles
from pipeline.detect.detected import Detected, Failure
from pipeline.detect.executor import Executor, InThisProcess
from pipeline.detect.extractor import digest, extractor
from pipeline.detect.finished import Finished
from pipeline.params import Detection


@dataclass(frozen=True, kw_only=True)
class Job:
    """One clip to look at: what a worker needs to know, also on another machine."""

    file: Path
    content: str  # sha256 of the file
    detection: Detection
    bundles: dict[str, Path]
    picture: bool = False  # one photograph, and no video
    start: float | None = None  # seconds
    end: float | None = None

    @property
    def key(self) -> str:
        """Names what is looked at, whatever the file is called."""
        return digest([self.content, self.picture, self.start, self.end])


Look = Callable[[Job], Detected | Failure]


@dataclass(frozen=True, kw_only=True)
class Done:
    """One more clip was looked at; what was finished before is not told, but counted."""

    job: Job
    result: Detected | Failure
    done: int  # of `total`, this one too
    total: int  # that were to be looked at
    finished: int  # before, which were only read


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one clip of a list: all that a report needs to know of it."""

    id: str
    label: str
    group: str
    file: Path
    start: float | None = None
    end: float | None = None
    detected: Detected | None = None
    failure: Failure | None = None  # why it is left out; "too short" and "nothing seen" have `detected` as well
    copy_of: str = ""  # id of an earlier clip of the same content


def look(job: Job) -> Detected | Failure:
    """Looks at one clip; the detector is imported where this runs."""
    from pipeline.detect.clip import clip, picture

    if job.picture:
        return picture(job.file, job.detection, job.bundles)
    return clip(job.file, job.detection, job.bundles, start=job.start, end=job.end)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What is needed to look at clips.

    bundles   {name: file} of the detectors that the parameters ask for
    finished  the folder of finished clips; None: nothing is kept
    progress  is told each clip as it ends
    report    is told all outcomes once, also when the run is about to fail
    look      looks at one clip
    """

    executor: Executor = field(default_factory=InThisProcess)
    bundles: dict[str, Path]
    finished: Path | None = None
    progress: Callable[[Done], None] = lambda done: None
    report: Callable[[Sequence[Outcome]], None] = lambda outcomes: None
    look: Look = look

    def extractor(self, detection: Detection) -> dict[str, Any]:
        """Describes what looks at clips.

        Raises: InputError when a bundle is not the pinned one.
        """
        for name, file in self.bundles.items():
            bundles.verify(name, file)
        return extractor(detection, self.bundles)

    def results(self, jobs: Sequence[Job], *, timeout_s: float) -> list[Detected | Failure]:
        """Returns what is seen in each clip, in order; clips of one content are looked at once."""
        if not jobs:
            return []
        kept = Finished(self.finished, self.extractor(jobs[0].detection)["hash"])
        found: dict[str, Detected | Failure] = {}
        new: dict[str, Job] = {}
        for job in jobs:
            if (known := found.get(job.key) or kept.read(job.key)) is not None:
                found[job.key] = known
            else:
                new[job.key] = job
        order, before = list(new), len(found)
        for number, result in self.executor.run(self.look, list(new.values()), timeout_s=timeout_s):
            key = order[number]
            found[key] = kept.write(key, result) if isinstance(result, Detected) else result
            done = len(found) - before
            self.progress(Done(job=new[key], result=found[key], done=done, total=len(new), finished=before))
        return [found[job.key] for job in jobs]
