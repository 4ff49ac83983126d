"""Photographs as a person sees them, and what each broken one is answered with."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.detect.detected import Failure
from pipeline.detect.reading import Picture, photograph
from pipeline.detect.unreadable import UnreadableError
from pipeline.params.data import Detection
from tests.videos import cut


def taken(path: Path, **options) -> Picture:
    return photograph(path, Detection(**options))


def refused(path: Path, **options) -> Failure:
    with pytest.raises(UnreadableError) as caught:
        taken(path, **options)
    return caught.value.failure


def photo(path: Path, mode: str = "RGB", **options) -> Path:
    """Writes a picture 40 wide and 20 high, its left half bright."""
    grey = np.full((20, 40), 40, np.uint8)
    grey[:, :20] = 220
    Image.fromarray(grey).convert(mode).save(path, **options)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_its_camera_says(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = taken(photo(tmp_path / "p.jpg", exif=exif))
    expected = (40, 20, 3) if orientation >= 5 else (20, 40, 3)
    assert picture.rgb.shape == expected
    first_row = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}
    bright = {
        "left": picture.rgb[:, : expected[1] // 2],
        "right": picture.rgb[:, expected[1] // 2 :],
        "top": picture.rgb[: expected[0] // 2],
        "bottom": picture.rgb[expected[0] // 2 :],
    }[first_row[orientation]]
    assert bright.mean() > 200


@pytest.mark.parametrize(
    ("ending", "mode"),
    [("jpg", "L"), ("jpg", "CMYK"), ("png", "RGBA"), ("png", "P"), ("png", "1"), ("webp", "RGB"), ("gif", "P")],
)
def test_every_kind_of_picture_becomes_rgb(tmp_path: Path, ending: str, mode: str) -> None:
    rgb = taken(photo(tmp_path / f"p.{ending}", mode)).rgb
    assert rgb.shape == (20, 40, 3)
    assert rgb.dtype == np.uint8
    assert rgb[:, :20].mean() > rgb[:, 20:].mean() + 100


def test_sixteen_bits_of_grey_are_not_cut_off(tmp_path: Path) -> None:
    grey = np.linspace(0, 65535, 800).reshape(20, 40).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "p.png")
    rgb = taken(tmp_path / "p.png").rgb
    assert rgb[0, 0, 0] == 0
    assert rgb[-1, -1, 0] == 255
    assert 120 < rgb[10, 0, 0] < 135


def test_broken_photographs(tmp_path: Path) -> None:
    whole = photo(tmp_path / "p.jpg", quality=95)
    assert refused(cut(whole, 0.9, tmp_path / "cut.jpg")).kind == "truncated"
    (tmp_path / "text.jpg").write_text("hello")
    assert refused(tmp_path / "text.jpg").reason.startswith("it is no picture of a known kind. Save it as JPEG")
    (tmp_path / "empty.jpg").touch()
    assert refused(tmp_path / "empty.jpg").kind == "empty"
    (tmp_path / "noise.png").write_bytes(photo(tmp_path / "q.png").read_bytes()[:45] + bytes(30))
    assert refused(tmp_path / "noise.png").kind in {"corrupt", "truncated"}
    assert refused(tmp_path).kind == "no video"
    assert refused(whole, max_pixels=799) == Failure(
        "too large",
        "its pictures have 40 × 20 pixels, more than detection.max_pixels (799). Make it smaller, or raise the limit.",
    )


def test_a_photograph_has_no_time(tmp_path: Path) -> None:
    assert taken(photo(tmp_path / "p.jpg")).time_s == Fraction(0)
