"""Stage `prepare`: a folder that is whole, and a refusal that can be read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline import samples as store
from pipeline import sources, split
from pipeline.errors import InputError
from pipeline.files import read_json
from pipeline.params import LandmarkTable, Prepare
from pipeline.prepare import prepare
from tests.factories import make_samples

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "letters"
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def leaking(path: Path) -> Path:
    """Writes samples of which every group has the same clips."""
    samples = make_samples(num_groups=4)
    store.write(path, replace(samples, values=np.tile(samples.values[:9], (4, 1, 1))))
    return path


def test_writes_split_and_audit_the_same_each_time(tmp_path: Path):
    store.write(tmp_path / "samples.h5", make_samples(num_groups=5, frames=(1, 4)))
    for name in ("a", "b"):
        prepare(Prepare(), samples=tmp_path / "samples.h5", out=tmp_path / name)
    files = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()}
    assert set(files) == {"split.json", "audit.json", "audit.md"}
    assert files == {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()}
    assert len(split.read(tmp_path / "a" / "split.json").test) == 9


def test_a_leaking_split_is_refused_after_its_report_was_written(tmp_path: Path):
    out = tmp_path / "prepared"
    with pytest.raises(InputError, match=r"9 of 9 test clips and 9 of 9 validation clips .*100\.0% .*audit\.md"):
        prepare(Prepare(), samples=leaking(tmp_path / "samples.h5"), out=out)
    assert sorted(p.name for p in out.iterdir()) == ["audit.json", "audit.md"]
    assert read_json(out / "audit.json")["leakage"]["refused"]
    assert "**Refused.**" in (out / "audit.md").read_text(encoding="utf-8")


def test_an_error_leaves_no_half_written_folder(tmp_path: Path):
    store.write(tmp_path / "samples.h5", make_samples())
    with pytest.raises(InputError, match="unknown group"):
        prepare(Prepare(test=("nobody",)), samples=tmp_path / "samples.h5", out=tmp_path / "prepared")
    assert [p.name for p in tmp_path.iterdir()] == ["samples.h5"]


@pytest.mark.data
def test_real_tables_split_by_signer_do_not_leak_and_a_shuffled_video_does(tmp_path: Path):
    if not DATA.exists():
        pytest.skip(f"no real tables in {DATA}")
    samples = sources.read(LandmarkTable(source="landmark_table", path=str(DATA), classes=LETTERS))
    store.write(tmp_path / "all.h5", samples)
    prepare(Prepare(), samples=tmp_path / "all.h5", out=tmp_path / "all")
    leakage = read_json(tmp_path / "all" / "audit.json")["leakage"]
    assert (leakage["share"], leakage["similar_share"]) == (0, 0)
    video = samples.select(np.flatnonzero(samples.group == "borisgraudt"))
    shuffled = video.select(np.random.default_rng(0).permutation(len(video)))
    store.write(tmp_path / "video.h5", shuffled)
    with pytest.raises(InputError, match="the split leaks"):
        prepare(Prepare(near_duplicate=0.01), samples=tmp_path / "video.h5", out=tmp_path / "video")
    assert read_json(tmp_path / "video" / "audit.json")["leakage"]["share"] > 0.4
