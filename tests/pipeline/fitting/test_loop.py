"""The loop learns, repeats itself, goes on where a kill left it, and ends with its best weights."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.errors import InputError, SignloopError
from pipeline.fitting.data import Clips, batches
from pipeline.fitting.loop import Log, fit, open_fabric, products, validate
from pipeline.models import build
from pipeline.models.recognizer import Recognizer
from pipeline.objectives.classify import Classify
from pipeline.params import Linear, Train
from tests.factories import make_samples
from tests.pipeline.factories import NO_CHANGE, QUICK, TINY

SCHEDULES = ["one_cycle", "plateau"]
Weights = dict[str, Tensor]


class KillError(Exception):
    """Stands for a kill between two epochs."""


def make_clips(groups: slice, shift: int = 0) -> Clips:
    """Clips of some of four signers; `shift` mislabels them all."""
    samples = make_samples(num_groups=4, clips=4, frames=(1, 3), missing=0.02)
    samples = samples.select(np.flatnonzero(np.isin(samples.group, [f"s{g:02d}" for g in range(4)][groups])))
    samples = replace(samples, target=(samples.target + shift) % 3)
    return Clips(samples=samples, indices=np.arange(len(samples)))


TRAIN, VAL = make_clips(slice(0, 3)), make_clips(slice(3, 4))


def make_recognizer(seed: int = 0) -> Recognizer:
    torch.manual_seed(seed)
    return build(TINY, skeleton="hand", num_classes=3)


def run(
    config: Train = QUICK, *, recognizer: Recognizer | None = None, class_weights: Tensor | None = None, **options: Any
) -> tuple[Weights, list[dict[str, float]]]:
    """Fits a tiny recognizer; returns its weights and the history."""
    recognizer = make_recognizer() if recognizer is None else recognizer
    objective = Classify(torch.ones(3) if class_weights is None else class_weights, config.label_smoothing)
    history = fit(recognizer, objective, config=config, **{"train": TRAIN, "val": VAL, **options})
    return recognizer.state_dict(), history


def changed(**fields: Any) -> Train:
    return Train.model_validate({**QUICK.model_dump(), **fields})


def kill_at(epoch: int) -> Log:
    def log(now: int, values: dict[str, float]) -> None:
        if now == epoch:
            raise KillError

    return log


def same(one: Weights, two: Weights) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


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


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("killed", [0, 1, 4])
def test_a_resumed_run_repeats_an_uninterrupted_one_bit_for_bit(tmp_path: Path, schedule: str, killed: int):
    config = changed(schedule=schedule)
    weights, history = run(config)
    with pytest.raises(KillError):
        run(config, checkpoint=tmp_path / "c.pt", log=kill_at(killed))
    assert (tmp_path / "c.pt").exists() == (killed > 0)
    start = make_recognizer() if killed == 0 else make_recognizer(seed=99)  # the checkpoint decides, not the start
    told: list[int] = []
    resumed, history_resumed = run(
        config, recognizer=start, checkpoint=tmp_path / "c.pt", log=lambda epoch, _: told.append(epoch)
    )
    assert same(resumed, weights)
    assert history_resumed == history
    assert told == list(range(config.epochs))


def test_a_resumed_run_keeps_its_patience_and_its_best(tmp_path: Path):
    """Validated against wrong labels, the first epoch stays the best whatever comes after a kill."""
    config = changed(schedule="plateau", epochs=30, patience=5, augment=NO_CHANGE)
    wrong = make_clips(slice(3, 4), shift=1)
    weights, history = run(config, val=wrong)
    assert len(history) == 6
    with pytest.raises(KillError):
        run(config, val=wrong, checkpoint=tmp_path / "c.pt", log=kill_at(3))
    resumed, history_resumed = run(config, val=wrong, checkpoint=tmp_path / "c.pt", recognizer=make_recognizer(7))
    assert history_resumed == history
    assert same(resumed, weights)


def test_a_finished_run_is_not_trained_again(tmp_path: Path):
    weights, history = run(checkpoint=tmp_path / "c.pt")
    before = (tmp_path / "c.pt").read_bytes()
    again, history_again = run(checkpoint=tmp_path / "c.pt", recognizer=make_recognizer(99))
    assert same(weights, again)
    assert history == history_again
    assert (tmp_path / "c.pt").read_bytes() == before


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_checkpoint_is_plain_tensors_and_numbers(tmp_path: Path, schedule: str):
    run(changed(schedule=schedule, epochs=2), checkpoint=tmp_path / "c.pt")
    kept = torch.load(tmp_path / "c.pt", weights_only=True)
    assert set(kept) == {"recognizer", "optimizer", "schedule", "progress"}
    assert kept["progress"]["epoch"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


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


def damage(whole: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "rubbish": b"rubbish",
        "half": whole[: len(whole) // 2],
        "end cut off": whole[:-100],
        "a pickle": pickle.dumps({"recognizer": Path("x")}, protocol=2),
    }


@pytest.mark.parametrize("kind", list(damage(b"")))
def test_a_damaged_checkpoint_is_named(tmp_path: Path, kind: str):
    run(changed(epochs=1), checkpoint=tmp_path / "c.pt")
    (tmp_path / "c.pt").write_bytes(damage((tmp_path / "c.pt").read_bytes())[kind])
    with pytest.raises(SignloopError, match=r"checkpoint '.*c\.pt' is damaged.*Delete it; training then starts again"):
        run(checkpoint=tmp_path / "c.pt")


def test_a_checkpoint_of_another_model_is_named(tmp_path: Path):
    run(changed(epochs=1), checkpoint=tmp_path / "c.pt")
    with pytest.raises(SignloopError, match="is damaged, or of another model"):
        run(checkpoint=tmp_path / "c.pt", recognizer=build(Linear(name="linear"), skeleton="hand", num_classes=3))
    torch.save({"weights": torch.zeros(1)}, tmp_path / "c.pt")
    with pytest.raises(SignloopError, match="KeyError"):
        run(checkpoint=tmp_path / "c.pt")


def make_long_clips(groups: slice) -> Clips:
    samples = make_samples(num_groups=4, clips=2, frames=(1, 12))
    samples = samples.select(np.flatnonzero(np.isin(samples.group, [f"s{g:02d}" for g in range(4)][groups])))
    return Clips(samples=samples, indices=np.arange(len(samples)))


def widths_of(config: Train) -> list[set[int]]:
    """Returns the numbers of frames that the recognizer was trained with, epoch by epoch."""
    recognizer, every, now = make_recognizer(), [], set[int]()
    recognizer.register_forward_pre_hook(
        lambda module, inputs: now.add(inputs[0].shape[1]) if module.training else None  # pyright: ignore
    )

    def log(epoch: int, values: dict[str, float]) -> None:
        every.append(set(now))
        now.clear()

    run(config, recognizer=recognizer, train=make_long_clips(slice(0, 3)), val=make_long_clips(slice(3, 4)), log=log)
    return every


def test_whole_clips_are_seen_to_their_ends_and_repeat_bit_for_bit():
    config = changed(sequence_length=None, batch_size=4, epochs=3)
    widths = widths_of(config)
    assert all(max(epoch) == 12 and len(epoch) > 2 for epoch in widths)
    train, val = make_long_clips(slice(0, 3)), make_long_clips(slice(3, 4))
    (weights, history), (again, history_again) = (run(config, train=train, val=val) for _ in range(2))
    assert same(weights, again)
    assert history == history_again


@pytest.mark.parametrize(("sequence_length", "longest"), [(None, [3, 8, 12, 12]), (8, [2, 5, 8, 8])])
def test_a_curriculum_goes_from_a_quarter_to_the_whole(sequence_length: int | None, longest: list[int]):
    config = changed(sequence_length=sequence_length, curriculum=2, batch_size=4, epochs=4)
    assert [max(epoch) for epoch in widths_of(config)] == longest


def test_padding_of_whole_clips_does_not_change_what_is_validated():
    clips, recognizer = make_long_clips(slice(0, 4)), make_recognizer().eval()
    objective = Classify(torch.ones(3), 0.0)
    mixed, similar = (validate(recognizer, objective, clips, torch.device("cpu"), by_length=b) for b in (False, True))
    assert mixed == pytest.approx(similar, rel=1e-5)


def has_bf16() -> bool:
    try:
        return bool(products("bf16", torch.device("cpu")))
    except InputError:
        return False


def test_bf16_learns_with_exact_features_and_exact_weights_or_says_that_it_is_not_here():
    config = changed(epochs=12, precision="bf16", augment=NO_CHANGE, device="cpu")
    if not has_bf16():
        with pytest.raises(InputError, match=r"device 'cpu' has no bf16 here\. Set `train\.precision` to fp32"):
            run(config)
        return
    recognizer, kinds = make_recognizer(), set[tuple[str, torch.dtype]]()
    recognizer.preprocess.features.register_forward_hook(lambda _, __, out: kinds.add(("features", out.dtype)))
    recognizer.network.head.register_forward_hook(lambda _, __, out: kinds.add(("head", out.dtype)))  # pyright: ignore
    weights, history = run(config, recognizer=recognizer)
    assert kinds == {(name, torch.float32) for name in ("features", "head")} | {("head", torch.bfloat16)}  # validation
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    assert history[-1]["val_accuracy"] == 1.0
    assert not same(weights, run(changed(epochs=12, augment=NO_CHANGE))[0])


@torch.no_grad()
def test_no_feature_is_computed_in_bf16():
    recognizer, batch = make_recognizer().eval(), next(batches(TRAIN, size=8, length=None))
    exact, _ = recognizer.preprocess(*batch[:4])
    told = []
    recognizer.network.register_forward_pre_hook(lambda _, inputs: told.append(inputs[0]))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        recognizer(*batch[:4])
    assert torch.equal(told[0], exact)
