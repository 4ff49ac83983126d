"""What may change about a hand without changing what is measured of it: every set but `raw`."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.features.preprocess import Preprocess
from pipeline.fitting.augment import rotation
from pipeline.skeleton import skeleton

HAND = skeleton("hand")
SETS = {name: Preprocess(name, HAND) for name in ("planar", "oriented", "invariant")}

every_set = pytest.mark.parametrize("name", SETS)
hands = st.integers(0, 2**32 - 1).map(
    lambda seed: torch.rand(1, 1, 21, 3, generator=torch.Generator().manual_seed(seed)) * 0.5 + 0.2
)
angles = st.floats(-math.pi, math.pi)
quick = settings(deadline=None, max_examples=10)


def measure(name: str, hand_BTVC: torch.Tensor, aspect: float = 1.0, handedness: float = 1.0) -> torch.Tensor:
    inputs = torch.tensor([aspect]), torch.tensor([25.0]), torch.tensor([handedness])
    features_BTF, seen_BT = SETS[name](hand_BTVC, *inputs)
    assert seen_BT.all()
    return features_BTF


def mirrored(hand_BTVC: torch.Tensor) -> torch.Tensor:
    return torch.cat([1 - hand_BTVC[..., :1], hand_BTVC[..., 1:]], -1)


def same(a_BTF: torch.Tensor, b_BTF: torch.Tensor) -> None:
    """Equal to float32 rounding, which grows with the features of a random hand with a short palm."""
    torch.testing.assert_close(a_BTF, b_BTF, rtol=1e-3, atol=1e-3 * float(a_BTF.abs().max()))


@every_set
@quick
@given(hands, st.floats(-1, 1), st.floats(-1, 1))
def test_moving_the_hand_changes_nothing(name, hand_BTVC, dx, dy):
    same(measure(name, hand_BTVC), measure(name, hand_BTVC + torch.tensor([dx, dy, 0.0])))


@every_set
@quick
@given(hands, st.floats(0.2, 5))
def test_resizing_the_hand_changes_nothing(name, hand_BTVC, scale):
    same(measure(name, hand_BTVC), measure(name, hand_BTVC * scale))


@every_set
@quick
@given(hands, st.floats(0.5, 2))
def test_the_same_hand_in_a_wider_picture_changes_nothing(name, hand_BTVC, aspect):
    same(measure(name, hand_BTVC), measure(name, hand_BTVC / torch.tensor([aspect, 1.0, aspect]), aspect))


@every_set
@quick
@given(hands)
def test_a_left_hand_is_measured_as_its_mirror_image(name, hand_BTVC):
    same(measure(name, hand_BTVC), measure(name, mirrored(hand_BTVC), handedness=0.0))


@every_set
@quick
@given(hands)
def test_a_hand_of_unknown_side_is_measured_as_its_mirror_image(name, hand_BTVC):
    same(measure(name, hand_BTVC, handedness=math.nan), measure(name, mirrored(hand_BTVC), handedness=math.nan))


@quick
@given(hands, angles)
def test_turning_the_hand_in_the_picture_leaves_invariant_as_it_is(hand_BTVC, angle):
    turn = rotation(torch.tensor([[0.0, 0.0, angle]]))[0]
    same(measure("invariant", hand_BTVC), measure("invariant", hand_BTVC @ turn.T))


@quick
@given(hands, angles)
def test_turning_the_hand_in_the_picture_turns_oriented(hand_BTVC, angle):
    turn = rotation(torch.tensor([[0.0, 0.0, angle]]))[0]
    before_BTVC, after_BTVC = (measure("oriented", h).unflatten(-1, (-1, 3)) for h in (hand_BTVC, hand_BTVC @ turn.T))
    same(before_BTVC @ turn.T, after_BTVC)


@quick
@given(hands)
def test_planar_reads_neither_depth_nor_side(hand_BTVC):
    flat_BTVC = torch.cat([hand_BTVC[..., :2], torch.zeros_like(hand_BTVC[..., 2:])], -1)
    same(measure("planar", hand_BTVC), measure("planar", flat_BTVC, handedness=0.0))


@quick
@given(hands)
def test_planar_sees_the_back_of_a_hand_as_its_palm(hand_BTVC):
    about_the_vertical = torch.tensor([-1.0, 1.0, -1.0])
    same(measure("planar", hand_BTVC), measure("planar", hand_BTVC * about_the_vertical))


def simple_hand() -> torch.Tensor:
    """Every point at the wrist, but: the palm points right, 0.2 long; the index tip is 0.2 above the wrist."""
    hand_BTVC = torch.full((1, 1, 21, 3), 0.5)
    hand_BTVC[..., HAND.index("middle_mcp"), :] = torch.tensor([0.7, 0.5, 0.5])
    hand_BTVC[..., HAND.index("index_tip"), :] = torch.tensor([0.5, 0.3, 0.5])
    return hand_BTVC


def test_invariant_by_hand():
    features_F = measure("invariant", simple_hand())[0, 0]
    assert features_F.shape == (102,)
    xy_V2 = features_F[:42].reshape(21, 2)
    torch.testing.assert_close(xy_V2[HAND.index("middle_mcp")], torch.tensor([0.0, -1.0]))
    torch.testing.assert_close(xy_V2[HAND.index("index_tip")], torch.tensor([-1.0, 0.0]))
    # ten pairs hold one of the two points that are not at the wrist, one pair holds both
    lengths, counts = features_F[42:97].round(decimals=4).unique(return_counts=True)
    torch.testing.assert_close(lengths, torch.tensor([0.0, 1.0, 2**0.5]), atol=1e-4, rtol=0)
    assert counts.tolist() == [36, 18, 1]


def test_oriented_by_hand():
    features_F = measure("oriented", simple_hand())[0, 0]
    assert features_F.shape == (63,)
    # two points 0.2 away from the other nineteen: mean square 2 * 0.2² / 21 − 2 * (0.2 / 21)² = 1.6 * (0.2 / 4.2)²
    far = 4.2 / 1.6**0.5
    held_VC = features_F.reshape(21, 3)
    torch.testing.assert_close(held_VC[HAND.index("middle_mcp")], torch.tensor([far, 0.0, 0.0]), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(held_VC[HAND.index("index_tip")], torch.tensor([0.0, -far, 0.0]), atol=1e-4, rtol=1e-4)


@quick
@given(hands, st.floats(0.7, 1.4))
def test_planar_measures_a_stretched_hand_as_it_was(hand_BTVC, stretch):
    same(measure("planar", hand_BTVC), measure("planar", hand_BTVC * torch.tensor([stretch, 1.0, 1.0])))


@pytest.mark.parametrize(("little", "middle_x"), [(0.8, -1 / 3), (0.2, 1.0)])
def test_planar_mirrors_until_the_little_knuckle_lies_left(little, middle_x):
    hand_BTVC = simple_hand()
    hand_BTVC[..., HAND.index("index_mcp"), :] = torch.tensor([0.5, 0.2, 0.5])  # straight up
    hand_BTVC[..., HAND.index("pinky_mcp"), :] = torch.tensor([little, 0.5, 0.5])
    features_F = measure("planar", hand_BTVC)[0, 0]
    assert features_F.shape == (42,)
    xy_V2 = features_F.reshape(21, 2)
    middle_2, index_2, pinky_2 = (xy_V2[HAND.index(f"{name}_mcp")] for name in ("middle", "index", "pinky"))
    # folded, x goes from the little knuckle at -0.3 to the wrist at 0 or the middle knuckle at 0.2
    same(middle_2, torch.tensor([middle_x, 1.0]))
    same(pinky_2, torch.tensor([-1.0, 1.0]))
    same(index_2[1], torch.tensor(-1.0))


def test_planar_of_a_line_stays_finite():
    hand_BTVC = simple_hand()
    hand_BTVC[..., 1] = 0.5
    features_F = measure("planar", hand_BTVC)[0, 0]
    same(features_F.reshape(21, 2).aminmax(dim=0).max, torch.tensor([1.0, 0.0]))


@pytest.mark.parametrize(("bend", "handedness"), [(0.1, 1.0), (-0.1, 0.0)])
def test_an_unknown_side_is_told_by_the_way_the_fingers_bend(bend, handedness):
    hand_BTVC = torch.rand(1, 1, 21, 3, generator=torch.Generator().manual_seed(0)) * 0.01
    for i, finger in enumerate(("index", "middle", "ring", "pinky")):
        hand_BTVC[..., HAND.index(f"{finger}_mcp"), :] = torch.tensor([0.03 * i - 0.05, -0.2, 0.0])
        hand_BTVC[..., HAND.index(f"{finger}_tip"), :] = torch.tensor([0.03 * i - 0.05, -0.3, bend])
    same(measure("invariant", hand_BTVC, handedness=math.nan), measure("invariant", hand_BTVC, handedness=handedness))
