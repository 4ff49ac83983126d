"""Weights on disk: what is saved is what is loaded, and what does not fit is named."""

import json
from pathlib import Path

import pytest
import torch

from pipeline.errors import InputError
from pipeline.models import build, weights
from pipeline.models.weights import Trained, start_from
from pipeline.params import Linear, Mlp
from tests.factories import make_hand

CONFIG = Mlp(name="mlp", features="raw", hidden=(4,))


def save(folder: Path, seed: int = 0) -> Trained:
    torch.manual_seed(seed)
    recognizer = build(CONFIG, form="hand", num_classes=2)
    trained = Trained(recognizer=recognizer, config=CONFIG, class_names=("A", "Ä"), form="hand")
    folder.mkdir(exist_ok=True)
    weights.save(folder, trained)
    return trained


def change(folder: Path, **fields: object) -> None:
    header = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps({**header, **fields}), encoding="utf-8")


def test_round_trip_by_folder_and_by_file(tmp_path: Path):
    trained = save(tmp_path)
    trained.recognizer.eval()
    inputs = torch.from_numpy(make_hand())[None, None], torch.ones(1), torch.ones(1), torch.ones(1)
    for path in (tmp_path, tmp_path / "model.safetensors"):
        again = weights.load(path)
        assert (again.config, again.class_names, again.form) == (CONFIG, ("A", "Ä"), "hand")
        assert not again.recognizer.training
        assert torch.equal(again.recognizer(*inputs)[0], trained.recognizer(*inputs)[0])


def test_the_same_weights_give_the_same_bytes(tmp_path: Path):
    for name in "ab":
        save(tmp_path / name)
    for file in ("model.safetensors", "model.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("missing", ["model.safetensors", "model.json"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str):
    save(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(InputError, match=rf"{missing}' does not exist"):
        weights.load(tmp_path)


@pytest.mark.parametrize("size", [0, 5, 300])
def test_weights_that_are_cut_off_are_named(tmp_path: Path, size: int):
    save(tmp_path)
    whole = (tmp_path / "model.safetensors").read_bytes()
    assert len(whole) > size
    (tmp_path / "model.safetensors").write_bytes(whole[:size])
    with pytest.raises(InputError, match=r"model\.safetensors' and its model\.json do not fit"):
        weights.load(tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        {"model": Mlp(name="mlp", features="raw", hidden=(5,)).model_dump(mode="json")},
        {"model": Linear(name="linear").model_dump(mode="json")},
        {"model": {"name": "resnet"}},
        {"model": None},
        {"class_names": ["A", "B", "C"]},
        {"class_names": None},
    ],
)
def test_a_header_of_another_model_is_refused(tmp_path: Path, fields: dict[str, object]):
    save(tmp_path)
    change(tmp_path, **fields)
    with pytest.raises(InputError, match="do not fit each other"):
        weights.load(tmp_path)


@pytest.mark.parametrize("text", ["[]", "null", "{}"])
def test_a_header_that_is_none_is_refused(tmp_path: Path, text: str):
    save(tmp_path)
    (tmp_path / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="do not fit each other"):
        weights.load(tmp_path)


def test_another_schema_and_an_unknown_skeleton_are_named(tmp_path: Path):
    save(tmp_path)
    change(tmp_path, schema=3)
    with pytest.raises(InputError, match="has schema 3, expected 2"):
        weights.load(tmp_path)
    change(tmp_path, schema=2, form="horse")
    with pytest.raises(InputError, match=r"unknown form 'horse'\. Valid: hand"):
        weights.load(tmp_path)


def make_trained(names: tuple[str, ...], seed: int, config: Mlp = CONFIG) -> Trained:
    torch.manual_seed(seed)
    recognizer = build(config, form="hand", num_classes=len(names))
    return Trained(recognizer=recognizer, config=config, class_names=names, form="hand")


def test_a_new_class_joins_trained_weights_and_each_other_keeps_its_row():
    former, new = make_trained(("A", "B", "C"), 0), make_trained(("C", "A", "N"), 1)
    random = {name: tensor.clone() for name, tensor in new.recognizer.state_dict().items()}
    start_from(former, new)
    state, old = new.recognizer.state_dict(), former.recognizer.state_dict()
    for name in ("network.head.weight", "network.head.bias"):
        assert torch.equal(state[name], torch.stack([old[name][2], old[name][0], random[name][2]]))
    others = [name for name in state if not name.startswith("network.head.")]
    assert others
    assert all(torch.equal(state[name], old[name]) for name in others)


def test_weights_of_another_architecture_are_refused():
    wide = Mlp(name="mlp", features="raw", hidden=(8,))
    with pytest.raises(InputError, match=r"train\.init_from: expected weights of .*hidden \[4\].* got .*hidden \[8\]"):
        start_from(make_trained(("A",), 0, wide), make_trained(("A",), 0))
