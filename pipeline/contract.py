"""What an exported file says of itself: everything needed to use it without the repository it came from."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.errors import InputError

KEY = "signloop.contract"
SCHEMA = 1
INPUTS = ("landmarks", "aspect", "fps", "handedness")  # [B, T, V, 3], [B], [B], [B]
OUTPUTS = ("logits", "seen")  # [B, K], [B]: the share of frames in which the hand was seen
# One step of a recurrent model has T = 1, the state's tensors [B, size] as inputs by their names, zeros at first, and
# the next ones as outputs, by the names that `next_state` gives.
NO_HAND = "no hand"  # the answer to a clip without one seen frame


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Travels in the ONNX metadata under KEY, as JSON."""

    track: str
    model: str
    features: str
    skeleton: str
    class_names: tuple[str, ...]
    precision: str = "fp32"
    kind: Literal["clip", "step"] = "clip"
    state: dict[str, int] = field(default_factory=dict)  # of a recurrent model: name → size
    views: int = 1  # of a clip, whose mean is the answer
    schema: int = SCHEMA

    def dumps(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def next_state(name: str) -> str:
    """Names the output that is the next step's input of this name."""
    return f"next_{name}"


def loads(text: str | None, where: str) -> Contract:
    """Reads a contract from its metadata value.

    Raises: InputError when it is absent, damaged or of another schema.
    """
    remedy = "Export it again with `dvc repro`, or give a file that Signloop exported."
    try:
        fields = json.loads(text or "")
        if fields["schema"] != SCHEMA:
            raise InputError(f"'{where}' has contract schema {fields['schema']}, expected {SCHEMA}. {remedy}")
        return Contract(**{**fields, "class_names": tuple(fields["class_names"])})
    except (json.JSONDecodeError, KeyError, TypeError):
        raise InputError(f"'{where}' carries no readable contract ({KEY}). {remedy}") from None


def read(path: Path) -> Contract:
    """Reads the contract of an ONNX file without building a session.

    Raises: InputError naming the file.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path, load_external_data=False)
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Run `dvc repro`, or give another path.") from None
    except DecodeError:
        raise InputError(f"'{path}' is not an ONNX file, or is cut off. Export it again with `dvc repro`.") from None
    return loads({entry.key: entry.value for entry in model.metadata_props}.get(KEY), str(path))
