"""Samples without points on the command line: read, shown, converted; and what cannot hold them says so."""

import json

import numpy as np
import pytest

from flows.contents import contents
from flows.inputs import Unlabelled, read_clips
from pipeline import formats
from pipeline.errors import InputError
from pipeline.pictures import sheet
from pipeline.samples import from_clips

OTHERWISE = Unlabelled(aspect=1.0)


def drawings(count: int = 4):
    rng = np.random.default_rng(0)
    clips = list(rng.integers(0, 256, (count, 1, 28, 28)).astype(np.uint8))
    ids, group = [f"b{i}" for i in range(count)], [f"block_{i % 2:02d}" for i in range(count)]
    target = [i % 2 for i in range(count)]
    return from_clips(clips, target=target, group=group, ids=ids, class_names=("cat", "sun"), form="bitmap")


def series(count: int = 3):
    clips = [np.arange(2 * (i + 1), dtype=np.float32).reshape(-1, 2, 1) for i in range(count)]
    clips[0][0, 0] = np.nan
    each = [str(i) for i in range(count)]
    return from_clips(clips, target=[0] * count, group=each, ids=each, class_names=("up",), form="series")


@pytest.mark.parametrize("made", [drawings, series])
@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_samples_of_any_form_come_back_whole(tmp_path, made, suffix):
    samples = made()
    assert formats.write(tmp_path / f"a{suffix}", samples) == []
    found = formats.read(tmp_path / f"a{suffix}")
    assert (found.form, found.class_names, found.values.dtype) == (
        samples.form,
        samples.class_names,
        samples.values.dtype,
    )
    for name in ("values", "offsets", "target", "group", "id"):
        np.testing.assert_array_equal(getattr(found, name), getattr(samples, name))


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.pose", "folder"])
def test_what_holds_points_alone_says_so(tmp_path, name):
    with pytest.raises(InputError, match=r"holds points of a skeleton, .*'bitmap'. Give a file .h5 or .npz"):
        formats.write(tmp_path / name, drawings())


def test_a_broken_archive_is_told(tmp_path):
    formats.write(tmp_path / "a.npz", drawings())
    with np.load(tmp_path / "a.npz") as found:
        arrays = dict(found)
    np.savez(tmp_path / "b.npz", **{**arrays, "offsets": arrays["offsets"][:-1]})
    np.savez(tmp_path / "c.npz", **{name: values for name, values in arrays.items() if name != "target"})
    for name, words in (("b.npz", "do not fit"), ("c.npz", "has no array target")):
        with pytest.raises(InputError, match=words):
            formats.read(tmp_path / name)


def test_drawings_are_counted_and_stand_on_a_sheet(tmp_path):
    found = contents(drawings())
    assert found.facts["form"] == "bitmap, rows of 28 × 28"
    assert list(found.classes["clips"]) == [2, 2]
    assert sheet.write(tmp_path / "sheet.png", drawings()) == 4
    with pytest.raises(InputError, match="'series' have no picture"):
        sheet.write(tmp_path / "none.png", series())


@pytest.mark.parametrize("name", ["a.npy", "a.json", "a.h5", "a.npz"])
def test_drawings_are_read_to_be_answered(tmp_path, name):
    samples = drawings(2)
    pictures = samples.values
    if name == "a.npy":
        np.save(tmp_path / name, pictures.reshape(2, 784))
    elif name == "a.json":
        (tmp_path / name).write_text(json.dumps({"clips": pictures.tolist()}))
    else:
        formats.write(tmp_path / name, samples)
    found = read_clips(tmp_path / name, otherwise=OTHERWISE, form="bitmap", row=(28, 28))
    assert (len(found), found.values.dtype) == (2, np.uint8)
    np.testing.assert_array_equal(found.values, pictures)


def test_a_file_of_another_form_is_refused(tmp_path):
    formats.write(tmp_path / "s.h5", series())
    with pytest.raises(InputError, match="holds samples of 'series', the model reads 'bitmap'"):
        read_clips(tmp_path / "s.h5", otherwise=OTHERWISE, form="bitmap", row=(28, 28))
    np.save(tmp_path / "a.npy", np.zeros((2, 5)))
    with pytest.raises(InputError, match=r"a.npy': bitmap: expected \[clips, 1, 28, 28\]"):
        read_clips(tmp_path / "a.npy", otherwise=OTHERWISE, form="bitmap", row=(28, 28))
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(InputError, match=r"expected a file .h5, .npz, .npy, .json of 'bitmap'"):
        read_clips(tmp_path / "a.mp4", otherwise=OTHERWISE, form="bitmap", row=(28, 28))
