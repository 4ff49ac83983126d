"""A model before a stream of frames: with its own memory, or on the last frames again and again."""

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.contract import Contract
from pipeline.predictor import Answer, Predictor
from pipeline.stream import Stream
from pipeline.window import RATE_FRAMES, rate, shows_hand, usual_window_s


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One frame for a model: landmarks [V, 3] as recorded, NaN where not seen; handedness as in Predictor.predict."""

    values: NDArray[np.float32]
    time_s: float
    aspect: float
    handedness: float


class Recognizer(Protocol):
    """Answers after each frame; `reset` forgets those before."""

    @property
    def contract(self) -> Contract: ...

    def push(self, seen: Seen) -> dict[str, float]:
        """Returns each class's probability; nothing where this frame shows no hand."""
        ...

    def reset(self) -> None: ...


@dataclass(kw_only=True)
class Windowed:
    """Answers for the clip of the last seconds."""

    predictor: Predictor
    window_s: float | None = None  # None: by what the model is made for
    frames: deque[Seen] = field(default_factory=deque)

    @property
    def contract(self) -> Contract:
        return self.predictor.contract

    def push(self, seen: Seen) -> dict[str, float]:
        window_s = usual_window_s(self.contract) if self.window_s is None else self.window_s
        self.frames.append(seen)
        while seen.time_s - self.frames[0].time_s > window_s:
            self.frames.popleft()
        if not shows_hand(seen.values, self.contract.form):
            return {}
        answer = self.predictor.predict(
            np.stack([frame.values for frame in self.frames]),
            aspect=seen.aspect,
            fps=rate([frame.time_s for frame in self.frames]),
            handedness=seen.handedness,
            top=len(self.contract.class_names),
        )
        assert isinstance(answer, Answer)  # of one clip
        return dict(answer.top)

    def reset(self) -> None:
        self.frames.clear()


@dataclass(kw_only=True)
class Stateful:
    """Answers from step.onnx, whose state goes from frame to frame."""

    stream: Stream
    times_s: deque[float] = field(default_factory=lambda: deque(maxlen=RATE_FRAMES))

    @property
    def contract(self) -> Contract:
        return self.stream.steps.contract

    def push(self, seen: Seen) -> dict[str, float]:
        self.stream.aspect, self.stream.handedness = seen.aspect, seen.handedness
        self.times_s.append(seen.time_s)
        self.stream.fps = rate(self.times_s)
        answer = self.stream.push(seen.values, top=len(self.contract.class_names))
        return dict(answer.top) if answer.seen > 0 else {}

    def reset(self) -> None:
        self.stream.reset()
