"""The loop learns, repeats itself, and ends with its best weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.errors import InputError, SignloopError
from pipeline.fitting.loop import open_fabric
from tests.pipeline.factories import NO_CHANGE, QUICK
from tests.pipeline.fitting.fits import SCHEDULES, TRAIN, changed, make_clips, make_recognizer, run, same


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_it_learns_what_can_be_told_apart(schedule: str):
    recognizer = make_recognizer()
    _, history = run(changed(epochs=12, schedule=schedule, augment=NO_CHANGE), recognizer=recognizer)
    assert history[-1]["val_accuracy"] == 1.0
    assert history[-1]["train_loss"] < history[0]["train_loss"] / 2
    assert not recognizer.training


def test_the_history_has_an_entry_an_epoch_and_log_is_told_each():
    told = []
    _, history = run(log=lambda epoch, values: told.append((epoch, dict(values))))
    assert [entry["epoch"] for entry in history] == list(range(QUICK.epochs))
    assert told == list(enumerate(history))
    assert set(history[0]) == {"epoch", "learning_rate", "train_loss", "val_loss", "val_accuracy"}


def test_one_cycle_rises_to_the_rate_and_falls_to_nothing():
    _, history = run()
    rates = [entry["learning_rate"] for entry in history]
    assert rates[0] == pytest.approx(QUICK.learning_rate / 25)
    assert max(rates) <= QUICK.learning_rate * (1 + 1e-9)
    assert rates[-1] < max(rates) / 5


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_same_seed_gives_the_same_weights_bit_for_bit(schedule: str):
    config = changed(schedule=schedule)
    weights, history = run(config)
    recognizer = make_recognizer()
    torch.manual_seed(12345)  # what ran before must not matter
    again, history_again = run(config, recognizer=recognizer)
    assert same(weights, again)
    assert history == history_again


def test_another_seed_gives_other_weights_from_the_same_start():
    assert not same(run()[0], run(changed(seed=1))[0])


def test_early_stopping_restores_the_best_epoch_not_the_last():
    """Validated against wrong labels, learning only makes it worse: epoch 0 is the best."""
    config = changed(schedule="plateau", epochs=30, patience=3, augment=NO_CHANGE)
    wrong = make_clips(slice(3, 4), shift=1)
    weights, history = run(config, val=wrong)
    losses = [entry["val_loss"] for entry in history]
    assert len(losses) == 1 + 3
    assert losses[0] == min(losses)
    assert same(weights, run(changed(schedule="plateau", epochs=1, augment=NO_CHANGE), val=wrong)[0])


def test_plateau_halves_the_rate_after_a_third_of_the_patience():
    """Patience 6 → 2 epochs without a better loss are borne, the third halves the rate for the next."""
    config = changed(schedule="plateau", epochs=30, patience=6, augment=NO_CHANGE)
    _, history = run(config, val=make_clips(slice(3, 4), shift=1))
    assert [entry["learning_rate"] / QUICK.learning_rate for entry in history] == [1, 1, 1, 1, 0.5, 0.5, 0.5]


def test_weight_decay_leaves_biases_and_norms_alone():
    """In one step AdamW moves a number by at most the rate, 0.01; decay takes rate × decay, a tenth, off matrices."""
    start = {name: tensor.clone() for name, tensor in make_recognizer().state_dict().items()}
    weights, _ = run(changed(schedule="plateau", epochs=1, learning_rate=0.01, weight_decay=10, batch_size=1000))
    for name in ("network.layers.0.0.weight", "network.head.weight"):
        torch.testing.assert_close(weights[name], start[name] * 0.9, atol=0.0101, rtol=0)
    for name in ("network.layers.0.0.bias", "network.layers.0.1.weight", "network.head.bias"):
        torch.testing.assert_close(weights[name], start[name], atol=0.0101, rtol=0)
        assert not torch.equal(weights[name], start[name])


def test_a_device_that_is_not_here_is_refused_with_those_that_are():
    absent = "mps" if torch.cuda.is_available() else "cuda"
    with pytest.raises(InputError, match=rf"device '{absent}' is not available here.*one of: auto, cpu"):
        run(changed(device=absent))
    assert open_fabric("cpu").device == torch.device("cpu")


def test_a_training_loss_that_is_not_finite_is_said():
    recognizer = make_recognizer()
    recognizer.state_dict()["network.head.weight"].fill_(3e38)
    with pytest.raises(SignloopError, match=r"epoch 0: the loss is not finite\. Lower `train\.learning_rate`"):
        run(recognizer=recognizer)


def test_a_validation_loss_that_is_not_finite_is_said():
    """Only validation has clips of the class whose weight is infinite."""
    only_ab = replace(TRAIN, indices=np.flatnonzero(TRAIN.samples.target < 2))
    with pytest.raises(SignloopError, match="epoch 0: the loss is not finite"):
        run(changed(label_smoothing=0), train=only_ab, class_weights=torch.tensor([1.0, 1.0, torch.inf]))


def test_a_plateau_halves_the_rate_after_its_own_patience():
    _, history = run(
        changed(epochs=6, schedule="plateau", patience=5, plateau_patience=1, learning_rate=1e-6, weight_decay=0)
    )
    rates = [entry["learning_rate"] for entry in history]
    assert rates[0] > rates[-1]
    assert run(changed(epochs=6, schedule="plateau", patience=30, learning_rate=1e-6))[1][-1]["learning_rate"] == 1e-6
