"""Copies are found wherever they are in the picture; different hands are not."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.leakage import digests, duplicates, fingerprints, shapes
from pipeline.samples import Samples, from_clips
from tests.bodies import LEFT, POSE, RIGHT, make_clip, signed
from tests.factories import make_hand, make_samples


def one_hand_each(*hands: np.ndarray, aspect: float = 1.0) -> Samples:
    """Each hand is [21, 3] or a clip [T, 21, 3]."""
    clips = [hand if hand.ndim == 3 else hand[None] for hand in hands]
    names = [str(i) for i in range(len(clips))]
    return from_clips(clips, target=[0] * len(clips), group=names, ids=names, aspect=aspect, class_names=("A",))


def found(one: Samples, two: Samples, limit: float) -> list[int]:
    return duplicates(fingerprints(one), fingerprints(two), limit).copy.tolist()


def test_shapes_have_no_place_and_no_size():
    small, large = make_hand(size=0.1), make_hand(size=0.3) + np.float32(0.1)
    first, second = shapes(one_hand_each(small, large))
    np.testing.assert_allclose(first, second, atol=1e-6)
    np.testing.assert_allclose(first[9] - first[0], [0, -1, 0], atol=1e-6)


def test_shapes_have_no_aspect():
    wide = make_hand()
    wide[:, [0, 2]] /= 2
    np.testing.assert_allclose(shapes(one_hand_each(wide, aspect=2.0)), shapes(one_hand_each(make_hand())), atol=1e-6)


def test_the_limit_is_a_mean_point_distance_in_hand_lengths():
    hand = make_hand(size=0.2)
    moved = hand.copy()
    moved[4, 0] += 0.2 * 0.021  # one of 21 points by 0.021 hand lengths
    apart = shapes(one_hand_each(hand)) - shapes(one_hand_each(moved))
    mean = float(np.linalg.norm(apart, axis=-1).mean())
    assert mean == pytest.approx(
        0.021 * (20 / 21 + 20 * 1 / 21) / 21, rel=1e-4
    )  # the point, and the rest by the origin
    assert found(one_hand_each(moved), one_hand_each(hand), mean * 1.01) == [0]
    assert found(one_hand_each(moved), one_hand_each(hand), mean * 0.99) == [-1]


def test_exact_copies_are_found_without_a_limit():
    samples = make_samples(num_groups=2)
    result = duplicates(fingerprints(samples), fingerprints(samples.select(np.arange(9))), 0.0)
    assert result.exact.tolist() == [True] * 9 + [False] * 9
    assert result.copy.tolist() == [*range(9), *[-1] * 9]


def test_a_clip_is_compared_by_three_frames():
    rest, curled = make_hand(), make_hand([0] * 5)
    still, moving = np.stack([rest] * 5), np.stack([rest, rest, rest, rest, curled])
    longer = np.stack([rest] * 9)
    assert found(one_hand_each(longer, moving), one_hand_each(still), 0.001) == [0, -1]


def test_hidden_frames_and_hands_that_cannot_be_measured():
    hidden = np.full((2, 21, 3), np.nan, np.float32)
    clip = np.stack([make_hand(), make_hand([1, 0, 0, 0, 0]), make_hand([0] * 5)])
    padded = np.concatenate([hidden, clip, hidden])
    assert found(one_hand_each(padded, hidden), one_hand_each(clip, hidden), 0.001) == [0, -1]
    assert np.isnan(shapes(one_hand_each(hidden, clip))[0]).all()
    assert found(one_hand_each(hidden), one_hand_each(hidden), 0.001) == [-1]
    assert digests(one_hand_each(hidden)) == [b""]


@pytest.mark.parametrize("limit", [0.005, 0.02, 0.06])
def test_the_tree_finds_what_all_pairs_do(limit: float):
    samples = make_samples(num_groups=6, clips=8, noise=0.004)
    one, two = samples.select(np.arange(0, 144, 2)), samples.select(np.arange(1, 144, 2))
    a, b = shapes(one), shapes(two)
    pairs = np.linalg.norm(a[:, None] - b[None], axis=-1).mean(-1)
    result = duplicates(fingerprints(one), fingerprints(two), limit)
    assert result.near.tolist() == (pairs < limit).any(1).tolist()
    hits = np.flatnonzero(result.near)
    assert (pairs[hits, result.copy[hits]] < limit).all()


def test_many_copies_of_one_clip_are_all_found():
    samples = make_samples(num_groups=1, classes="A", clips=1).select(np.zeros(3000, int))
    jitter = np.random.default_rng(0).normal(0, 1e-5, samples.values.shape).astype(np.float32)
    samples = replace(samples, values=samples.values + jitter)
    prints = fingerprints(samples)
    result = duplicates(prints.select(np.arange(1000)), prints.select(np.arange(1000, 3000)), 0.002)
    assert result.near.all()


def test_whole_bodies_are_compared_by_hands_and_shoulders():
    clip = make_clip(5, right=0.02)
    elsewhere = clip * np.float32(0.8) + np.float32([0.1, 0.05, 0])
    guessed, apart, other = clip.copy(), clip.copy(), make_clip(5, [1, 1, 0, 0, 0], right=0.02)
    guessed[:, POSE[25:]] += 0.3
    apart[:, LEFT, 1] -= 0.2
    asked = signed(elsewhere, guessed, apart, other, make_clip(5))
    assert found(asked, signed(clip), 0.01) == [0, 0, -1, -1, -1]


def test_bodies_with_one_hand_or_none():
    clip = make_clip(3, right=0.02)
    one_hand, no_hand = clip.copy(), clip.copy()
    one_hand[:, LEFT] = np.nan
    no_hand[:, [*LEFT, *RIGHT]] = np.nan
    known = signed(one_hand, no_hand)
    assert found(signed(one_hand + np.float32(0.01), no_hand + np.float32(0.01), no_hand), known, 0.01) == [0, -1, 1]
    assert np.isnan(shapes(known)[1]).all()
