"""What is kept, what is left out, what is looked at again, and when a run fails; recordings are stand-ins."""

import logging
from pathlib import Path

import numpy as np
import pytest

from pipeline import samples as store
from pipeline.detect.detected import Failure
from pipeline.errors import InputError
from pipeline.params import Detection, Images, Videos
from tests.pipeline.sources.standin import Told, write


def videos(path: Path, **options) -> Videos:
    return Videos(source="videos", path=str(path), **options)


def tree(folder: Path) -> Path:
    """Six clips of two labels; one is broken, one a copy, one shows nothing and one little."""
    for name, text in {
        "no/1.mp4": "hand 3",
        "no/2.mp4": "hand 3",
        "no/3.mp4": "rest 4",
        "tea/1.mp4": "hand 5",
        "tea/2.mp4": "hand 1 rest 5",
        "tea/3.mp4": "broken",
    }.items():
        write(folder / name, text)
    return folder


def test_each_clip_that_is_left_out_has_a_line_and_a_kind(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    told = Told()
    samples = told.read(videos(tree(tmp_path), min_seen=2, max_failed=0.2))
    assert samples.id.tolist() == ["no/1.mp4", "no/2.mp4", "tea/1.mp4"]
    assert told.why == {"no/3.mp4": "nothing seen", "tea/2.mp4": "too short", "tea/3.mp4": "corrupt"}
    assert [line for line in caplog.messages if line.startswith("no")] == [
        "no/2.mp4: a copy of 'no/1.mp4'",
        "no/3.mp4: nothing seen: no hand in any of 4 frames",
    ]
    assert "tea/2.mp4: too short: a hand in 1 of 6 frames, where data.min_seen asks for 2" in caplog.messages
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert samples.provenance["clips_read"] == 6
    assert samples.provenance["clips_left_out"] == {"nothing seen": 1, "too short": 1}
    assert samples.provenance["clips_failed"] == {"corrupt": 1}
    assert samples.provenance["copies"] == 1
    assert told.outcomes[2].detected is not None  # a report shows it
    assert [one.copy_of for one in told.outcomes[:2]] == ["", "no/1.mp4"]


def test_a_clip_at_rest_is_kept_where_nothing_need_be_seen(tmp_path: Path):
    samples = Told().read(videos(tree(tmp_path), min_seen=0, max_failed=0.2))
    assert samples.lengths.tolist() == [3, 3, 4, 5, 6]


@pytest.mark.parametrize(("share", "fails"), [(0.1, True), (1 / 6, False), (0.0, True), (1.0, False)])
def test_the_run_fails_only_past_the_stated_share(
    tmp_path: Path, share: float, fails: bool, caplog: pytest.LogCaptureFixture
):
    told, data = Told(finished=tmp_path / "state"), videos(tree(tmp_path / "clips"), max_failed=share)
    if not fails:
        assert len(told.read(data)) == 4
        return
    with pytest.raises(InputError, match=r"1 of 6 videos failed \(corrupt 1\), 17% where data\.max_failed accepts"):
        told.read(data)
    assert "tea/3.mp4: corrupt: no decoder takes it" in caplog.messages  # said, and reported, before
    assert len(told.outcomes) == 6
    write(tmp_path / "clips" / "tea" / "3.mp4", "hand 7")
    assert len(told.read(data)) == 5
    assert told.looked_at == ["3.mp4"]


def test_nothing_left_is_said(tmp_path: Path):
    write(tmp_path / "tea" / "1.mp4", "rest 5")
    write(tmp_path / "tea" / "2.mp4", "broken")
    with pytest.raises(InputError, match=r"nothing is left of 2 clips \(corrupt 1, nothing seen 1\)"):
        Told().read(videos(tmp_path, max_failed=1))


def test_a_class_of_which_nothing_is_left_is_none_unless_it_is_named(tmp_path: Path):
    write(tmp_path / "tea" / "1.mp4")
    write(tmp_path / "gone" / "1.mp4", "broken")
    assert Told().read(videos(tmp_path, max_failed=1)).class_names == ("tea",)
    assert Told().read(videos(tmp_path, max_failed=1, classes=("tea", "gone"))).class_names == ("tea", "gone")


def test_a_copy_under_another_label_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    write(tmp_path / "no" / "1.mp4")
    write(tmp_path / "tea" / "1.mp4")
    told = Told()
    assert len(told.read(videos(tmp_path))) == 2
    assert caplog.messages == ["tea/1.mp4: a copy of 'no/1.mp4', under another label"]
    assert told.looked_at == ["1.mp4"]


def test_a_second_run_looks_only_at_what_is_new(tmp_path: Path):
    told, data = Told(finished=tmp_path / "state"), videos(tree(tmp_path / "clips"), max_failed=0.2)
    first = told.read(data)
    assert (told.done[-1].done, told.done[-1].total, told.done[-1].finished) == (5, 5, 0)
    (tmp_path / "clips" / "tea" / "1.mp4").rename(tmp_path / "clips" / "no" / "1b.mp4")
    write(tmp_path / "clips" / "tea" / "4.mp4", "hand 9")
    second = told.read(data)
    assert told.looked_at == ["3.mp4", "4.mp4"]  # the broken one once more: it may have been mended by another means
    assert (told.done[-1].total, told.done[-1].finished) == (2, 4)
    assert (len(first), len(second)) == (4, 5)
    np.testing.assert_array_equal(first.clip(2), second.clip(1))


def test_finished_clips_give_the_same_bytes(tmp_path: Path):
    told, data = Told(finished=tmp_path / "state"), videos(tree(tmp_path / "clips"), max_failed=0.2)
    for name in ("a.h5", "b.h5"):
        store.write(tmp_path / name, told.read(data))
    assert told.looked_at == ["3.mp4"]
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize("changes", [{"fps": 5.0}, {"mode": "image"}, {"hand_confidence": 0.6}, {"points": "hand"}])
def test_another_detection_is_another_extractor(tmp_path: Path, changes: dict):
    write(tmp_path / "clips" / "tea" / "1.mp4")
    told = Told(finished=tmp_path / "state")
    first = told.read(videos(tmp_path / "clips"))
    told.read(videos(tmp_path / "clips", min_seen=0, max_failed=0.5))
    assert told.looked_at == []
    second = told.read(videos(tmp_path / "clips", detection=Detection(**changes)))
    assert told.looked_at == ["1.mp4"]
    extractors = [samples.provenance["extractor"] for samples in (first, second)]
    assert extractors[0]["hash"] != extractors[1]["hash"]
    assert extractors[1]["detection"].items() >= changes.items()
    assert {path.name for path in (tmp_path / "state").iterdir()} == {one["hash"][:16] for one in extractors}


def test_a_photograph_and_a_video_of_the_same_bytes_are_two(tmp_path: Path):
    write(tmp_path / "A" / "1.mp4", "hand 1")
    write(tmp_path / "A" / "1.jpg", "hand 1")
    told, detection = Told(finished=tmp_path / "state"), Detection(points="hand", mode="image")
    assert told.read(videos(tmp_path, detection=detection)).fps[0] == 10
    images = told.read(Images(source="images", path=str(tmp_path), detection=detection))
    assert np.isnan(images.fps[0])


def test_what_an_executor_says_of_a_job_is_a_failure_like_others(tmp_path: Path):
    class Dies:
        def run(self, work, jobs, *, timeout_s):
            for number, job in reversed(list(enumerate(jobs))):
                yield number, Failure("crashed", "signal 11") if "2" in job.file.name else work(job)

    for number in range(3):
        write(tmp_path / "tea" / f"{number}.mp4", f"hand {number + 1}")
    told = Told(executor=Dies())
    samples = told.read(videos(tmp_path, max_failed=0.4))
    assert samples.id.tolist() == ["tea/0.mp4", "tea/1.mp4"]
    assert samples.lengths.tolist() == [1, 2]
    assert told.why == {"tea/2.mp4": "crashed"}
