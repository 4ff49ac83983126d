"""Slow noise: unit variance, slow, and each clip its own."""

import numpy as np

from pipeline.sources.wander import wander

CLIP = np.repeat(np.arange(400), 30)
SECONDS = np.tile(np.arange(30) / 30, 400)


def test_it_is_of_unit_variance_and_slow():
    noise = wander(np.random.default_rng(0), CLIP, SECONDS, (2, 3)).reshape(400, 30, 2, 3)
    assert noise.shape == (400, 30, 2, 3)
    assert 0.9 < noise.std() < 1.1
    assert np.abs(np.diff(noise, axis=1)).max() < 1.2
    assert np.abs(np.diff(noise, axis=1)).mean() < 0.2


def test_clips_and_numbers_wander_apart():
    noise = wander(np.random.default_rng(0), CLIP, SECONDS, (2,)).reshape(400, 30, 2)
    assert abs(np.corrcoef(noise[:, 10].T)[0, 1]) < 0.15
    assert abs(np.corrcoef(noise[:-1, 10, 0], noise[1:, 10, 0])[0, 1]) < 0.15
