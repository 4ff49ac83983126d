"""Hands over time: slots, the ways between them, alternating and idle hands."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.params import SyntheticSigns
from pipeline.sources import kinematic_hand, sign_table, signing_body, signing_motion, signing_person
from pipeline.sources.signing_body import AVERAGE, MIDDLE_OF_HAND
from pipeline.sources.signing_motion import RELAXED, RESTS, Hands, Slots

TABLE = sign_table.read(Path(SyntheticSigns(source="synthetic_signs").path))
PLACES = {**TABLE.locations, **RESTS}
IDLE = signing_motion.rest("lowered", PLACES["lowered"])
LEAD, OTHER = 0, 1


def show(*names: str, seconds: np.ndarray, size: float = 1.0) -> tuple[Hands, np.ndarray]:
    """One clip: rest until 0, each sign for a second with half a second before it, rest."""
    forms = [IDLE, *(signing_motion.form(TABLE.signs[name], TABLE, IDLE, PLACES) for name in names)]
    start = np.array([[-1.0, *(0.5 + 1.5 * np.arange(len(names) + 1))]])
    stop = np.array([[0.0, *(1.5 + 1.5 * np.arange(len(names) + 1))]])
    number = np.array([[0, *range(1, len(names) + 1), 0]])
    slots = Slots(form=number, start=start, stop=stop, size=np.full(number.shape, size))
    return signing_motion.hands(forms, slots, np.zeros(len(seconds), int), np.asarray(seconds, float))


def test_before_and_after_both_hands_are_at_rest():
    hands, wiggles = show("rain", seconds=np.array([-0.5, 0.0, 2.0, 5.0]))
    np.testing.assert_allclose(hands.place, np.broadcast_to(RESTS["lowered"], (4, 2, 3)), atol=1e-12)
    np.testing.assert_allclose(hands.angles, np.broadcast_to(RELAXED, hands.angles.shape), atol=1e-12)
    np.testing.assert_array_equal(wiggles, 0)


def test_a_sign_is_at_its_place_with_its_shape_and_its_orientation():
    """`offer`: flat hand in neutral space, palm up, fingers forward; it begins there."""
    hands, _ = show("offer", seconds=np.array([0.5]))
    np.testing.assert_allclose(hands.place[0, LEAD], TABLE.locations["neutral"])
    np.testing.assert_allclose(hands.angles[0, LEAD], TABLE.shapes["flat"])
    np.testing.assert_allclose(hands.matrix[0, LEAD] @ kinematic_hand.DISTAL, [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(hands.matrix[0, LEAD] @ kinematic_hand.PALMAR, [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(hands.place[0, OTHER], RESTS["lowered"])


@pytest.mark.parametrize("size", [0.5, 1.0])
def test_it_ends_where_the_movement_leads_as_large_as_the_signer_moves(size):
    hands, _ = show("offer", seconds=np.array([1.5]), size=size)
    np.testing.assert_allclose(hands.place[0, LEAD] - TABLE.locations["neutral"], [0, 0, -0.5 * size], atol=1e-9)


def test_a_tap_presses_along_the_palm():
    """`print` taps with the palm down: it begins above, and touches once at a quarter."""
    hands, _ = show("print", seconds=np.array([0.5]))
    np.testing.assert_allclose(hands.place[0, LEAD] - TABLE.locations["on_other_hand"], [0, -0.22, 0], atol=1e-9)
    np.testing.assert_allclose(hands.place[0, OTHER], TABLE.locations["base"], atol=1e-9)


def test_two_hands_move_alike_or_half_a_cycle_apart():
    seconds = np.linspace(0.5, 1.5, 41)
    both, apart = show("ladder", seconds=seconds)[0].place, show("pedal", seconds=seconds)[0].place
    np.testing.assert_allclose(both[:, LEAD], both[:, OTHER], atol=1e-12)
    middle = TABLE.locations["neutral"][1]
    assert np.corrcoef(apart[:, LEAD, 1] - middle, apart[:, OTHER, 1] - middle)[0, 1] < -0.95


def test_a_hand_changes_its_shape_in_the_movement():
    hands, _ = show("flower", seconds=np.array([0.5, 1.5]))
    np.testing.assert_allclose(hands.angles[0, LEAD], TABLE.shapes["purse"])
    np.testing.assert_allclose(hands.angles[1, LEAD], TABLE.shapes["open"])


def test_ways_are_smooth_and_turn_over_without_a_jump():
    seconds = np.arange(0, 6.5, 0.005)
    hands, _ = show("wall", "curtain", "offer", "calm", seconds=seconds)
    assert np.linalg.norm(np.diff(hands.place, axis=0), axis=-1).max() < 0.05
    turn = np.einsum("tij,tij->t", hands.matrix[1:, LEAD], hands.matrix[:-1, LEAD])
    assert np.degrees(np.arccos(np.clip((turn - 1) / 2, -1, 1))).max() < 12
    np.testing.assert_allclose(np.linalg.det(hands.matrix), 1)


def test_fingers_wiggle_one_after_the_other_only_where_the_sign_says():
    seconds = np.linspace(0.5, 1.5, 50)
    _, wiggles = show("snow", seconds=seconds)
    np.testing.assert_allclose(wiggles[:, LEAD], TABLE.movements["drift"].wiggle)
    np.testing.assert_array_equal(wiggles[:, OTHER], 0)
    angles = np.zeros((50, 2, len(kinematic_hand.JOINTS)))
    moved = signing_motion.wiggle(angles, wiggles, seconds)
    assert {joint for joint, d in zip(kinematic_hand.JOINTS, moved[:, LEAD].std(axis=0), strict=True) if d > 0} == {
        f"{finger}_mcp" for finger in ("index", "middle", "ring", "pinky")
    }
    np.testing.assert_array_equal(moved[:, OTHER], 0)


@pytest.mark.parametrize("name", TABLE.signs)
def test_an_average_arm_reaches_every_sign_without_breaking_its_wrist(name):
    hands, _ = show(name, seconds=np.linspace(0.5, 1.5, 9))
    pole = np.broadcast_to(signing_person.POLE, hands.place.shape)
    distal = hands.matrix @ kinematic_hand.DISTAL
    wished = hands.place - AVERAGE.hand_length * MIDDLE_OF_HAND * distal
    elbow, wrist = signing_body.reach(AVERAGE, wished, pole)
    np.testing.assert_allclose(wrist, wished, atol=0.02)
    bend = ((wrist - elbow) * distal).sum(axis=-1) / AVERAGE.forearm
    assert np.degrees(np.arccos(np.clip(bend, -1, 1))).max() < 85
