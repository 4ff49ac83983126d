"""Who tells J from I: votes that one counts by hand; examples/ name one model of frames and one of clips."""

import numpy as np
import pytest
from numpy.typing import NDArray

from flows.motion import PAIRS, frames, measure, motion, votes
from flows.overlay import read_with
from pipeline.errors import InputError
from pipeline.models import build
from pipeline.models.recurrent import Recurrent
from pipeline.params import LandmarkTable
from pipeline.samples import Samples, from_clips
from tests.flows.project import HERE

NAMES = ("D", "I", "J", "Z")


def make_clips(**clips: list[float]) -> Samples:
    """Clips by letter; a frame's first number is what it says: 0 still, 1 moving, NaN no hand."""
    arrays = [np.full((len(says), 21, 3), np.asarray(says)[:, None, None], np.float32) for says in clips.values()]
    letters = [name[0] for name in clips]
    return from_clips(
        arrays,
        target=[NAMES.index(letter) for letter in letters],
        group=["g" for _ in arrays],
        ids=list(clips),
        class_names=NAMES,
    )


def says_what_it_sees(samples: Samples) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Answers by the first frame: I and D share a clip that is still, J and Z one that moves; never sure which."""
    first = samples.values[samples.offsets[:-1], 0, 0]
    moving = np.nan_to_num(first)[:, None]
    return np.where([False, False, True, True], moving, 1 - moving).astype(np.float32), 1.0 - np.isnan(first)


def test_the_majority_of_seen_frames_decides_and_a_tie_is_still():
    samples = make_clips(
        J1=[1, 1, 0], J2=[1, 0, 0], J3=[1, 1, 0, 0], J4=[1, np.nan, np.nan], I1=[0, 1], I2=[1, 1, 0], D1=[1], Z1=[1]
    )
    assert votes(says_what_it_sees, samples, NAMES.index("I"), NAMES.index("J")) == pytest.approx(3 / 6)
    assert votes(says_what_it_sees, samples, NAMES.index("D"), NAMES.index("Z")) == pytest.approx(1 / 2)


def test_recall_is_of_whole_clips_among_all_letters():
    samples = make_clips(J1=[1], J2=[0], Z1=[1], I1=[0], D1=[0])
    found = measure("m", says_what_it_sees, samples)  # argmax takes the first of equals: J before Z, D before I
    assert found.recall == {"J": 0.5, "Z": 0.0}
    assert found.accuracy == pytest.approx(2 / 5)


def test_every_frame_becomes_a_clip_that_keeps_what_it_was():
    samples = make_clips(J1=[1, 0], I1=[0, 0, 1])
    single = frames(samples)
    assert single.lengths.tolist() == [1] * 5
    assert single.target.tolist() == [2, 2, 1, 1, 1]
    assert len(set(single.id)) == 5


def test_the_examples_are_a_model_of_frames_and_one_of_clips_scored_on_the_same_signers():
    tracks = [
        read_with(HERE / "params.yaml", HERE / "examples" / f"letters_{name}.yaml").track("letters")
        for name in ("frames", "motion")
    ]
    recurrent = [isinstance(build(t.model, form="hand", num_classes=2).network, Recurrent) for t in tracks]
    assert recurrent == [False, True]
    assert [t.train.sequence_length for t in tracks] == [1, 16]
    frames_data, clips_data = (t.data.model_dump(exclude={"num_signers"}) for t in tracks)  # trained on more or fewer
    assert frames_data == clips_data
    assert [b for _, b in PAIRS] == ["J", "Z"]


def test_recordings_are_refused():
    track = read_with(HERE / "params.yaml", None).track("letters")
    track = track.model_copy(update={"data": LandmarkTable(source="landmark_table", path="x")})
    with pytest.raises(InputError, match="'landmark_table': signers are simulated here"):
        next(motion(track))
