"""Asks DVC for one stage at a time, in a process of its own, and passes on all that is said meanwhile.

Why a process: a stage inherits stdout and stderr from DVC, so only there can every line be caught, also a shell's or
a crash's, without bending this process' own; DVC loads while Prefect does; and when we are gone, by whatever signal,
no stage goes on writing. See docs/decisions/007.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from flows.dvc_process import MARK
from pipeline.errors import SignloopError, TransientError

Outcome = Literal["ran", "restored", "cached"]
LAST_WORDS = 15  # lines of a failed stage that go into the error, where none of them begins it


class StageError(SignloopError):
    """A stage that failed, with its own words.

    `status` is its exit status as a shell tells it (128 and the signal's number where one ended it, whether or not a
    shell stood between), None where DVC could not even start it.
    """

    def __init__(self, stage: str, words: str, status: int | None) -> None:
        self.status = 128 - status if status is not None and status < 0 else status
        super().__init__(f"{stage} failed{self._how()}: {words}")

    @property
    def transient(self) -> bool:
        return self.status == TransientError.exit_status

    def _how(self) -> str:
        if self.status is None:
            return ""
        try:
            return f" (exit status {self.status}, {signal.Signals(self.status - 128).name})"
        except ValueError:
            return f" (exit status {self.status})"


@dataclass(frozen=True)
class Planned:
    """A stage as DVC names it, and the stages whose outs it needs."""

    name: str
    needs: tuple[str, ...]

    @property
    def track(self) -> str:
        return self.name.partition("@")[2]


class AskDvc:
    """The process, as a context: it ends, and a stage that it runs with it, where the block ends or we are killed."""

    def __init__(self, root: Path, lock: int) -> None:
        """`lock` is a descriptor that stays open as long as the process lives (flows.turn)."""
        self._token = secrets.token_hex(8)
        theirs, ours = os.pipe()
        command = [sys.executable, "-m", "flows.dvc_process", str(root), str(theirs), self._token]
        self._process = subprocess.Popen(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs, lock),
            start_new_session=True,  # a group that can be killed whole; Ctrl-C reaches it through us
        )
        os.close(theirs)
        self._requests = os.fdopen(ours, "w", encoding="utf-8")

    def plan(self, tracks: list[str]) -> list[Planned]:
        """Returns all stages of the tracks, and what they need, in the order in which `dvc repro` takes them."""
        answer = self._ask({"tracks": tracks}, "dvc.yaml", lambda line: None)
        return [Planned(name, tuple(needs)) for name, needs in answer["plan"]]

    def reproduce(self, stage: str, *, say: Callable[[str], None], patience_s: float) -> Outcome:
        """Has DVC make one stage good and tells `say` each line that it prints.

        patience_s  how long to wait for another DVC that is at work

        Raises: StageError with the stage's own words.
        """
        heard: list[str] = []

        def hear(line: str) -> None:
            heard.append(line)
            say(line)

        answer = self._ask({"stage": stage, "patience_s": patience_s}, stage, hear)
        if answer["outcome"] != "failed":
            return answer["outcome"]
        if answer["busy"]:
            raise StageError(stage, f"DVC was still at work after {patience_s:.0f} s: {answer['error']}", None)
        status = answer["status"]
        raise StageError(stage, _last_words(heard) if status is not None and heard else answer["error"], status)

    def close(self) -> None:
        self._requests.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, request: dict[str, Any], about: str, say: Callable[[str], None]) -> dict[str, Any]:
        heard: list[str] = []
        try:
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
            for line in self._lines():
                before, mark, answer = line.partition(f"{MARK}{self._token}")
                if before or not mark:
                    heard.append(before)
                    say(before)
                if mark:
                    return json.loads(answer)
        except BrokenPipeError:
            pass
        words = f"DVC ended unasked (status {self._process.wait()}). {_last_words(heard)}"
        raise StageError(about, words.strip(), None)

    def _lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield line.decode("utf-8", "replace").rstrip("\r\n").rpartition("\r")[2]


def _last_words(heard: list[str]) -> str:
    """Returns what `signloop stage` said from its message on, else the last lines: a traceback, a shell's complaint."""
    begins = [number for number, line in enumerate(heard) if line.startswith("error: ")]
    words = heard[begins[-1] :] if begins else heard[-LAST_WORDS:]
    return "\n".join(words).removeprefix("error: ")
