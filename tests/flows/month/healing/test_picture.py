"""The picture of a healing month: what happened is marked, and every kind of file is one."""

import io

import pytest
from PIL import Image

from flows.month.healing import picture
from pipeline.errors import InputError

from .days import DRIFT, day, healed


def test_the_other_camera_and_the_promotion_are_marked_between_the_days():
    assert [(one["at"], one["what"]) for one in picture.events(healed())] == [
        (2.5, "another camera"),
        (4.5, "retrained: version 2 promoted"),
    ]
    refused = day(2, **DRIFT, action="retrain", made=2, decided="refused")
    assert picture.events([day(1), refused]) == [
        {"at": 2.5, "what": "retrained: version 2 refused", "colour": picture.RED}
    ]


def test_an_svg_says_it_in_words(tmp_path):
    picture.write(healed(), tmp_path / "month.svg")
    said = (tmp_path / "month.svg").read_text(encoding="utf-8")
    for words in ("another camera", "retrained: version 2 promoted", "everybody", "people never trained on", "drift"):
        assert words in said


def test_a_png_is_a_picture_with_both_lines_in_it(tmp_path):
    picture.write(healed(), tmp_path / "month.png")
    with Image.open(io.BytesIO((tmp_path / "month.png").read_bytes())) as image:
        assert min(image.size) > 500
        colours = {colour for _, colour in image.convert("RGB").getcolors(image.size[0] * image.size[1])}
    for line in (picture.BLUE, picture.ORANGE, picture.GREEN, picture.RED):
        assert tuple(bytes.fromhex(line[1:])) in colours


def test_a_page_needs_no_network(tmp_path):
    picture.write(healed(), tmp_path / "month.html")
    said = (tmp_path / "month.html").read_text(encoding="utf-8")
    assert "retrained: version 2 promoted" in said
    assert "<script src=" not in said


def test_another_kind_of_file_is_refused_before_anything_is_played(tmp_path):
    with pytest.raises(InputError, match=r"month\.gif.*\.svg, \.png, \.html"):
        picture.check(tmp_path / "month.gif")
