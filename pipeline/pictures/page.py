"""Clips as a page by itself: an HTML file with all it needs inside, to play, halt, step through and slow down."""

import html
import json
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.drawing import LEFT, POSE, RIGHT, UNKNOWN, strokes
from pipeline.files import write_text
from pipeline.pictures.animation import frame_rates
from pipeline.pictures.tiles import view
from pipeline.samples import Samples
from pipeline.skeleton import skeleton

PLACES = 4  # decimals of a coordinate: a tenth of a pixel in a picture of a thousand


def write(path: Path, samples: Samples, *, whole: bool = True) -> None:
    """Writes the page; names are data to it, whatever they look like."""
    rates = frame_rates(samples)
    clips = [_clip(samples, i, float(rates[i]), whole) for i in range(len(samples))]
    # A label may hold "</script>" or "<!--": in JSON the sign may as well be escaped.
    data = json.dumps(clips, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    title = html.escape(", ".join(str(name) for name in samples.id[:3]))
    third = ("nobody said which hand", UNKNOWN) if samples.form == "hand" else ("pose", POSE)
    named = (("left hand", LEFT), ("right hand", RIGHT), third)
    legend = " · ".join(f'<b style="color:{_css(color)}">{name}</b>' for name, color in named)
    page = PAGE.replace("{legend}", legend).replace("{clips}", data)  # what comes last may hold any of these words
    write_text(path, page.replace("{title}", title, 1))


def _clip(samples: Samples, i: int, rate: float, whole: bool) -> dict[str, Any]:
    shown = view(samples, i, whole=whole)
    what = strokes(skeleton(samples.form), float(samples.handedness[i]))
    known = bool(samples.fps[i] > 0)
    facts = [
        str(samples.class_names[samples.target[i]]) or "no label",
        str(samples.group[i]),
        f"{len(shown.clip)} frame{'s' if len(shown.clip) > 1 else ''}",
        f"{rate:.4g} frames a second" + ("" if known else " (unknown: a usual rate)"),
    ]
    return {
        "id": str(samples.id[i]),
        "facts": " · ".join(facts),
        "aspect": shown.aspect,
        "fps": rate,
        "bones": [[a, b, _css(color)] for a, b, color in what.bones],
        "points": [[column, _css(color)] for column, color, _ in what.points],
        "frames": [[None if np.isnan(x + y) else [x, y] for x, y in frame] for frame in _rounded(shown.clip)],
    }


def _rounded(clip: np.ndarray) -> list[list[list[float]]]:
    return clip[..., :2].astype(np.float64).round(PLACES).tolist()


def _css(color: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  :root { color-scheme: light dark }
  body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem }
  main { display: flex; flex-wrap: wrap; gap: 1.5rem } section { max-width: 100% }
  canvas, .legend { background: #fff; border: 1px solid #d0d0d0 } /* the colours are made for paper */
  canvas { display: block; max-width: 100% } .legend { width: fit-content; padding: 0 .6rem }
  h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere } p { margin: 0 0 .4rem } h2 + p { opacity: .75 }
  div { display: flex; align-items: center; gap: .5rem; margin-top: .4rem } output { white-space: nowrap }
  input { flex: 1; min-width: 4rem; max-width: 14rem }
</style>
<p class="legend">{legend}</p>
<main></main>
<script>
const clips = {clips};
const HEIGHT = 400;
for (const clip of clips) {
  const box = document.createElement("section");
  const make = (name, set, on = box) => on.appendChild(Object.assign(document.createElement(name), set));
  make("h2", { textContent: clip.id });
  make("p", { textContent: clip.facts });
  const canvas = make("canvas", { height: HEIGHT, width: Math.round(HEIGHT * clip.aspect) });
  const row = make("div", {});
  const play = make("button", { textContent: "pause" }, row);
  const range = { type: "range", min: 0, max: clip.frames.length - 1, value: 0, ariaLabel: "frame" };
  const slide = make("input", range, row);
  const said = make("output", {}, row);
  const speed = make("select", { ariaLabel: "speed" }, row);
  for (const times of [1, 0.5, 0.25]) speed.add(new Option(times + " ×", times));
  const on = canvas.getContext("2d");
  let playing = true, at = 0, before = null;
  const xy = (p) => [p[0] * canvas.width, p[1] * canvas.height];
  const draw = () => {
    const frame = clip.frames[Math.floor(at)];
    on.clearRect(0, 0, canvas.width, canvas.height);
    on.lineWidth = 2;
    for (const [a, b, color] of clip.bones) {
      if (!frame[a] || !frame[b]) continue;
      on.strokeStyle = color;
      on.beginPath(); on.moveTo(...xy(frame[a])); on.lineTo(...xy(frame[b])); on.stroke();
    }
    for (const [column, color] of clip.points) {
      if (!frame[column]) continue;
      on.fillStyle = color;
      on.beginPath(); on.arc(...xy(frame[column]), 2.6, 0, 7); on.fill();
    }
    slide.value = Math.floor(at);
    said.textContent = Math.floor(at) + 1 + " / " + clip.frames.length;
  };
  const turn = (now) => {
    if (playing && before !== null) at = (at + (now - before) / 1000 * clip.fps * speed.value) % clip.frames.length;
    before = now;
    draw();
    requestAnimationFrame(turn);
  };
  play.onclick = () => { playing = !playing; play.textContent = playing ? "pause" : "play"; };
  slide.oninput = () => { playing = false; play.textContent = "play"; at = Number(slide.value); };
  document.querySelector("main").appendChild(box);
  requestAnimationFrame(turn);
}
</script>
</html>
"""
