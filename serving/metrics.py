"""What the server counts, for Prometheus.

With several workers each counts into files of one folder, and whichever is asked sums up all of them; so what is no
count but a state is set anew at each look at the registry. Trap: Prometheus' client takes that folder from
PROMETHEUS_MULTIPROC_DIR as it is imported, and from nowhere else.
"""

import os
import re
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from serving.answering.questions import Question, Reply

if TYPE_CHECKING:
    from serving.answering.host import Host

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CLIPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
VERSION = ("track", "role", "version")


class Metrics:
    """Counts of one process, in a registry of their own.

    shared          folder that several processes count in; None: there is one
    streams         that are open; who opens one counts it
    frames, dropped frames of streams: all that came, and those that nobody had time for
    """

    def __init__(self, shared: Path | None = None) -> None:
        self.registry, self._shared = CollectorRegistry(), shared
        own = {"registry": self.registry, "namespace": "signloop"}
        asked, total, most = ("route", "method", "status"), "livesum", "livemax"
        self._requests = Counter("requests", "Requests that ended; status 0: whoever asked had gone", asked, **own)
        self._took = Histogram("request_seconds", "Of a request, as a whole", ("route",), buckets=SECONDS, **own)
        help = "From a question to its answer being told: queue, model and log"
        self._answers = Histogram("answer_seconds", help, VERSION, buckets=SECONDS, **own)
        self._failures = Counter(
            "failures", "Questions without an answer, or whose answer is not logged", VERSION, **own
        )
        self._batches = Histogram("batch_clips", "Clips that were answered together", ("track",), buckets=CLIPS, **own)
        help = "From a model's answer to its being on disk: figures, queue and commit"
        self._logged = Histogram("log_wait_seconds", help, buckets=SECONDS, **own)
        self._commits = Counter("log_commits", "Commits of the prediction log", **own)
        self.frames = Counter("frames", "Frames that came over streams", **own)
        self.dropped = Counter("frames_dropped", "Frames that nobody had time for", **own)
        self.streams = Gauge("streams_open", "Streams that are open", multiprocess_mode=total, **own)
        self._waiting = Gauge("clips_waiting", "Clips that wait for a thread", multiprocess_mode=total, **own)
        self._unlogged = Gauge("log_waiting", "Predictions that wait to be logged", multiprocess_mode=total, **own)
        help = "Since the registry was first asked in vain; 0: it answers"
        self._away = Gauge("registry_away_seconds", help, multiprocess_mode=most, **own)
        help = "1: it stands in this place, 0: it stood there"
        self._versions = Gauge("version_serving", help, (*VERSION, "model"), multiprocess_mode=most, **own)
        help = "Versions that failed their check, and that the registry names"
        self._refused = Gauge("versions_refused", help, ("track",), multiprocess_mode=most, **own)
        info = Gauge("build_info", "1, with the version of this program", ("version",), multiprocess_mode=most, **own)
        info.labels(version("signloop")).set(1)
        self._asked: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._standing: set[tuple[str, ...]] = set()
        self._told_commits = 0
        self._looking = Lock()
        if shared is None:
            ProcessCollector(registry=self.registry)  # memory, processor and files of this process

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts a request; a stream's length is no time that anybody waits."""
        what = (route, method, status)
        if what not in self._asked:  # to look children up costs as much as to count
            self._asked[what] = (self._requests.labels(route, method, str(status)), self._took.labels(route))
        count, took = self._asked[what]
        count.inc()
        if method != "WS":
            took.observe(seconds)

    def batch(self, track: str, clips: int) -> None:
        self._batches.labels(track).observe(clips)

    def ended(self, question: Question, ended: Reply | BaseException, seconds: float, *, logged: bool) -> None:
        """Counts a question that was answered `seconds` after it came, or was not."""
        who = (question.served.track, question.role, str(question.served.version))
        if isinstance(ended, BaseException):
            self._failures.labels(*who).inc()
            return
        self._answers.labels(*who).observe(seconds)
        if logged:
            self._logged.observe(max(0.0, seconds - ended.latency_ms / 1000))

    def look(self, host: "Host") -> None:
        """Sets what is no count to what it is now; called by whoever follows the registry, and whoever is asked."""
        with self._looking:
            self._look(host)

    def _look(self, host: "Host") -> None:
        self._waiting.set(host.runners.num_waiting)
        self._away.set(host.following.away_s)
        if host.journal:
            self._unlogged.set(host.journal.num_waiting)
            self._commits.inc(host.journal.num_commits - self._told_commits)
            self._told_commits = host.journal.num_commits
        standing = set()
        for track, lineup in host.lineups.items():
            self._refused.labels(track).set(len(lineup.refused))
            for served in lineup.standing:
                role = {id(lineup.production): "production", id(lineup.candidate): "candidate"}.get(
                    id(served), "pinned"
                )
                standing.add((track, role, str(served.version), served.contract.model))
        for place in self._standing | standing:
            self._versions.labels(*place).set(place in standing)
        self._standing |= standing

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Returns all counts in the format that whoever asks reads, and its media type."""
        encode, media_type = choose_encoder(accept)
        registry = self.registry
        if self._shared is not None:
            _bury(self._shared)
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._shared))
        return encode(registry), media_type


def _bury(shared: Path) -> None:
    """Removes the states of processes that are no more: their streams are closed and nothing waits for them."""
    for file in shared.glob("gauge_live*.db"):
        if (number := re.search(r"_(\d+)\.db$", file.name)) and not _lives(int(number[1])):
            mark_process_dead(int(number[1]), str(shared))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
