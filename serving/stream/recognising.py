"""A version before a stream of frames: with its own memory, or on the last seconds again and again."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.calibration import Calibration
from pipeline.stream import Steps
from pipeline.window import MOVEMENT_S, RATE_FRAMES, rate, shows_hand, usual_window_s
from serving.answering.served import Served
from serving.bodies.clips import Clips
from serving.bodies.takes import Takes
from serving.stream.messages import Frame, Picture
from serving.stream.stepping import Stepping

MAX_FRAMES = 512  # that are remembered at most, however fast they come
HOP_MS = 100  # between two looks at a window, where nobody says otherwise

Probabilities = NDArray[np.float64]  # [K]
Ask = Callable[[Clips], Awaitable[Probabilities | None]]  # of one clip; None: there is too much to do


class Recognizer(Protocol):
    """Looks at frames; `reset` forgets those before."""

    picture: Picture

    async def push(self, frame: Frame) -> dict[str, float] | None:
        """Returns each class's probability, nothing where no hand is seen; None: this frame was not answered."""
        ...

    def clip(self) -> Clips:
        """Returns the frames that the last answer rests on."""
        ...

    def reset(self) -> None: ...


@dataclass(kw_only=True)
class _Frames:
    """The frames of the last `seconds`."""

    takes: Takes
    seconds: float
    frames: deque[Frame] = field(default_factory=lambda: deque(maxlen=MAX_FRAMES))

    def push(self, frame: Frame) -> None:
        self.frames.append(frame)
        while frame.time_s - self.frames[0].time_s > self.seconds:
            self.frames.popleft()

    def clip(self, picture: Picture) -> Clips:
        return Clips(
            takes=self.takes,
            values=np.stack([frame.values for frame in self.frames])[None],
            columns={
                "aspect": np.array([picture.aspect], np.float32),
                "fps": np.array([self.fps(picture)], np.float32),
                "handedness": np.array([picture.handedness], np.float32),
            },
        )

    def fps(self, picture: Picture, last: int = MAX_FRAMES) -> float:
        """Returns how fast the last frames came: those that were lost on the way did not."""
        measured = rate([frame.time_s for frame in list(self.frames)[-last:]])
        return picture.fps if np.isnan(measured) else measured


class Windowed:
    """Asks for the clip of the last seconds, once every hop; a frame without a hand needs nobody's answer."""

    def __init__(self, served: Served, picture: Picture, ask: Ask, *, window_s: float | None, hop_s: float) -> None:
        self.picture = picture
        self._contract, self._ask, self._hop_s = served.contract, ask, hop_s
        seconds = usual_window_s(served.contract) if window_s is None else window_s
        self._frames = _Frames(takes=served.takes, seconds=seconds)
        self._asked_s = -inf

    async def push(self, frame: Frame) -> dict[str, float] | None:
        self._frames.push(frame)
        if not shows_hand(frame.values, self._contract.form):
            return {}
        if frame.time_s - self._asked_s < self._hop_s:
            return None
        self._asked_s = frame.time_s
        probabilities = await self._ask(self.clip())
        return None if probabilities is None else _named(self._contract.class_names, probabilities)

    def clip(self) -> Clips:
        return self._frames.clip(self.picture)

    def reset(self) -> None:
        self._frames.frames.clear()
        self._asked_s = -inf


class Stateful:
    """Takes each frame through one step, whose state goes on to the next.

    hold_s  that a letter is held until it counts: with the movement before it what an answer rests on
    """

    def __init__(self, served: Served, picture: Picture, stepping: Stepping, *, hold_s: float) -> None:
        assert served.steps is not None
        self.picture = picture
        self._steps: Steps = served.steps
        self._calibration: Calibration = served.predictor.calibration
        self._stepping = stepping
        self._frames = _Frames(takes=served.takes, seconds=MOVEMENT_S + hold_s)
        self._state = self._steps.initial_state()

    async def push(self, frame: Frame) -> dict[str, float] | None:
        self._frames.push(frame)
        feeds = {
            "landmarks": frame.values[None, None],
            "aspect": np.array([self.picture.aspect], np.float32),
            "fps": np.array([self._frames.fps(self.picture, RATE_FRAMES)], np.float32),
            "handedness": np.array([self.picture.handedness], np.float32),
        }
        stepped = await self._stepping.step(self._steps, feeds, self._state)
        if not all(np.isfinite(rows).all() for rows in (stepped.logits, *stepped.state.values())):
            self.reset()  # points that no camera saw: a memory would never be rid of them
            return {}
        self._state = stepped.state
        return (
            _named(self._steps.contract.class_names, self._calibration.probabilities(stepped.logits))
            if stepped.seen
            else {}
        )

    def clip(self) -> Clips:
        return self._frames.clip(self.picture)

    def reset(self) -> None:
        self._state = self._steps.initial_state()
        self._frames.frames.clear()


def _named(names: tuple[str, ...], probabilities: Probabilities) -> dict[str, float]:
    if not np.isfinite(probabilities).all():
        return {}
    return dict(zip(names, probabilities.tolist(), strict=True))
