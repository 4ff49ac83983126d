"""The synthetic signs: the right clips, the same bytes, people who stay themselves, signs that can be told apart."""

from itertools import islice

import numpy as np
import pytest

from pipeline import sources
from pipeline.errors import InputError
from pipeline.params import SyntheticSigns
from pipeline.samples import PER_SAMPLE, Samples, check
from pipeline.skeleton import skeleton
from pipeline.sources import signing_person, synthetic_signs

SKELETON = skeleton("holistic")
SHOULDERS = SKELETON.indices("pose_left_shoulder", "pose_right_shoulder")
WRISTS = SKELETON.indices("left_hand_wrist", "right_hand_wrist")
POSE_WRISTS = SKELETON.indices("pose_left_wrist", "pose_right_wrist")
FEW = ("apple", "plum", "storm", "pedal", "print")


def settings(**chosen: object) -> SyntheticSigns:
    return SyntheticSigns.model_validate({"source": "synthetic_signs", "num_signers": 3} | chosen)


def make(**chosen: object) -> Samples:
    return synthetic_signs.read(settings(**chosen))


@pytest.fixture(scope="module")
def crowd() -> Samples:
    return make(num_signers=80, classes=FEW)


def body_centred(samples: Samples, i: int, num_frames: int = 16) -> np.ndarray:
    """Clip i resampled, aspect undone, from the middle of the shoulders in shoulder widths; hands from their wrists."""
    clip = samples.clip(i) * np.array([samples.aspect[i], 1, samples.aspect[i]])
    clip = clip[np.linspace(0, len(clip) - 1, num_frames).round().astype(int)]
    middle, width = clip[:, SHOULDERS].mean(axis=1, keepdims=True), np.ptp(clip[0, SHOULDERS, 0])
    wrists = clip[:, POSE_WRISTS] - middle
    fingers = np.stack([clip[:, SKELETON.part(f"{side}_hand")] for side in ("left", "right")], axis=1)
    fingers = fingers - fingers[:, :, :1]
    return np.concatenate([(wrists / width).ravel(), 2 * (fingers / width).ravel()])


def test_every_sign_is_there_as_often_as_asked():
    samples = make(num_signers=2, clips_per_sign=2)
    check(samples)
    assert len(samples.class_names) == 48
    assert np.bincount(samples.target).tolist() == [4] * 48
    assert samples.id[:3].tolist() == ["signer_0000/apple/0", "signer_0000/apple/1", "signer_0000/plum/0"]
    assert sorted(set(samples.group)) == ["signer_0000", "signer_0001"]
    assert samples.form == "holistic"
    assert samples.values.dtype == np.float32
    assert samples.provenance["synthetic"] is True
    assert np.isnan(samples.handedness).all()


def test_the_door_reads_it_by_its_name_and_classes_are_taken_in_the_order_given():
    samples = sources.read(settings(classes=("snow", "rain", "apple"), num_signers=1))
    assert samples.class_names == ("snow", "rain", "apple")
    assert samples.provenance["minimal_pairs"] == [["rain", "snow", "movement"]]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    once, again, other = (make(num_signers=1, classes=FEW, seed=seed).values.tobytes() for seed in (0, 0, 1))
    assert once == again
    assert once != other


def test_a_signer_does_not_depend_on_how_many_there_are():
    few, many = (make(num_signers=k, classes=FEW) for k in (2, 4))
    assert many.values[: len(few.values)].tobytes() == few.values.tobytes()
    for name in PER_SAMPLE:
        np.testing.assert_array_equal(getattr(many, name)[: len(few)], getattr(few, name))


def test_lengths_rates_and_formats_vary_as_people_and_cameras_do(crowd):
    seconds = crowd.lengths / crowd.fps
    assert 0.4 < np.quantile(seconds, 0.02) < np.quantile(seconds, 0.5) < np.quantile(seconds, 0.98) < 3
    assert 1.2 < np.median(seconds) < 1.9
    assert crowd.lengths.min() >= 8
    assert crowd.fps.min() >= 15
    assert crowd.fps.max() <= 30
    assert len(set(crowd.fps)) > 6
    assert len(set(crowd.aspect)) >= 4
    for column in (crowd.fps, crowd.aspect):
        assert all(len(set(column[crowd.group == group])) == 1 for group in set(crowd.group)), "a signer has one camera"


def test_hands_come_and_go_and_the_pose_hardly_ever_does(crowd):
    clip = np.repeat(np.arange(len(crowd)), crowd.lengths)
    hands = crowd.seen[:, WRISTS]
    share = np.stack([np.bincount(clip, hands[:, side]) / crowd.lengths for side in (0, 1)], axis=1)
    one_handed = np.isin(crowd.target, [0, 1])
    assert 0.75 < share.max(axis=1).mean() < 0.95, "the hand that signs"
    assert 0.2 < share[one_handed].min(axis=1).mean() < 0.6, "the hand that rests"
    assert 0.6 < share[~one_handed].min(axis=1).mean() < 0.9
    pose = crowd.seen[:, SHOULDERS[0]]
    assert 0.99 < pose.mean() < 1
    assert (np.bincount(clip, pose) > 0).all()
    assert (crowd.seen[:, SKELETON.part("pose")].all(axis=1) == pose).all(), "legs are reported too"


def test_legs_are_mostly_out_of_the_picture_and_faces_in_it(crowd):
    def outside(name: str) -> float:
        place = crowd.values[crowd.seen[:, SHOULDERS[0]], SKELETON.index(name), :2]
        return ((place < 0) | (place > 1)).any(axis=-1).mean()

    assert outside("pose_nose") < 0.05
    assert outside("pose_left_ankle") > 0.9


def test_clips_begin_and_end_at_rest_or_on_the_way():
    """The hand of `cloud` goes up: a clip that begins on the way has it rise from the first frame on."""
    samples = make(num_signers=60, classes=("cloud",))
    rises = [np.diff(samples.clip(i)[[0, 2]][:, POSE_WRISTS, 1], axis=0).min() < -0.02 for i in range(len(samples))]
    assert 0.3 < np.mean(rises) < 0.7


def test_the_wrists_of_hand_and_pose_agree(crowd):
    flat = (
        crowd.values[..., :2]
        * np.stack([np.repeat(crowd.aspect, crowd.lengths), np.ones(len(crowd.values))], axis=-1)[:, None]
    )
    width = np.linalg.norm(flat[:, SHOULDERS[0]] - flat[:, SHOULDERS[1]], axis=-1)
    gap = np.linalg.norm(flat[:, WRISTS] - flat[:, POSE_WRISTS], axis=-1) / width[:, None]
    assert 0.03 < np.nanmedian(gap) < 0.08
    assert np.nanquantile(gap, 0.99) < 0.25


def test_a_perfect_signer_is_seen_whole_and_hand_and_pose_have_one_wrist():
    samples = make(difficulty=0, classes=FEW)
    assert samples.seen.all()
    np.testing.assert_allclose(samples.values[:, WRISTS, :2], samples.values[:, POSE_WRISTS, :2], atol=2e-4)
    np.testing.assert_array_equal(samples.values[:, WRISTS, 2], 0)


def test_left_handed_signers_are_mirror_images(monkeypatch):
    def crowd(left_handed: float) -> Samples:
        monkeypatch.setattr(signing_person, "LEFT_HANDED", left_handed)
        return make(difficulty=0, num_signers=2, classes=FEW)

    right, left = crowd(0.0), crowd(1.0)
    np.testing.assert_allclose(left.values[:, SKELETON.mirrored()] * [-1, 1, 1] + [1, 0, 0], right.values, atol=2e-4)


def test_about_an_eighth_are_left_handed():
    """Who signs `cloud` with the left hand has it above the right one."""
    samples = make(num_signers=200, classes=("cloud",), difficulty=0)
    middles = np.stack([samples.clip(i)[samples.lengths[i] // 2, POSE_WRISTS, 1] for i in range(len(samples))])
    assert 0.06 < (middles[:, 0] < middles[:, 1]).mean() < 0.19


def test_a_new_signer_is_told_by_the_nearest_template_and_each_minimal_pair_too(monkeypatch):
    monkeypatch.setattr(signing_person, "LEFT_HANDED", 0.0)
    samples = make(difficulty=0, num_signers=14)
    points = np.stack([body_centred(samples, i) for i in range(len(samples))]).reshape(14, 48, -1)
    templates, new = points[:10].mean(axis=0), points[10:]
    gaps = np.linalg.norm(new[:, :, None] - templates, axis=-1)
    assert (gaps.argmin(axis=-1) == np.arange(48)).mean() > 0.95
    for one, two, parameter in samples.provenance["minimal_pairs"]:
        a, b = (samples.class_names.index(name) for name in (one, two))
        told = (gaps[:, a, a] < gaps[:, a, b]) & (gaps[:, b, b] < gaps[:, b, a])
        assert told.all(), f"{one} and {two}, which differ in {parameter}"


def test_the_stream_is_endless_unlabelled_and_its_signers_are_new():
    chunks = list(islice(synthetic_signs.stream(settings(), clips_per_signer=4), 5))
    for k, chunk in enumerate(chunks):
        check(chunk)
        assert chunk.class_names == ("unlabelled",)
        assert chunk.target.tolist() == [0] * 4
        assert set(chunk.group) == {f"stream_{k:06d}"}
    seconds = np.concatenate([chunk.lengths / chunk.fps for chunk in chunks])
    assert 1.5 < seconds.min() < seconds.max() < 9
    assert seconds.std() > 0.5, "sentences have more signs or fewer"


def test_a_streams_signer_is_a_function_of_seed_and_number():
    def third(**chosen: int) -> bytes:
        data = settings(**{name: value for name, value in chosen.items() if name != "first"})
        stream = synthetic_signs.stream(data, clips_per_signer=2, first=chosen.get("first", 0))
        return next(islice(stream, 2 - chosen.get("first", 0), None)).values.tobytes()

    assert third() == third(first=2) == third(num_signers=1)
    assert third() != third(seed=1)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"classes": ("rain", "sun")}, "data.classes: expected signs of .*, got 'sun'. Valid: apple, plum"),
        ({"classes": ("rain", "rain")}, "expected different signs, got rain, rain"),
        ({"path": "none.yaml"}, "'none.yaml' does not exist"),
    ],
)
def test_what_cannot_be_made_is_refused(chosen, message):
    with pytest.raises(InputError, match=message):
        make(**chosen)
    with pytest.raises(InputError, match=message):
        next(synthetic_signs.stream(settings(**chosen)))
