"""What a report counts, whom it names, and that its page is one file that trusts no name."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.detected import Detected, Failure
from pipeline.detect.report import NUM_WORST, Looked, looked, tell, write
from pipeline.skeleton import skeleton

MEGABYTE = 1_000_000


def detected(*shown: str) -> Detected:
    """A clip of which each frame shows the parts that a string names by their first letters, of `lrp`."""
    named = skeleton("holistic")
    values = np.full((len(shown), 75, 3), np.nan, np.float32)
    for frame, parts in enumerate(shown):
        for part in named.parts:
            if part[0] in parts:
                values[frame, named.part(part)] = 0.5
    nothing = np.zeros((len(shown), 3), np.float32)
    return Detected(values=values, world=values, confidence=nothing, fps=25.0, aspect=1.0)


def clip(id: str, *shown: str, label: str = "A", group: str = "ada", failure: Failure | None = None) -> Looked:
    return looked(detected(*shown) if shown else None, "holistic", id=id, label=label, group=group, failure=failure)


class Read(HTMLParser):
    """What a browser would make of a page: its elements, its text, and what it would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.fetched: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [str(value) for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_frames_are_counted_by_what_they_show() -> None:
    one = clip("one", "lp", "p", "rp", "p")
    assert (one.num_frames, one.hands) == (4, 0.5)
    assert one.seen == {"left_hand": 0.25, "right_hand": 0.25, "pose": 1.0}
    assert clip("none").num_frames == 0


def test_rates_are_of_frames_by_label_and_group() -> None:
    clips = [clip("1", "l", "l", "l"), clip("2", "p", label="B"), clip("3", "r", "p", label="B", group="bo")]
    found = tell(clips)
    assert found["all"] == {
        "clips": 3,
        "kept": 3,
        "left_out": 0,
        "copies": 0,
        "frames": 6,
        "hands": pytest.approx(4 / 6),
        "seen": {"left_hand": 0.5, "right_hand": pytest.approx(1 / 6), "pose": pytest.approx(2 / 6)},
    }
    assert {label: row["hands"] for label, row in found["by_label"].items()} == {"A": 1.0, "B": pytest.approx(1 / 3)}
    assert {group: row["frames"] for group, row in found["by_group"].items()} == {"ada": 4, "bo": 2}
    assert [clip["id"] for clip in found["without_hands"]] == ["2"]
    assert found == tell(clips[::-1])


def test_what_is_left_out_is_named_with_its_reason_and_counted_by_kind() -> None:
    broken = Failure("corrupt", "no decoder takes it")
    clips = [clip(f"{n}", failure=broken) for n in range(2)]
    clips += [clip("short", "l", failure=Failure("too short", "1 frame")), clip("good", "l", label="B")]
    found = tell(clips)
    assert found["kinds"] == {"corrupt": 2, "too short": 1}
    named = {"id": "0", "label": "A", "group": "ada", "kind": "corrupt", "reason": "no decoder takes it"}
    assert found["left_out"][0] == named
    rates = found["by_label"]["A"]
    assert [rates[name] for name in ("clips", "kept", "left_out", "frames", "hands")] == [3, 0, 3, 1, 1.0]
    assert tell(clips[:2])["all"]["hands"] is None


def test_a_page_shows_the_worst_clips_and_fetches_nothing(tmp_path: Path) -> None:
    asked: list[str] = []

    def pictures(id: str) -> list[NDArray[np.uint8]]:
        asked.append(id)
        return [np.zeros((30, 40, 3), np.uint8)] * 2

    clips = [clip("whole", "l", "l"), clip("half", "l", "p"), clip("bare", "p", "p")]
    clips += [Looked(id="again", label="A", group="ada", copy_of="whole")]
    write(clips, tmp_path, title="Letters", pictures=pictures)
    assert asked == ["bare", "half"]
    page = Read((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.tags.count("img") == 4
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.fetched)
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert "A hand is seen in 50.0% of 6 frames" in page.text
    assert "again has the content of whole" in page.text
    assert json.loads((tmp_path / "report.json").read_text())["copies"] == [{"id": "again", "copy_of": "whole"}]


def test_no_name_becomes_a_part_of_the_page(tmp_path: Path) -> None:
    odd = "<script>alert(1)</script>&\n\udcff\u202egpj.exe"
    clips = [
        clip(odd, "p", label="<b>A", group='"><img src=x>'),
        clip(f"2{odd}", label="<b>A", failure=Failure("corrupt", odd)),
        Looked(id="3", label="{style}", group="", copy_of=odd),
    ]
    write(clips, tmp_path, title="<i>{body}", pictures=lambda _: [])
    page = Read((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert not {"script", "b", "i", "img"} & set(page.tags)
    assert "<script>alert(1)</script>&\\n\\udcff\\u202egpj.exe" in page.text
    assert "{style}" in page.text
    left_out = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["left_out"]
    assert left_out[0]["reason"] == odd.replace("\udcff", "\\udcff")


def test_of_very_many_clips_a_page_shows_few_and_the_file_names_all(tmp_path: Path) -> None:
    far = "x" * 300

    def one(n: int) -> Looked:
        told: dict[str, Any] = {"failure": Failure("corrupt", far)} if n % 4 == 0 else {}
        told |= {"copy_of": far} if n % 5 == 0 else {}
        hands = n % 7 / 7
        names = {"id": f"{far}{n}", "label": f"{far}{n % 3000}", "group": f"{far}{n % 5000}"}
        return Looked(**names, **told, num_frames=n % 2, hands=hands, seen={"hand": hands})

    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    write([one(n) for n in range(20_000)], tmp_path, title="Many", pictures=lambda _: [noise, noise])
    assert (tmp_path / "report.html").stat().st_size < 3 * MEGABYTE
    found = json.loads((tmp_path / "report.json").read_text())
    assert (len(found["left_out"]), len(found["worst"])) == (5000, NUM_WORST)


def test_nothing_found_is_said(tmp_path: Path) -> None:
    write([], tmp_path, title="Nothing")
    assert "No clips were found." in (tmp_path / "report.html").read_text()
