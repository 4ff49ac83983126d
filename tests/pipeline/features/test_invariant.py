"""The 102: numbers by hand, and what may change about a hand without changing them."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.preprocess import Preprocess
from pipeline.skeleton import skeleton

HAND = skeleton("hand")
PREPROCESS = Preprocess("invariant", HAND)

hands = st.integers(0, 2**32 - 1).map(
    lambda seed: torch.rand(1, 1, 21, 3, generator=torch.Generator().manual_seed(seed)) * 0.5 + 0.2
)
shifts = st.floats(-1, 1)
scales = st.floats(0.2, 5)
angles = st.floats(-math.pi, math.pi)
aspects = st.floats(0.5, 2)


def measure(landmarks_BTVC: torch.Tensor, aspect: float = 1.0, handedness: float = 1.0) -> torch.Tensor:
    features_BTF, seen_BT = PREPROCESS(
        landmarks_BTVC, torch.tensor([aspect]), torch.tensor([25.0]), torch.tensor([handedness])
    )
    assert seen_BT.all()
    return features_BTF


def same(a_BTF: torch.Tensor, b_BTF: torch.Tensor) -> None:
    """Equal to float32 rounding, which grows with the features of a random hand with a short palm."""
    torch.testing.assert_close(a_BTF, b_BTF, rtol=1e-3, atol=1e-3 * float(a_BTF.abs().max()))


@given(hands, shifts, shifts)
def test_moving_the_hand_changes_nothing(hand_BTVC, dx, dy):
    same(measure(hand_BTVC), measure(hand_BTVC + torch.tensor([dx, dy, 0.0])))


@given(hands, scales)
def test_resizing_the_hand_changes_nothing(hand_BTVC, scale):
    same(measure(hand_BTVC), measure(hand_BTVC * scale))


@given(hands, angles)
def test_turning_the_hand_in_the_picture_changes_nothing(hand_BTVC, angle):
    c, s = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    same(measure(hand_BTVC), measure(hand_BTVC @ turn.T))


@given(hands, aspects)
def test_the_same_hand_in_a_wider_picture_changes_nothing(hand_BTVC, aspect):
    same(measure(hand_BTVC), measure(hand_BTVC / torch.tensor([aspect, 1.0, aspect]), aspect))


@given(hands)
def test_a_left_hand_is_measured_as_its_mirror_image(hand_BTVC):
    mirrored_BTVC = torch.cat([1 - hand_BTVC[..., :1], hand_BTVC[..., 1:]], -1)
    same(measure(hand_BTVC), measure(mirrored_BTVC, handedness=0.0))
    same(measure(hand_BTVC), measure(hand_BTVC, handedness=math.nan))


def test_a_simple_hand_by_hand():
    hand_BTVC = torch.full((1, 1, 21, 3), 0.5)  # every point at the wrist
    hand_BTVC[..., HAND.index("middle_mcp"), :] = torch.tensor([0.7, 0.5, 0.0])  # the palm points right, 0.2 long
    hand_BTVC[..., HAND.index("index_tip"), :] = torch.tensor([0.5, 0.3, 0.5])  # 0.2 above the wrist
    features_F = measure(hand_BTVC)[0, 0]
    xy_V2 = features_F[:42].reshape(21, 2)
    torch.testing.assert_close(xy_V2[HAND.index("middle_mcp")], torch.tensor([0.0, -1.0]))
    torch.testing.assert_close(xy_V2[HAND.index("index_tip")], torch.tensor([-1.0, 0.0]))
    assert features_F.shape == (102,)
    assert (features_F[42:97] >= 0).all()
    assert ((features_F[97:] >= 0) & (features_F[97:] <= 1)).all()
