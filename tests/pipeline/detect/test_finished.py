"""Finished clips: what is kept is what is read, and what is not whole is not there."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.detect.detected import Detected
from pipeline.detect.finished import Finished
from tests.factories import make_hand

KEY = "ab" * 32


def make_detected() -> Detected:
    values = np.stack([make_hand(), np.full((21, 3), np.nan, np.float32)])
    return Detected(
        values=values, world=values - 1, confidence=np.array([[0.9], [np.nan]], np.float32), fps=29.97, aspect=0.75
    )


def path_of(folder: Path) -> Path:
    (path,) = folder.rglob("*.npz")
    return path


def test_a_finished_clip_is_read_as_it_was(tmp_path: Path) -> None:
    clips, detected = Finished(tmp_path, "extractor"), make_detected()
    assert clips.read(KEY) is None
    assert clips.write(KEY, detected) is detected
    again = clips.read(KEY)
    assert again is not None
    for name in ("values", "world", "confidence", "fps", "aspect", "handedness"):
        np.testing.assert_array_equal(getattr(again, name), getattr(detected, name))
    assert [path.name for path in path_of(tmp_path).parent.iterdir()] == [f"{KEY}.npz"]


def test_extractors_never_meet(tmp_path: Path) -> None:
    Finished(tmp_path, "one").write(KEY, make_detected())
    assert Finished(tmp_path, "two").read(KEY) is None


def test_without_a_folder_nothing_is_kept() -> None:
    clips, detected = Finished(None, "extractor"), make_detected()
    assert clips.write(KEY, detected) is detected
    assert clips.read(KEY) is None


def test_what_is_cut_off_or_changed_is_not_there(tmp_path: Path) -> None:
    clips = Finished(tmp_path, "extractor")
    clips.write(KEY, make_detected())
    path = path_of(tmp_path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert clips.read(KEY) is None, length
    path.write_bytes(b"not an archive" * 10)
    assert clips.read(KEY) is None


@pytest.mark.parametrize("step", [3, 5])
def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path: Path, step: int) -> None:
    clips, detected = Finished(tmp_path, "extractor"), make_detected()
    clips.write(KEY, detected)
    path = path_of(tmp_path)
    whole = path.read_bytes()
    for place in range(0, len(whole), step):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        again = clips.read(KEY)
        assert again is None or np.array_equal(again.values, detected.values, equal_nan=True), place


def test_a_full_disk_is_a_failure_of_that_clip(tmp_path: Path) -> None:
    """In a process that may write no larger files: the system's own error, and the room of a real disk stays."""
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.pipeline.detect.test_finished import KEY, Finished, limited, make_detected\n"
        "limited(100)\n"
        "print(Finished(Path(sys.argv[1]), 'extractor').write(KEY, make_detected()))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    assert "Failure(kind='disk full'" in done.stdout
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert Finished(tmp_path, "extractor").read(KEY) is None


def limited(num_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, num_bytes))
