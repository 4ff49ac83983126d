"""Stage `pretrain`: an empty encoder, or one of masked landmarks that `train` starts from."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from pipeline import samples as store
from pipeline import split as splits
from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.formats import arrays
from pipeline.models import build
from pipeline.models.encoder import read_encoder
from pipeline.params import Augment, LandmarkClips, Mlp, Prepare, SyntheticLetters
from pipeline.pretrain import pretrain
from pipeline.samples import Samples
from pipeline.sources import synthetic_signs
from tests.pipeline.factories import Track
from tests.pipeline.pretraining import QUICK, SIGNS, TINY, empty, make_signs, one_thread, run


class KillError(Exception):
    """Stands for a kill between two epochs."""


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Track:
    return make_signs(tmp_path_factory.mktemp("signs"))


def test_none_writes_a_valid_encoder_without_tensors(tmp_path: Path):
    empty(tmp_path)
    first = (tmp_path / "e").read_bytes()
    assert read_encoder(tmp_path / "e") == ({}, {"method": "none"})
    empty(tmp_path)
    assert (tmp_path / "e").read_bytes() == first


def test_none_does_not_import_torch(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from pipeline.pretrain import pretrain\n"
        "from pipeline.params import Mlp, Pretrain\n"
        "at = Path(sys.argv[1]); pretrain(Mlp(name='mlp'), Pretrain(), samples=at, split=at, out=at / 'e')\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)


def test_tensors_are_read_by_name(tmp_path: Path):
    save_file({"w": np.arange(6.0).reshape(2, 3)}, tmp_path / "e", metadata={"method": "masked"})
    tensors, metadata = read_encoder(tmp_path / "e")
    np.testing.assert_array_equal(tensors["w"], [[0, 1, 2], [3, 4, 5]])
    assert metadata == {"method": "masked"}


def test_a_missing_or_cut_off_encoder_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"none' does not exist"):
        read_encoder(tmp_path / "none")
    empty(tmp_path)
    for size in (0, 5, 20):
        (tmp_path / "cut").write_bytes((tmp_path / "e").read_bytes()[:size])
        with pytest.raises(InputError, match=r"cut' is not a whole encoder"):
            read_encoder(tmp_path / "cut")


@pytest.mark.parametrize("decoder", ["sequence", "frame_wise"])
def test_the_encoder_has_all_that_was_trained_and_no_head(track: Track, tmp_path: Path, decoder: str):
    tensors, metadata = read_encoder(run(track, tmp_path / "e", decoder=decoder, mask="spans"))
    state = build(TINY, form="holistic", num_classes=3).network.state_dict()
    absent = {name for name in state if name not in tensors}
    assert set(tensors) <= set(state)
    assert {name.partition(".")[0] for name in absent} == {"head"} | ({"pooling"} if decoder == "frame_wise" else set())
    assert metadata == {"method": "masked_landmarks"}


def test_the_same_inputs_give_the_same_bytes_and_another_seed_others(track: Track, tmp_path: Path):
    first = sha256(run(track, tmp_path / "a"))
    torch.manual_seed(1)
    assert sha256(run(track, tmp_path / "b")) == first
    assert sha256(run(track, tmp_path / "c", seed=1)) != first


def test_it_learns_where_hidden_points_are(track: Track, tmp_path: Path):
    told: list[float] = []
    still = Augment(rotate_deg=0, scale=0, perspective=0, mirror=0, jitter=0, drop_points=0, time_warp=0)
    run(
        track,
        tmp_path / "e",
        model=TINY.model_copy(update={"d_model": 32, "graph_width": 16, "layers": 1, "dropout": 0.0}),
        epochs=12,
        batch_size=4,
        points=0.5,
        decoder="frame_wise",
        augment=still.model_dump(),
        log=lambda epoch, values: told.append(values["loss"]),
    )
    assert np.mean(told[-3:]) < 0.75 * np.mean(told[:2])


def test_a_resumed_run_repeats_an_uninterrupted_one_bit_for_bit(track: Track, tmp_path: Path):
    def kill(epoch: int, values: dict[str, float]) -> None:
        if epoch == 1:
            raise KillError

    fields = {"epochs": 3, "data": SIGNS.model_copy(update={"seed": 3}).model_dump()}
    with pytest.raises(KillError):
        run(track, tmp_path / "killed", checkpoint=tmp_path / "c.pt", log=kill, **fields)
    assert not (tmp_path / "killed").exists()
    told: list[int] = []
    run(track, tmp_path / "a", checkpoint=tmp_path / "c.pt", log=lambda epoch, values: told.append(epoch), **fields)
    assert told == [0, 1, 2]
    assert sha256(tmp_path / "a") == sha256(run(track, tmp_path / "b", **fields))


def test_who_validates_and_tests_has_no_part_in_it(track: Track, tmp_path: Path):
    """Their clips may be anything; those of who trains may not."""
    whole, parts = store.read(track.samples), splits.read(track.split)
    encoders = []
    for which in (np.concatenate([parts.val, parts.test]), parts.train[:1]):
        changed = replace(whole, values=whole.values.copy())
        for i in which:
            changed.clip(i)[:] = 0.5
        other = Track(tmp_path / f"{len(encoders)}")
        other.folder.mkdir()
        store.write(other.samples, changed)
        splits.write(other.split, parts)
        encoders.append(sha256(run(other, tmp_path / "e")))
    assert encoders[0] == sha256(run(track, tmp_path / "e"))
    assert encoders[1] != encoders[0]


def further(path: Path, samples: Samples) -> dict[str, Any]:
    """Writes clips into a file of another source; returns the section that reads it."""
    arrays.write(path, samples)
    return LandmarkClips(source="landmark_clips", path=str(path)).model_dump()


def test_nor_does_it_come_back_through_a_further_source_that_names_the_same_signers(track: Track, tmp_path: Path):
    """Other clips of the same six: what 0003, 0004 and 0005 do in them changes nothing, what 0000 does changes all."""
    others = synthetic_signs.read(SIGNS.model_copy(update={"seed": 3}))
    encoders = []
    for number, signers in enumerate([(), ("signer_0003", "signer_0004", "signer_0005"), ("signer_0000",)]):
        changed = replace(others, values=others.values.copy())
        for i in np.flatnonzero(np.isin(others.group, signers)):
            changed.clip(i)[:] *= 1.5
        data = further(tmp_path / f"{number}.npz", changed)
        encoders.append(sha256(run(track, tmp_path / f"e{number}", epochs=1, data=data)))
    assert encoders[0] == encoders[1] != encoders[2]


def test_nor_where_another_source_has_the_same_clips_and_says_not_whose_they_are(track: Track, tmp_path: Path):
    """All of the track's clips as one group teach what those of who trains do alone."""
    whole, parts = store.read(track.samples), splits.read(track.split)
    unnamed = replace(whole, group=np.full(len(whole), "somebody", dtype=object))
    encoders = [
        sha256(run(track, tmp_path / f"e{number}", epochs=1, data=further(tmp_path / f"{number}.npz", clips)))
        for number, clips in enumerate([unnamed, unnamed.select(parts.train)])
    ]
    assert encoders[0] == encoders[1]
    with pytest.raises(InputError, match=r"pretrain\.data: expected clips of others.*got none among 6 from 'landmark"):
        run(track, tmp_path / "e", data=further(tmp_path / "test.npz", unnamed.select(parts.test)))


def test_a_further_source_of_other_points_is_refused(track: Track, tmp_path: Path):
    letters = SyntheticLetters(source="synthetic_letters", num_signers=2, classes=("A", "B"))
    with pytest.raises(
        InputError, match=r"pretrain\.data: expected clips of 'holistic'.*got 'hand'.*synthetic_letters"
    ):
        run(track, tmp_path / "e", data=letters.model_dump())


def test_a_model_without_such_an_encoder_is_refused_before_anything_is_read(track: Track, tmp_path: Path):
    with pytest.raises(InputError, match=r"pretrain\.method: 'masked_landmarks'.*got model\.name 'mlp'.*to none"):
        run(Track(tmp_path), tmp_path / "e", model=Mlp(name="mlp"))


def test_an_empty_part_is_refused(track: Track, tmp_path: Path):
    other = Track(tmp_path)
    splits.write(other.split, replace(splits.read(track.split), train=np.array([], np.int64)))
    with pytest.raises(InputError, match="expected clips to pretrain on, got an empty part"):
        pretrain(TINY, QUICK, samples=track.samples, split=other.split, out=tmp_path / "e")


def test_clips_at_rest_are_seen_and_those_of_validation_and_test_are_not(track: Track, tmp_path: Path):
    """A held-out clip that was a NaN or a picture of something else would change nothing; one at rest does."""
    samples, parts = store.read(track.samples), splits.read(track.split)
    named = Prepare(test=("signer_0004", "signer_0005"), val=("signer_0003",), labelled=1)
    few = splits.assign(samples, named)
    other = Track(tmp_path)
    splits.write(other.split, few)
    encoders = []
    for number, clips in enumerate([[], few.rest[:1], np.concatenate([parts.val, parts.test])]):
        values = samples.values.copy()
        for clip in clips:
            values[samples.offsets[clip] : samples.offsets[clip + 1]] *= 1.5
        store.write(other.samples, replace(samples, values=values))
        encoders.append(sha256(run(other, tmp_path / f"e{number}", epochs=1)))
    assert encoders[0] == encoders[2] != encoders[1]
