"""Clips of many lengths: whole ones to their ends, a curriculum from short cuts to long ones."""

import numpy as np
import pytest
import torch

from pipeline.fitting.data import Clips
from pipeline.fitting.loop import validate
from pipeline.objectives.classify import Classify
from pipeline.params import Train
from tests.factories import make_samples
from tests.pipeline.fitting.fits import changed, make_recognizer, run, same


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
