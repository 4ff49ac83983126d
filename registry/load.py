"""A registered model, ready to answer: `from registry import load; load("letters").predict(x)`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from registry.store import Store, find_store

if TYPE_CHECKING:
    from pipeline.calibration import Calibration
    from pipeline.contract import Contract
    from pipeline.predictor import Predictor
    from pipeline.stream import Stream
    from registry.versions import Version


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A predictor that knows which version it is."""

    track: str
    version: int
    predictor: "Predictor"
    store: Store

    @property
    def contract(self) -> "Contract":
        return self.predictor.contract

    def predict(self, x: Any, **picture: Any) -> Any:
        """Answers as `Predictor.predict` does, with its keywords."""
        return self.predictor.predict(x, **picture)

    def stream(self, **picture: float) -> "Stream":
        """Opens the same version frame by frame, with the keywords of `Stream`.

        Raises: InputError when the model is not a recurrent one.
        """
        from pipeline.stream import Stream
        from registry.versions import STEP, files, named

        if not self.contract.state:
            raise InputError(
                f"'{self.track}' version {self.version} is '{self.contract.model}', which has no memory: use `predict`."
            )
        with files(self.store, named(self.store, self.track, number=self.version), STEP) as path:
            return Stream.open(path, calibration=self.predictor.calibration, **picture)


def load(track: str, *, version: int | None = None, alias: str = "production", store: Store | None = None) -> Loaded:
    """Loads a version by number, else by alias, from the given store or the one found from here.

    Raises: InputError that lists what exists, RegistryError when the store cannot be reached.
    """
    from pipeline.predictor import Predictor
    from registry.versions import ONNX, files, named

    store = store or find_store()
    found = named(store, track, alias=alias, number=version)
    with files(store, found, ONNX) as path:
        predictor = Predictor.open(path, calibration=calibration_of(store, found))
        return Loaded(track=track, version=found.number, predictor=predictor, store=store)


def calibration_of(store: Store, version: "Version") -> "Calibration":
    """Reads what a version's probabilities are made with; a version that was registered without is left as it is.

    Raises: RegistryError when the file that its tags speak of is lost.
    """
    from pipeline import calibration
    from registry.versions import CALIBRATION_FILE, files

    if version.calibration is None:
        return calibration.AS_IT_IS
    with files(store, version, CALIBRATION_FILE) as path:
        return calibration.read(path)
