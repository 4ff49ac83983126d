"""Answers from a model file: ONNX Runtime for what is served, Torch for our own weights.

Evaluation, the registry and the command line all score through here, so they cannot disagree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline import contract as contracts
from pipeline.calibration import AS_IT_IS, Calibration
from pipeline.contract import Contract
from pipeline.errors import InputError
from pipeline.form import form as named
from pipeline.samples import Samples, from_clips

if TYPE_CHECKING:
    from pipeline.models.recognizer import Recognizer

Device = Literal["auto", "cpu", "cuda"]
Run = Callable[[dict[str, NDArray[np.float32]]], tuple[NDArray[np.float32], NDArray[np.float32]]]
MAX_FRAMES_A_BATCH = 16_384


@dataclass(frozen=True)
class Answer:
    """One clip's answer; `score` is the label's probability, NaN where no hand was seen."""

    label: str
    score: float
    top: tuple[tuple[str, float], ...]
    seen: float  # share of frames with a hand
    uncertain: bool | None = None  # below the calibration's threshold; None where there is none, or no hand


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A loaded model with its contract, and the calibration of what it answers."""

    contract: Contract
    engine: str
    run: Run
    calibration: Calibration = AS_IT_IS

    @classmethod
    def open(
        cls, path: Path, *, threads: int = 1, device: Device = "cpu", calibration: Calibration = AS_IT_IS
    ) -> "Predictor":
        """Opens an .onnx file, or weights that `train` wrote (.safetensors, or their folder).

        Raises: InputError when the file is missing, damaged, or not one of ours.
        """
        path = Path(path)
        if path.is_dir() or path.suffix == ".safetensors":
            return replace(_open_torch(path), calibration=calibration)
        if path.suffix != ".onnx":
            raise InputError(f"'{path}': expected .onnx, .safetensors or a model folder. Pickled weights are not read.")
        return replace(_open_onnx(path, threads, device), calibration=calibration)

    def scores(self, samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Returns probabilities [N, K] and the share of frames with a hand [N]; uniform where there is none."""
        logits, seen = self.logits(samples)
        return self.calibration.probabilities(logits), seen

    def logits(self, samples: Samples) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Returns what the model itself answers [N, K], and the share of frames with a hand [N]."""
        if samples.form != self.contract.form:
            raise InputError(f"the model reads samples of '{self.contract.form}', these are of '{samples.form}'.")
        if samples.row != self.contract.shape:
            raise InputError(f"the model reads rows of {self.contract.shape}, the samples hold {samples.row}.")
        logits = np.empty((len(samples), len(self.contract.class_names)), np.float32)
        seen = np.empty(len(samples), np.float32)
        for batch in _by_length(samples.lengths):
            logits[batch], seen[batch] = self.run(inputs(samples, batch))
        return logits, seen

    def predict(
        self, x: Any, *, aspect: float = 1.0, fps: float = np.nan, handedness: float = np.nan, top: int = 3
    ) -> Answer | list[Answer]:
        """Answers for one row [V, C], one sample [T, V, C], a batch [B, T, V, C], or a list of samples.

        A row is a frame of points [V, 3], a bitmap [H, W], or a step of a series; of the latter C may be left out.
        Coordinates are as MediaPipe gives them, normalised by picture width and height; NaN is not seen.
        `aspect` is picture width / height, `handedness` 1 right, 0 left, NaN unknown; each holds for all clips.
        """
        if not 0 < aspect < np.inf:
            raise InputError(f"aspect: expected picture width / height above 0, got {aspect}.")
        clips, single = _as_clips(x, self.contract)
        count = range(len(clips))
        samples = from_clips(
            clips,
            target=[0 for _ in count],
            group=["" for _ in count],
            ids=[str(i) for i in count],
            fps=fps,
            aspect=aspect,
            handedness=handedness,
            class_names=self.contract.class_names,
            form=self.contract.form,
        )
        answers = self.answers(samples, top=top)
        return answers[0] if single else answers

    def answers(self, samples: Samples, *, top: int = 3) -> list[Answer]:
        """Answers for each clip of a store."""
        answers = []
        for row, seen in zip(*self.scores(samples), strict=True):
            answers.append(ranked(self.contract, row, float(seen), self.calibration, top=top, known=bool(seen > 0)))
        return answers


def ranked(
    contract: Contract,
    probabilities: NDArray[np.float64],
    seen: float,
    calibration: Calibration,
    *,
    top: int,
    known: bool,
) -> Answer:
    """Returns the answer that calibrated probabilities give; the form's word for nothing where nothing is known."""
    names = contract.class_names
    best = np.argsort(-probabilities, kind="stable")[:top]
    order = tuple((names[k], float(probabilities[k])) for k in best) if known else ()
    label, score = order[0] if order else (contract.nothing, float("nan"))
    return Answer(label, score, order, seen, calibration.uncertain(score))


def inputs(samples: Samples, batch: NDArray[np.integer]) -> dict[str, NDArray[np.float32]]:
    """Gathers samples of one length as a model's inputs, in the form's order."""
    form, length = named(samples.form), int(samples.lengths[batch[0]])
    rows = samples.offsets[batch][:, None] + np.arange(length)
    columns = {name: getattr(samples, name)[batch] for name in form.columns}
    return {form.values: form.feed(samples.values[rows]), **columns}


def _by_length(lengths: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Groups clips of equal length, so that no clip is padded."""
    batches = []
    for length in np.unique(lengths):
        members = np.flatnonzero(lengths == length)
        size = max(1, MAX_FRAMES_A_BATCH // max(1, int(length)))
        batches += [members[i : i + size] for i in range(0, len(members), size)]
    return batches


def _as_clips(x: Any, contract: Contract) -> tuple[Sequence[NDArray[Any]], bool]:
    """Brings what people pass into a list of [T, V, C]; says whether it was a single sample."""
    form, row = named(contract.form), contract.shape
    expected = f"expected [{'frames' if form.lasts else '1'}, {', '.join(map(str, row))}]"
    try:
        if isinstance(x, list | tuple) and x and all(np.ndim(clip) == len(form.axes) - 1 for clip in x):
            clips, single = [form.rows(np.asarray(clip, np.float32)) for clip in x], False
        else:
            array = form.rows(np.asarray(x, np.float32))
            single = array.ndim <= 3
            clips = [array[None]] if array.ndim == 2 else list(array) if array.ndim == 4 else [array]
    except (TypeError, ValueError) as error:
        raise InputError(f"{expected} of numbers, or a list of such clips, got {type(x).__name__}: {error}") from None
    if not clips:
        raise InputError(f"{expected}, or several clips, got none.")
    for i, clip in enumerate(clips):
        if clip.ndim != 3 or clip.shape[1:] != row or len(clip) == 0 or (len(clip) > 1 and not form.lasts):
            raise InputError(f"clip {i}: {expected}, got {list(clip.shape)}.")
        if np.isinf(clip).any():
            raise InputError(f"clip {i}: has an infinite value. Mark what was not seen as NaN.")
        if form.dtype == "uint8" and not ((clip >= 0) & (clip <= 255)).all():
            raise InputError(f"clip {i}: expected {form.words}, got values outside of 0 to 255, or NaN.")
    return clips, single


def open_session(path: Path, kind: str, threads: int, device: Device = "cpu") -> tuple[Contract, Any, str]:
    """Opens an ONNX file of ours: its contract, a session, and the engine's name.

    Raises: InputError when the file is damaged, not one of ours, or of the other kind.
    """
    import onnxruntime as ort

    contract = contracts.read(path)
    if contract.kind != kind:
        use = "Stream.open" if contract.kind == "step" else "Predictor.open"
        raise InputError(f"'{path}': expected the file of a {kind}, got that of a {contract.kind}. Use {use}.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(str(path), options, providers=_providers(device))
    except Exception as error:  # ONNX Runtime's own have no base class in common
        raise InputError(f"'{path}': ONNX Runtime refuses it ({error}). Export it again with `dvc repro`.") from None
    return contract, session, f"ONNX Runtime {ort.__version__}"


def _providers(device: Device) -> list[str]:
    """Returns what ONNX Runtime computes on: a GPU where that is asked for, or is there and anything may be taken.

    Raises: InputError where there is none.
    """
    import onnxruntime as ort

    cuda = "CUDAExecutionProvider"
    if device == "cuda" and cuda not in ort.get_available_providers():
        raise InputError("device: this ONNX Runtime has no CUDA. Install onnxruntime-gpu in its place, or say cpu.")
    wanted = device in ("auto", "cuda") and cuda in ort.get_available_providers()
    return [*([cuda] if wanted else []), "CPUExecutionProvider"]


def _open_onnx(path: Path, threads: int, device: Device) -> Predictor:
    contract, session, engine = open_session(path, "clip", threads, device)
    used = [node.name for node in session.get_inputs()]  # what the graph does not read, the export leaves out

    def run(feeds: dict[str, NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        wanted = [contracts.OF_OBJECTIVE[contract.objective], "seen"]
        values, seen = session.run(wanted, {name: feeds[name] for name in used})
        return values, seen

    return Predictor(contract=contract, engine=engine, run=run)


def _open_torch(path: Path) -> Predictor:
    import torch

    from pipeline.models import weights

    trained = weights.load(path)
    contract = Contract(
        track="",
        model=trained.config.name,
        features=trained.config.features,
        form=trained.form,
        row=trained.row,
        class_names=trained.class_names,
    )

    return Predictor(contract=contract, engine=f"PyTorch {torch.__version__}", run=torch_run(trained.recognizer))


def torch_run(recognizer: "Recognizer") -> Run:
    """Returns what answers as Torch does, without a file."""
    import torch

    def run(feeds: dict[str, NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with torch.inference_mode():
            logits, seen = recognizer(*map(torch.from_numpy, feeds.values()))
        return logits.numpy(), seen.numpy()

    return run
