"""People in other settings: as usual bit by bit, and of each setting what it names changes and nothing else."""

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.params import SyntheticLetters
from pipeline.samples import Samples
from pipeline.sources.setting import USUAL, Setting
from pipeline.sources.synthetic_letters import film, read
from pipeline.summary import summarise

DATA = SyntheticLetters(source="synthetic_letters", num_signers=6, clips_per_letter=1, seed=3)
WANTED = [np.arange(26)] * 6
# Of the letters as they were before there were settings: seed 5, two signers, A, J and Z twice, four frames.
BEFORE = np.array([0.2789315, 0.2917387, 0.2934795, 0.2879100])  # x of the first clip's wrist


def figures(**changed: object) -> pd.DataFrame:
    return summarise(film(DATA, WANTED, setting=Setting(**changed)))  # pyright: ignore[reportArgumentType]


def moved(**changed: object) -> set[str]:
    """Names the figures of which any clip's is another."""
    one, other = figures(), figures(**changed)
    return {name for name in one if not one[name].equals(other[name])}


def test_without_a_setting_the_clips_are_those_of_before():
    old = SyntheticLetters(
        source="synthetic_letters", num_signers=2, clips_per_letter=2, seed=5, frames=4, classes=("A", "J", "Z")
    )
    samples = read(old)
    np.testing.assert_allclose(samples.values[:4, 0, 0], BEFORE, atol=1e-6)
    assert "setting" not in samples.provenance


def test_who_films_each_letter_once_reads_the_source():
    whole, filmed = read(DATA), film(DATA, WANTED)
    assert filmed.values.tobytes() == whole.values.tobytes()
    assert filmed.id.tolist() == whole.id.tolist()
    assert filmed.provenance == whole.provenance


def test_a_person_signs_what_is_wanted_and_is_the_same_wherever_counting_begins():
    wanted = [np.array([2, 0, 2])]
    samples = film(DATA, wanted, first=4)
    assert samples.id.tolist() == ["signer_0004/C/0", "signer_0004/A/0", "signer_0004/C/1"]
    assert samples.target.tolist() == [2, 0, 2]
    among = film(DATA, [np.arange(3)] * 4 + wanted)
    assert among.values[-3 * 16 :].tobytes() == samples.values.tobytes()


def test_another_camera_angle_turns_the_picture_and_tells_nothing_new():
    turned = figures(view_deg=(0, 0, 30))
    away = (turned["tilt_deg"] - figures()["tilt_deg"] + 180) % 360 - 180
    assert np.median(away) == pytest.approx(30, abs=3)
    assert not moved(view_deg=(0, 0, 30)) & {"fps", "num_frames", "aspect", "handedness", "seen_share"}


def test_half_the_frame_rate_is_as_long():
    half = figures(frame_rate=0.5)
    assert set(half["fps"]) == {7.5}
    assert set(half["num_frames"]) == {8}
    assert half["jitter"].mean() > 1.5 * figures()["jitter"].mean()
    assert not moved(frame_rate=0.5) & {"aspect", "handedness"}


def test_left_handed_people_are_the_same_people_mirrored():
    assert set(figures(left_handed=1.0)["handedness"]) == {"left"}
    assert set(figures(left_handed=0.0)["handedness"]) == {"right"}
    usual = figures()["handedness"]
    right, left = figures(left_handed=0.0), figures(left_handed=1.0)
    pd.testing.assert_frame_equal(figures()[usual == "right"], right[usual == "right"])
    assert np.median(left["tilt_deg"]) < np.median(right["tilt_deg"])


def test_a_detector_that_loses_the_hand_changes_no_frame_that_it_keeps():
    usual, lossy = (film(DATA, WANTED, setting=setting) for setting in (USUAL, Setting(lost=0.3)))
    kept = _frames_seen(lossy)
    assert 0.2 < 1 - kept.sum() / _frames_seen(usual).sum() < 0.4
    assert lossy.values[kept].tobytes() == usual.values[kept].tobytes()
    assert np.logical_or.reduceat(kept, lossy.offsets[:-1]).all()
    assert not moved(lost=0.3) & {"fps", "num_frames", "aspect", "handedness"}


def test_short_fingers_bring_their_tips_together():
    assert figures(fingers=0.7)["spread"].median() < 0.9 * figures()["spread"].median()
    wide = figures(palm=1.3)
    assert not {"fps", "num_frames", "aspect", "handedness"} & moved(palm=1.3)
    assert wide["spread"].median() != figures()["spread"].median()


def test_provenance_tells_what_is_not_as_usual():
    assert film(DATA, WANTED[:1], setting=Setting(lost=0.25)).provenance["setting"] == {"lost": 0.25}


@pytest.mark.parametrize("wrong", [{"lost": 0.5}, {"lost": -0.1}, {"palm": 0.0}, {"frame_rate": -1.0}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        Setting(**wrong)


def _frames_seen(samples: Samples) -> np.ndarray:
    return ~np.isnan(samples.values).all(axis=(1, 2))
