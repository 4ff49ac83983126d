"""The model that the demo asks: Production's, a registered version's, or a file's."""

from pathlib import Path

from flows.demo.recognising import Recognizer, Stateful, Windowed
from pipeline import contract as contracts
from pipeline.errors import InputError
from pipeline.predictor import Predictor
from pipeline.stream import Stream
from registry.load import load
from registry.store import Store


def registered(
    track: str, *, version: int | None, store: Store, stateful: bool, window_s: float | None
) -> tuple[Recognizer, str]:
    """Opens a version of a track, the one in Production by default; returns its name too."""
    loaded = load(track, version=version, store=store)
    name = f"{track} version {loaded.version}"
    if stateful:
        return Stateful(stream=loaded.stream()), name
    return Windowed(predictor=loaded.predictor, window_s=window_s), name


def of_file(path: Path, *, stateful: bool, window_s: float | None) -> tuple[Recognizer, str]:
    """Opens a model file; one step of a model with a memory is stateful without being told.

    Raises: InputError where a memory is asked of a file that has none.
    """
    kind = contracts.read(path).kind if path.suffix == ".onnx" else "clip"
    if kind == "step":
        return Stateful(stream=Stream.open(path)), str(path)
    if stateful:
        raise InputError(
            f"'{path}' answers whole clips. Give the step.onnx of a model with a memory (`strm`), or leave --stateful."
        )
    return Windowed(predictor=Predictor.open(path), window_s=window_s), str(path)
