"""Answers frame by frame: step.onnx with its state kept between the frames. NumPy and ONNX Runtime, no Torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import contract as contracts
from pipeline.calibration import AS_IT_IS, Calibration
from pipeline.contract import Contract
from pipeline.errors import InputError
from pipeline.predictor import Answer, open_session, ranked
from pipeline.skeleton import skeleton

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """One step of a recurrent model: it keeps nothing, the state goes in and comes out."""

    contract: Contract
    session: Any

    @classmethod
    def open(cls, path: Path, *, threads: int = 1) -> "Steps":
        """Opens a step.onnx.

        Raises: InputError when the file is missing, damaged, or not a step of ours.
        """
        contract, session, _ = open_session(Path(path), "step", threads)
        return cls(contract=contract, session=session)

    def initial_state(self, batch: int = 1) -> Arrays:
        return {name: np.zeros((batch, size), np.float32) for name, size in self.contract.state.items()}

    def run(self, feeds: Arrays, state: Arrays) -> tuple[NDArray[np.float32], NDArray[np.float32], Arrays]:
        """Returns logits [B, K], whether each frame was seen [B], and the next state; landmarks are [B, 1, V, 3]."""
        names = [contracts.next_state(name) for name in state]
        logits, seen, *after = self.session.run([*contracts.OUTPUTS, *names], {**feeds, **state})
        return logits, seen, dict(zip(state, after, strict=True))

    def through(self, feeds: Arrays) -> NDArray[np.float32]:
        """Returns the logits after the last frame of clips [B, T, V, 3]."""
        landmarks = feeds["landmarks"]
        state, logits = self.initial_state(len(landmarks)), np.empty(0, np.float32)
        for t in range(landmarks.shape[1]):
            logits, _, state = self.run({**feeds, "landmarks": landmarks[:, t : t + 1]}, state)
        return logits


@dataclass(kw_only=True)
class Stream:
    """One signer before one camera: `push` frames as they come, `reset` between signs.

    aspect      picture width / height
    fps         frames per second, NaN unknown (then 15); a frame that is lost is pushed as NaN, so that time goes on
    handedness  1 right, 0 left, NaN unknown
    """

    steps: Steps
    calibration: Calibration = AS_IT_IS
    aspect: float = 1.0
    fps: float = float("nan")
    handedness: float = float("nan")
    state: Arrays = field(init=False)
    known: bool = field(init=False)

    def __post_init__(self) -> None:
        if not 0 < self.aspect < np.inf:
            raise InputError(f"aspect: expected picture width / height above 0, got {self.aspect}.")
        self.reset()

    @classmethod
    def open(cls, path: Path, *, calibration: Calibration = AS_IT_IS, **picture: float) -> "Stream":
        """Opens a step.onnx, with `aspect`, `fps` and `handedness` by name.

        Raises: InputError when the file is missing, damaged, or not a step of ours.
        """
        return cls(steps=Steps.open(path), calibration=calibration, **picture)

    def reset(self) -> None:
        """Forgets all frames."""
        self.state, self.known = self.steps.initial_state(), False

    def push(self, frame: Any, *, top: int = 3) -> Answer:
        """Answers after one more frame [V, 3]; a frame without a hand repeats the former answer, with `seen` 0."""
        contract = self.steps.contract
        points = len(skeleton(contract.form).points)
        landmarks = np.asarray(frame, np.float32)
        if landmarks.shape != (points, 3) or np.isinf(landmarks).any():
            raise InputError(f"expected a frame [{points}, 3] of finite numbers or NaN, got {list(landmarks.shape)}.")
        picture = {name: np.array([getattr(self, name)], np.float32) for name in contract.inputs[1:]}
        logits, seen, self.state = self.steps.run({"landmarks": landmarks[None, None], **picture}, self.state)
        self.known |= bool(seen[0] > 0)
        probabilities = self.calibration.probabilities(logits)[0]
        return ranked(contract, probabilities, float(seen[0]), self.calibration, top=top, known=self.known)
