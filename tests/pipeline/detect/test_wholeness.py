"""A file that was cut off is told from a whole one by its length alone."""

from pathlib import Path

import pytest

from pipeline.detect.wholeness import damage, text
from tests.pipeline.detect.pictures import noise
from tests.videos import cut, write_video

LAYOUTS = {
    "plain.mp4": {},
    "faststart.mp4": {"movflags": "faststart"},
    "fragments.mp4": {"movflags": "frag_keyframe+empty_moov"},
    "plain.mov": {},
    "plain.webm": {},
    "plain.mkv": {},
    "plain.avi": {},
}


def said(path: Path) -> str | None:
    with path.open("rb") as file:
        answer = damage(file)
        assert file.tell() == 0
    return answer


@pytest.mark.parametrize("name", LAYOUTS)
def test_whole_and_cut(tmp_path: Path, name: str) -> None:
    whole = write_video(tmp_path / name, noise(6), 10, options=LAYOUTS[name])
    assert said(whole) is None
    for share in (0.05, 0.4, 0.8, 0.99):
        assert said(cut(whole, share, tmp_path / f"cut_{name}")) is not None, share


def test_what_comes_after_the_last_known_box_is_nobodys_business(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "clip.mp4", noise(2), 10)
    whole.write_bytes(whole.read_bytes() + b"\xff\xff\xff\x00ABCD" + bytes(40))
    assert said(whole) is None


def test_a_live_recording_says_no_length(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "live.webm", noise(4), 10, options={"live": "1"})
    assert said(whole) is None
    assert said(cut(whole, 0.7, tmp_path / "cut.webm")) is None


@pytest.mark.parametrize("content", [b"", b"\x00", b"\x1a\x45\xdf\xa3", b"\x00\x00\x00\x01ftyp", b"RIFF"])
def test_a_few_bytes_are_no_trouble(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "few.mp4"
    path.write_bytes(content)
    said(path)


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        (b"<!doctype html>\n<title>Not Found</title>", "<!doctype html> <title>Not Found</title>"),
        ("überall Schnee, ".encode() * 30, "überall Schnee, überall Schnee, überall "),
        (bytes(50), None),
        (b"\xff\xfe\x00", None),
        (b"", None),
    ],
)
def test_text_is_told_from_bytes(tmp_path: Path, content: bytes, begins: str | None) -> None:
    path = tmp_path / "some.mp4"
    path.write_bytes(content)
    with path.open("rb") as file:
        assert text(file) == begins
