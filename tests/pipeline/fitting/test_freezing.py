"""Parts of a network that stay as they are: no weight, no statistic and no dropout of theirs moves."""

import pytest
import torch
from torch import nn

from pipeline.errors import InputError
from pipeline.fitting.freezing import frozen, still
from tests.pipeline.fitting.fits import changed, make_recognizer, run


class Whole(nn.Module):
    """A recognizer in name: a network of convolutions with a norm, dropout and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Module()
        self.network.convs = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5))
        self.network.head = nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network.head(self.network.convs(x).mean((2, 3)))


def test_the_parameters_of_a_part_are_named():
    assert frozen(Whole(), ("convs",)) == {f"network.convs.{n}" for n in ("0.weight", "0.bias", "1.weight", "1.bias")}
    assert frozen(Whole(), ("convs.1",)) == {"network.convs.1.weight", "network.convs.1.bias"}
    assert frozen(Whole(), ()) == frozenset()


def test_a_norm_in_a_frozen_part_measures_nothing():
    whole = Whole().train()
    still(whole, ("convs",))
    assert whole.training
    assert whole.network.head.training
    whole(torch.rand(4, 1, 5, 5))
    assert whole.network.convs[1].running_mean.tolist() == [0, 0]


def test_frozen_weights_do_not_move_and_the_others_do():
    before = {name: tensor.clone() for name, tensor in make_recognizer().state_dict().items()}
    after, _ = run(changed(freeze=["layers"], weight_decay=0.1))
    moved = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert not any(name.startswith("network.layers.") for name in moved)
    assert {"network.head.weight", "network.head.bias"} <= moved


def test_a_part_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(InputError, match=r"no part 'convs'\. Valid: head, layers"):
        run(changed(freeze=["convs"]))


def test_something_must_be_left_to_learn():
    with pytest.raises(InputError, match="nothing is left to learn"):
        run(changed(freeze=["layers", "head"]))
