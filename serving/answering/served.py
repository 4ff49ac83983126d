"""One version, loaded and checked: what answers."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from pipeline.contract import Contract
from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.predictor import Device, Predictor
from pipeline.skeleton import skeleton
from pipeline.stream import Steps
from registry.load import calibration_of
from registry.store import Store
from registry.versions import ONNX, STEP, Version, files

log = logging.getLogger(__name__)
WARM = ((1, 1), (1, 32), (4, 32))  # clips, frames


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A version as it was judged last: judged anew, it may answer with another calibration, or to other people."""

    version: int
    status: str  # what its gates said
    evaluation: str  # hash


def judged(version: Version) -> Judged:
    tags = version.tags
    return Judged(
        version=version.number,
        status=tags.get("signloop.status", ""),
        evaluation=tags.get("signloop.evaluation_sha256", ""),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Served:
    """A version of a track that is ready to answer; `steps` is what a stream takes of a model with a memory."""

    track: str
    judged: Judged
    predictor: Predictor
    steps: Steps | None = None
    onnx_sha256: str = ""
    loaded_s: float = field(default_factory=perf_counter)

    @property
    def version(self) -> int:
        return self.judged.version

    @property
    def status(self) -> str:
        return self.judged.status

    @property
    def takes_company(self) -> bool:
        """Says whether an answer is the same whoever else is in the batch.

        Trap: dynamic int8 scales activations by the largest in the whole batch, so there each question goes by itself.
        """
        return self.contract.precision != "int8"

    @property
    def contract(self) -> Contract:
        return self.predictor.contract

    @property
    def points(self) -> int:
        return len(skeleton(self.contract.skeleton).points)


def load(store: Store, version: Version, *, device: Device = "cpu") -> Served:
    """Loads a version, warms it and checks that it answers.

    Raises: InputError or RegistryError that says why it is not to be served.
    """
    where = f"'{version.track}' version {version.number}"
    with files(store, version) as folder:
        found = sha256(folder / ONNX) if (folder / ONNX).exists() else "nothing"
        expected = version.tags.get("signloop.onnx_sha256", found)
        if found != expected:
            raise InputError(
                f"{where}: {ONNX} was registered with sha256 {expected[:12]}…, found {found[:12]}…. "
                f"Look at `signloop models verify`, then roll back or restore a backup."
            )
        served = Served(
            track=version.track,
            judged=judged(version),
            predictor=Predictor.open(folder / ONNX, device=device, calibration=calibration_of(store, version)),
            steps=_steps(folder / STEP),
            onnx_sha256=found,
        )
    _check(served, where)
    return served


def _steps(path: Path) -> Steps | None:
    return Steps.open(path) if path.exists() else None


def _check(served: Served, where: str) -> None:
    """Has it answer clips of several sizes, of which the last shows nobody.

    Raises: InputError when it gives none, or one of another shape than the contract says, or that is no number.
    """
    rng = np.random.default_rng(0)
    for clips, frames in WARM:
        landmarks = rng.random((clips, frames, served.points, 3), np.float32)
        landmarks[-1] = np.nan if clips > 1 else landmarks[-1]
        ones = np.ones(clips, np.float32)
        feeds = {"landmarks": landmarks, "aspect": ones, "fps": 15 * ones, "handedness": ones}
        try:
            logits, seen = served.predictor.run(feeds)
        except Exception as error:  # ONNX Runtime's own have no base class in common
            raise InputError(f"{where}: it does not answer clips of {frames} frame(s): {error}") from error
        _hold(logits, (clips, len(served.contract.class_names)), where)
        _hold(seen, (clips,), where)


def _hold(values: NDArray[np.float32], shape: tuple[int, ...], where: str) -> None:
    if values.shape != shape or not np.isfinite(values).all():
        raise InputError(
            f"{where}: expected finite answers {list(shape)} to clips of made-up points, got {list(values.shape)}"
            f"{'' if np.isfinite(values).all() else ' with NaN or infinity'}. Export it again with `dvc repro`."
        )
