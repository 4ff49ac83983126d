"""From what a model answers to probabilities that may be believed, and which answers are too unsure to act on.

A temperature divides the logits, so that of the answers given with 0.9 nine in ten are right; it never changes which
class is first. Chosen by `evaluate` on the validation clips (pipeline/calibrating.py), kept with each version; NumPy
alone, as the server needs it.
Source: temperature scaling, Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 4.2.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import read_json, write_json

Floats = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A temperature and a threshold; as it stands by default, it changes nothing and calls nothing uncertain.

    temperature           what logits are divided by
    threshold             confidence below which an answer is uncertain; None: none was chosen
    num_clips             answered validation clips that both were chosen on
    uncertain_share       share of these that is uncertain
    certain_accuracy      accuracy of the others
    certain_accuracy_low  lower end of its interval
    words                 how they were chosen
    """

    temperature: float = 1.0
    threshold: float | None = None
    num_clips: int = 0
    uncertain_share: float | None = None
    certain_accuracy: float | None = None
    certain_accuracy_low: float | None = None
    words: str = "not calibrated"

    def probabilities(self, logits: Floats) -> NDArray[np.float64]:
        """Returns probabilities [..., K]; in double precision, or a high temperature would make near ones equal."""
        return softmax(logits.astype(np.float64) / self.temperature)

    def uncertain(self, confidence: float) -> bool | None:
        """Tells whether an answer of this confidence is uncertain; None where nobody knows, also for NaN."""
        if self.threshold is None or confidence != confidence:
            return None
        return bool(confidence < self.threshold)

    def in_words(self) -> str:
        if self.threshold is None or self.uncertain_share is None or self.certain_accuracy is None:
            return self.words
        return (
            f"temperature {self.temperature:.3f}, uncertain below {self.threshold:.2f}: "
            f"{100 * self.uncertain_share:.1f} % of the validation answers; "
            f"{100 * self.certain_accuracy:.1f} % of the others are right ({self.words})"
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


AS_IT_IS = Calibration()  # of a version that was registered without one, and of a bare file


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def write(path: Path, calibration: Calibration) -> None:
    write_json(path, calibration.to_json())


def read(path: Path) -> Calibration:
    """Reads what `write` wrote.

    Raises: InputError naming the file when it is missing or says something else.
    """
    return from_json(read_json(path), str(path))


def from_json(fields: Any, where: str) -> Calibration:
    """Builds a calibration from its JSON; `where` names it in the error.

    Raises: InputError when a field is unknown, or a temperature or threshold is none.
    """
    try:
        made = Calibration(**fields)
        sound = 0 < made.temperature < np.inf and (made.threshold is None or 0 <= made.threshold <= 1)
    except TypeError as error:
        raise InputError(f"'{where}' is no calibration ({error}). Run `dvc repro` to evaluate again.") from None
    if not sound:
        raise InputError(
            f"'{where}': expected a temperature above 0 and a threshold from 0 to 1, got {made.temperature} and "
            f"{made.threshold}. Run `dvc repro` to evaluate again."
        )
    return made
