"""Contact sheets: every class has its places, each clip its best frame."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.pictures import sheet
from pipeline.pictures.tiles import shortened, view
from tests.bodies import HOLISTIC, make_clip, signed
from tests.factories import make_samples


@pytest.mark.parametrize(
    ("most", "expected"), [(99, list(range(9))), (6, [0, 2, 3, 5, 6, 8]), (3, [0, 3, 6]), (2, [0, 6]), (1, [0])]
)
def test_clips_are_chosen_class_by_class_from_end_to_end(most: int, expected: list[int]):
    assert sheet.chosen(np.repeat([0, 1, 4], 3), most) == expected


def test_the_frame_that_shows_most_of_the_hands():
    clip = make_clip(5)
    clip[:2, HOLISTIC.part("left_hand")] = np.nan
    clip[4, HOLISTIC.part("pose")] = np.nan
    assert sheet.best_frame(signed(clip), 0) == 2  # 2, 3 and 4 show as much of the hands
    clip[2:4, HOLISTIC.index("right_hand_wrist")] = np.nan
    assert sheet.best_frame(signed(clip), 0) == 4


def test_a_sheet_has_a_cell_a_clip(tmp_path: Path):
    samples = make_samples(num_groups=2, classes="AB", clips=3, frames=2, aspect=4 / 3)
    assert sheet.write(tmp_path / "sheet.png", samples, most=4) == 4
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.size == (4 * 158, 158 + 14)
        cells = np.asarray(picture)[:150].reshape(150, 4, 158, 3)
    assert (cells[20:130, :, 20:130] != 255).any((0, 2, 3)).all()
    samples.values[:] = np.nan
    assert sheet.write(tmp_path / "blank.png", samples, most=4) == 4


def test_closer_leaves_legs_out_of_the_picture():
    clip = make_clip(2)
    shown = view(signed(clip), 0, whole=False)
    wrist, ankle = (shown.clip[0, HOLISTIC.index(f"pose_left_{name}"), 1] for name in ("wrist", "ankle"))
    assert 0 < wrist < 1 < ankle
    one = view(make_samples(num_groups=1, classes="A", clips=1, frames=3), 0, whole=False, frame=1)
    assert one.clip.shape == (1, 21, 3)
    assert one.aspect == 1.0


def test_long_names_are_cut_in_their_middle():
    on, font = ImageDraw.Draw(Image.new("RGB", (1, 1))), ImageFont.load_default(11)
    assert shortened("A · s00/A0", on, font, 150) == "A · s00/A0"
    cut = shortened("A · a_very_long_name_of_a_recording/of_nothing/00017", on, font, 150)
    assert cut.startswith("A · a_very")
    assert cut.endswith("/00017")
    assert on.textlength(cut, font) <= 150
