"""Training that starts from the encoder of `pretrain`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.errors import InputError
from pipeline.models import build, weights
from pipeline.models.encoder import read_encoder, start_from
from pipeline.params import Mlp, Train
from pipeline.train import train
from tests.pipeline.factories import Track
from tests.pipeline.pretraining import TINY, empty, make_signs, one_thread, run


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Track:
    return make_signs(tmp_path_factory.mktemp("signs"))


def fitted(track: Track, encoder: Path, out: Path, **fields: Any) -> dict[str, torch.Tensor]:
    config = Train.model_validate(
        {"epochs": 1, "batch_size": 8, "sequence_length": None, "device": "cpu", "learning_rate": 0.01, **fields}
    )
    train(TINY, config, samples=track.samples, split=track.split, encoder=encoder, out=out)
    return weights.load(out).recognizer.network.state_dict()


def test_training_starts_from_the_encoder_and_may_leave_it_as_it_is_at_first(track: Track, tmp_path: Path):
    """Frozen, parameters stay and statistics go on; in the second epoch all move."""
    encoder = run(track, tmp_path / "e")
    tensors, _ = read_encoder(encoder)
    names = {name for name, _ in build(TINY, form="holistic", num_classes=3).network.named_parameters()}
    frozen = fitted(track, encoder, tmp_path / "m", freeze_epochs=1)
    assert all(np.array_equal(frozen[name].numpy(), tensors[name]) for name in names & set(tensors))
    free = fitted(track, encoder, tmp_path / "n", freeze_epochs=1, epochs=2, patience=5)
    assert not any(np.array_equal(free[name].numpy(), tensors[name]) for name in names & set(tensors))


def test_lower_layers_learn_more_slowly(track: Track, tmp_path: Path):
    """Nine tenths below another; the head at the whole rate: two graph layers, the pooling's, two of the encoder."""
    recognizer = build(TINY, form="holistic", num_classes=3)
    rates = start_from(recognizer, run(track, tmp_path / "e"), decay=0.9)
    assert not any(name.startswith("network.head") for name in rates)
    assert rates["network.encoder.norm.weight"] == pytest.approx(0.9)
    assert rates["network.encoder.layers.1.norm_feed.bias"] == pytest.approx(0.9)
    assert rates["network.encoder.layers.0.norm_feed.bias"] == pytest.approx(0.9**2)
    assert rates["network.class_token"] == rates["network.project.weight"] == pytest.approx(0.9**3)
    assert rates["network.joints.1.point"] == pytest.approx(0.9**4)
    assert rates["network.joints.0.point"] == pytest.approx(0.9**5)
    assert set(rates) == {f"network.{name}" for name, _ in recognizer.network.named_parameters() if "head" not in name}


def test_an_encoder_of_another_network_is_named(track: Track, tmp_path: Path):
    encoder = run(track, tmp_path / "e")
    wider = build(TINY.model_copy(update={"graph_width": 12}), form="holistic", num_classes=3)
    with pytest.raises(InputError, match=r"pretrain\.method: 'masked_landmarks' made .*is not this model's"):
        start_from(wider, encoder, decay=1.0)
    with pytest.raises(InputError, match="is not this model's"):
        start_from(build(Mlp(name="mlp"), form="hand", num_classes=3), encoder, decay=1.0)


def test_rates_without_an_encoder_are_said_to_do_nothing(
    track: Track, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    empty(tmp_path)
    fitted(track, tmp_path / "e", tmp_path / "m", layer_decay=0.5)
    assert "train.layer_decay and train.freeze_epochs have no effect: pretrain.method is none" in caplog.text
