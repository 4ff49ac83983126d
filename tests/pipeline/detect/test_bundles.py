"""Which file is taken for a bundle, and which is refused."""

from pathlib import Path

import pytest

from pipeline.detect import bundles
from pipeline.errors import InputError
from pipeline.params.data import Detection
from tests.bundles import bundle


def test_only_the_hand_bundle_is_needed_for_a_hand() -> None:
    assert bundles.needed(Detection(points="hand")) == ("hand_landmarker",)
    assert bundles.needed(Detection(points="holistic")) == ("hand_landmarker", "pose_landmarker")


def test_the_first_folder_that_has_it_wins(tmp_path: Path) -> None:
    (tmp_path / "hand_landmarker.task").symlink_to(bundle("hand_landmarker"))
    folders = [tmp_path / "absent", tmp_path, bundle("hand_landmarker").parent]
    assert bundles.found(["hand_landmarker"], folders) == {"hand_landmarker": tmp_path / "hand_landmarker.task"}


def test_another_files_bytes_are_refused_even_where_a_later_folder_is_right(tmp_path: Path) -> None:
    (tmp_path / "hand_landmarker.task").write_bytes(b"another model")
    with pytest.raises(InputError, match=r"expected sha256 fbc2a300.*got .*signloop assets fetch"):
        bundles.find("hand_landmarker", [tmp_path, bundle("hand_landmarker").parent])


def test_a_missing_bundle_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"pose_landmarker.task in '{tmp_path}'.*signloop assets fetch"):
        bundles.find("pose_landmarker", [tmp_path])
    with pytest.raises(InputError, match="no folder at all"):
        bundles.find("pose_landmarker", [])


def test_an_unknown_name_lists_the_valid_ones() -> None:
    with pytest.raises(InputError, match=r"unknown bundle 'face'\. Valid: hand_landmarker, pose_landmarker"):
        bundles.find("face", [])
