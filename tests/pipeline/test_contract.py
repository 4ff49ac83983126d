"""What a model file says of itself survives the trip, and nothing else is taken for it."""

import json
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from pipeline import contract as contracts
from pipeline.contract import Contract
from pipeline.errors import InputError

CONTRACT = Contract(track="letters", model="mlp", features="raw", form="hand", class_names=("A", "B", "Ä"))


def changed(**fields: object) -> str:
    return json.dumps({**json.loads(CONTRACT.dumps()), **fields})


def write_onnx(path: Path, **metadata: str) -> Path:
    """Writes a model that answers its input."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    model = helper.make_model(helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "tiny", [x], [y]))
    helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return path


def test_round_trip():
    assert contracts.loads(CONTRACT.dumps(), "x.onnx") == CONTRACT
    assert contracts.loads(CONTRACT.dumps(), "x.onnx").class_names == ("A", "B", "Ä")


def test_another_schema_is_named():
    with pytest.raises(InputError, match=r"'x\.onnx' has contract schema 99, expected 2\. Export it again"):
        contracts.loads(changed(schema=99), "x.onnx")


@pytest.mark.parametrize(
    "text",
    [None, "", "{", "null", "[]", "7", "{}", '{"schema": 1}', changed(colour="red"), changed(class_names=None)],
)
def test_what_is_no_contract_is_refused(text: str | None):
    with pytest.raises(InputError, match=r"'x\.onnx' carries no readable contract \(signloop\.contract\)"):
        contracts.loads(text, "x.onnx")


def test_a_field_that_is_missing_is_refused():
    fields = json.loads(CONTRACT.dumps())
    for name in ("track", "model", "features", "form", "class_names", "schema"):
        without = json.dumps({key: value for key, value in fields.items() if key != name})
        with pytest.raises(InputError, match="carries no readable contract"):
            contracts.loads(without, "x.onnx")


def test_a_file_of_the_schema_before_is_read():
    fields = json.loads(CONTRACT.dumps())
    fields["skeleton"] = fields.pop("form")
    del fields["row"]
    assert contracts.loads(json.dumps({**fields, "schema": 1}), "x.onnx") == CONTRACT


def test_read_finds_it_in_the_metadata(tmp_path: Path):
    path = write_onnx(tmp_path / "a.onnx", **{"other": "1", contracts.KEY: CONTRACT.dumps()})
    assert contracts.read(path) == CONTRACT
    with pytest.raises(InputError, match=r"b\.onnx' carries no readable contract"):
        contracts.read(write_onnx(tmp_path / "b.onnx", other="1"))


def test_a_missing_or_cut_off_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"none\.onnx' does not exist"):
        contracts.read(tmp_path / "none.onnx")
    whole = write_onnx(tmp_path / "a.onnx", **{contracts.KEY: CONTRACT.dumps()}).read_bytes()
    for size in range(len(whole)):
        (tmp_path / "cut.onnx").write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"cut\.onnx' (is not an ONNX file|carries no readable contract)"):
            contracts.read(tmp_path / "cut.onnx")
