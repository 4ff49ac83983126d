""".pose files: points by name, pixels as shares of the picture."""

from pathlib import Path

import numpy as np
import pose_format
import pytest
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeaderComponent, PoseHeaderDimensions

from pipeline import samples as store
from pipeline import sources
from pipeline.errors import InputError
from pipeline.params import LandmarkClips
from pipeline.skeleton import FINGERS
from tests.bodies import HOLISTIC, LEFT, make_clip

SIZE = (640, 480)


def read(path: Path, **options) -> store.Samples:
    return sources.read(LandmarkClips(source="landmark_clips", path=str(path), **options))


def theirs(point: str) -> str:
    """MediaPipe's name of a point of ours."""
    finger, _, joint = point.partition("_")
    return (f"{finger}_finger_{joint}" if finger in FINGERS and finger not in {"thumb", "pinky"} else point).upper()


def written(path: Path, clip: np.ndarray, *, people: int = 1, depth: float = 1.0, parts=("pose", "left_hand")) -> Path:
    """Writes the parts of a clip in this order, with a face of one point between them."""
    face = PoseHeaderComponent("FACE_LANDMARKS", ["0"], [], [], "XYZC")
    components, data = [face], [np.full((len(clip), 1, 3), 5.0)]
    for part in parts:
        names = [theirs(name.removeprefix(f"{part}_")) for name in HOLISTIC.parts[part]]
        components.append(PoseHeaderComponent(f"{part.upper()}_LANDMARKS", names, [], [], "XYZC"))
        data.append(clip[:, HOLISTIC.part(part)] * [*SIZE, depth])
    values = np.repeat(np.concatenate(data, axis=1)[:, None], people, axis=1)
    seen = ~np.isnan(values).any(-1)
    body = NumPyPoseBody(24.0, np.nan_to_num(values), np.where(seen, 0.01, 0.0))
    path.parent.mkdir(parents=True, exist_ok=True)
    header = pose_format.PoseHeader(0.2, PoseHeaderDimensions(*SIZE, 0), components)
    with path.open("wb") as file:
        pose_format.Pose(header, body).write(file)
    return path


def test_points_are_found_by_name(tmp_path: Path):
    clip = make_clip(3, right=0.02)
    clip[1, LEFT] = np.nan
    for name in ("tea/2", "tea/10", "no/1"):
        written(tmp_path / f"{name}.pose", clip, parts=("right_hand", "pose", "left_hand"))
    samples = read(tmp_path, fps=10, aspect=2)
    store.check(samples)
    assert samples.class_names == ("no", "tea")
    assert samples.id.tolist() == ["no/1", "tea/2", "tea/10"]
    np.testing.assert_allclose(samples.clip(1), clip, atol=1e-6)
    assert set(samples.fps) == {24.0}
    np.testing.assert_allclose(samples.aspect, 4 / 3)


def test_a_part_that_the_file_lacks_is_not_seen(tmp_path: Path):
    samples = read(written(tmp_path / "1.pose", make_clip(2), parts=("left_hand",)), labelled=False)
    seen = samples.seen.all(0)
    assert seen[LEFT].all()
    assert seen.sum() == 21


def test_depth_in_pixels_is_brought_to_the_scale_of_x(tmp_path: Path):
    clip = make_clip(2)
    samples = read(written(tmp_path / "1.pose", clip, depth=SIZE[0], parts=tuple(HOLISTIC.parts)), labelled=False)
    np.testing.assert_allclose(samples.clip(0), clip, atol=1e-6)


def test_mistakes_in_a_file(tmp_path: Path):
    path = tmp_path / "tea" / "1.pose"

    def refused(message: str) -> None:
        with pytest.raises(InputError, match=message):
            read(tmp_path)

    whole = written(path, make_clip(2)).read_bytes()
    for size in (0, 3, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        refused(r"1\.pose' is not a whole \.pose file")
    written(path, make_clip(2), people=2)
    refused(r"expected one person in at least one frame, got \[frames, people\] \[2, 2\]")
    written(path, make_clip(2), parts=())
    refused(r"expected LEFT_HAND_LANDMARKS, .*got FACE_LANDMARKS\. Only MediaPipe Holistic's")
    path.unlink()
    with pytest.raises(InputError, match=r"holds no \.pose file"):
        read(tmp_path, format="pose")
