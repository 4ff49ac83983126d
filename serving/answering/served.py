"""One version, loaded and checked: what answers."""

import logging
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import perf_counter

import numpy as np

from pipeline.contract import OF_OBJECTIVE, Contract
from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.predictor import Device, Predictor
from pipeline.stream import Steps
from registry.load import calibration_of
from registry.store import Store
from registry.versions import ONNX, STEP, Version, files
from serving.bodies.clips import Clips, checked
from serving.bodies.takes import Floats, Takes

log = logging.getLogger(__name__)
Outputs = dict[str, Floats]  # [B, …] each, by the names of the model's outputs
WARM = ((1, 1), (1, 32), (4, 32))  # clips, and the rows of each that lasts


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
    def says(self) -> str:
        """Names the output that answers: logits, forecast, reconstruction."""
        return OF_OBJECTIVE[self.contract.objective]

    @property
    def classifies(self) -> bool:
        return self.contract.objective == "classify"

    def answer(self, clips: Clips) -> Outputs:
        """Runs the model."""
        values, seen = self.predictor.run(clips.feeds())
        return {self.says: values, "seen": seen}

    @cached_property
    def takes(self) -> Takes:
        return Takes.of(self.contract)


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
    """Has it answer clips of several sizes, of which the last shows nothing.

    Raises: InputError when it gives none, or one of another shape than the contract says, or that is no number.
    """
    rng = np.random.default_rng(0)
    for count, rows in WARM:
        clips = checked(served.takes.made_up(rng, count, rows), served.takes)
        try:
            outputs = served.answer(clips)
        except Exception as error:  # ONNX Runtime's own have no base class in common
            raise InputError(f"{where}: it does not answer clips of {clips.frames} frame(s): {error}") from error
        shapes = _shapes(served, clips) | {"seen": (count,)}
        for name, shape in shapes.items():
            _hold(outputs[name], shape, where)


def _shapes(served: Served, clips: Clips) -> dict[str, tuple[int | None, ...]]:
    """Returns what shape the answer to clips has; None: as the model was made."""
    return {
        "classify": {"logits": (len(clips), len(served.contract.class_names))},
        "forecast": {"forecast": (len(clips), None, *clips.takes.width)},
        "reconstruct": {"reconstruction": clips.values.shape},
    }[served.contract.objective]


def _hold(values: Floats, shape: tuple[int | None, ...], where: str) -> None:
    fits = len(values.shape) == len(shape) and all(a in (b, None) for a, b in zip(shape, values.shape, strict=True))
    if not fits or not np.isfinite(values).all():
        expected = [size or -1 for size in shape]
        raise InputError(
            f"{where}: expected finite answers {expected} to made-up clips, got {list(values.shape)}"
            f"{'' if np.isfinite(values).all() else ' with NaN or infinity'}. Export it again with `dvc repro`."
        )
