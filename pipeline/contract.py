"""What an exported file says of itself: everything needed to use it without the repository it came from."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.errors import InputError
from pipeline.form import FORMS, form

KEY = "signloop.contract"
SCHEMA = 2
READS = (1, 2)  # 1 called the form a skeleton
INPUTS = FORMS["hand"].inputs  # of points: landmarks [B, T, V, 3], aspect, fps, handedness [B]
OUTPUTS = ("logits", "seen")  # [B, K], [B]: the share of rows in which anything was seen
OF_OBJECTIVE = {"classify": "logits", "forecast": "forecast", "reconstruct": "reconstruction"}  # in the place of logits
NO_HAND = FORMS["hand"].nothing
NOTHING = tuple(sorted({form.nothing for form in FORMS.values()}))  # answers that are no label
# One step of a recurrent model has T = 1, the state's tensors [B, size] as inputs by their names, zeros at first, and
# the next ones as outputs, by the names that `next_state` gives.


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Travels in the ONNX metadata under KEY, as JSON."""

    track: str
    model: str
    features: str
    form: str
    class_names: tuple[str, ...]
    row: tuple[int, ...] = ()  # shape of a row of values, where the form leaves it to the data
    precision: str = "fp32"
    kind: Literal["clip", "step"] = "clip"
    state: dict[str, int] = field(default_factory=dict)  # of a recurrent model: name → size
    objective: str = "classify"
    views: int = 1  # of a clip, whose mean is the answer
    schema: int = SCHEMA

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names the file's inputs: of points landmarks [B, T, V, 3], aspect, fps and handedness [B]."""
        return form(self.form).inputs

    @property
    def shape(self) -> tuple[int, ...]:
        """Returns the shape [V, C] of a row of values."""
        return self.row or tuple(size or 0 for size in form(self.form).row)

    @property
    def nothing(self) -> str:
        """The answer to a sample in which nothing is seen."""
        return form(self.form).nothing

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
        if fields["schema"] not in READS:
            raise InputError(f"'{where}' has contract schema {fields['schema']}, expected {SCHEMA}. {remedy}")
        if fields["schema"] == 1:
            fields["form"] = fields.pop("skeleton")
        lists = {name: tuple(fields[name]) for name in ("class_names", "row") if name in fields}
        return Contract(**{**fields, **lists, "schema": SCHEMA})
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
