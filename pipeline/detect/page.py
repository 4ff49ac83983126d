"""The report on recordings as a page of one file, which no network and no script is needed for."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST = 200  # labels or groups that a table has lines for
LISTED = 40  # clips that are named, of each kind
WIDEST = 160  # characters of a name or a reason
HEIGHT = 200  # pixels of a picture

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse } th, td { padding: .2rem .8rem .2rem 0; text-align: right; vertical-align: top }
th:first-child, td:first-child, .text { text-align: left; overflow-wrap: anywhere }
.wide { overflow-x: auto } th, td { white-space: nowrap } td:first-child { white-space: normal; min-width: 7rem }
thead th { border-bottom: 1px solid; font-weight: 600 } meter { width: 5rem; vertical-align: middle }
.lead { font-size: 1.15rem } .worst { display: flex; flex-wrap: wrap; gap: 1.2rem }
figure { margin: 0; max-width: 34rem } figure img { height: 200px; margin-right: 2px }
figcaption { font-size: .85rem; overflow-wrap: anywhere }
details { margin: .3rem 0 } summary { cursor: pointer }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def page(found: Mapping[str, Any], *, title: str, pictures: Mapping[str, Sequence[NDArray[np.uint8]]]) -> str:
    """Returns report.html for what report.json holds, with pictures [H, W, 3] of the worst clips."""
    body = [
        f'<p class="lead">{_lead(found["all"])}</p>',
        _left_out(found),
        _worst(found["worst"], pictures),
        _listing("Kept without a hand", found["without_hands"], lambda clip: clip["id"]),
        _listing("Copies", found["copies"], lambda clip: f"{clip['id']} has the content of {clip['copy_of']}"),
        _table("Detection by label", found["by_label"]),
        _table("Detection by group", found["by_group"]),
    ]
    return PAGE.format(title=text(title), style=STYLE, body="\n".join(filter(None, body)))


def text(value: str, longest: int = WIDEST) -> str:
    """Returns a name as a page may show it: escaped, cut, and what cannot be printed spelled out.

    A file's name may hold all but / and zero: bytes that are no text, line ends, marks that turn the writing round.
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)
    return escape(shown if len(shown) <= longest else f"{shown[: longest - 1]}…")


def _lead(rates: Mapping[str, Any]) -> str:
    if not rates["clips"]:
        return "No clips were found."
    told = f"{rates['kept']:,} of {rates['clips']:,} clips are kept; {rates['left_out']:,} are left out"
    told += f", {rates['copies']:,} with the content of another." if rates["copies"] else "."
    if rates["frames"]:
        parts = ", ".join(f"{_part(part)} {share:.1%}" for part, share in rates["seen"].items())
        told += f" A hand is seen in {rates['hands']:.1%} of {rates['frames']:,} frames ({parts})."
    return told


def _left_out(found: Mapping[str, Any]) -> str:
    if not found["left_out"]:
        return ""
    named: dict[str, list[Mapping[str, str]]] = {kind: [] for kind in found["kinds"]}
    for clip in found["left_out"]:
        named[clip["kind"]].append(clip)
    return "<h2>Left out</h2>\n" + "\n".join(
        f"<details{' open' if len(clips) <= LISTED else ''}><summary>{text(kind)}: {len(clips):,}</summary>"
        + _list([f"{text(clip['id'])}: {text(clip['reason'], 2 * WIDEST)}" for clip in clips[:LISTED]], len(clips))
        + "</details>"
        for kind, clips in named.items()
    )


def _worst(worst: Mapping[str, Any], pictures: Mapping[str, Sequence[NDArray[np.uint8]]]) -> str:
    figures = []
    for id, clip in worst.items():
        caption = f"{text(id)}<br>a hand in {clip['hands']:.0%} of {clip['frames']:,} frames"
        shown = "".join(f'<img alt="" src="data:image/jpeg;base64,{_jpeg(rgb)}">' for rgb in pictures.get(id, ()))
        figures.append(f"<figure>{shown}<figcaption>{caption}</figcaption></figure>")
    return f'<h2>Where hands are seen least</h2>\n<div class="worst">{"".join(figures)}</div>' if figures else ""


def _listing(title: str, clips: Sequence[Mapping[str, str]], line: Any) -> str:
    if not clips:
        return ""
    return f"<h2>{title}: {len(clips):,}</h2>\n{_list([text(line(c), 2 * WIDEST) for c in clips[:LISTED]], len(clips))}"


def _list(lines: Sequence[str], number: int) -> str:
    more = [f"and {number - len(lines):,} more, in report.json"] if number > len(lines) else []
    return "<ul>" + "".join(f'<li class="text">{line}</li>' for line in [*lines, *more]) + "</ul>"


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a label or group, those in which hands are seen least first."""
    order = sorted(rows, key=lambda name: (_or(rows[name]["hands"], -1.0), name))
    parts = list(dict.fromkeys(part for row in rows.values() for part in row["seen"]))
    columns = [
        "clips",
        "kept",
        "left out",
        "copies",
        "frames",
        "a hand seen",
        *(map(_part, parts) if len(parts) > 1 else ()),
    ]
    lines = []
    for name in order[:LONGEST]:
        row = rows[name]
        counts = [f"{row[key]:,}" for key in ("clips", "kept", "left_out", "copies", "frames")]
        shares = [_share(row["seen"].get(part)) for part in parts] if len(parts) > 1 else []
        cells = [text(name) or "–", *counts, _meter(row["hands"]), *shares]
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{column}</th>" for column in ["", *columns])
    more = f"<p>The worst {LONGEST} of {len(rows):,}; report.json has all.</p>" if len(rows) > LONGEST else ""
    return (
        f'<h2>{title}</h2>\n{more}<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n'
        + "\n".join(lines)
        + "\n</tbody></table></div>"
    )


def _meter(share: float | None) -> str:
    return f'{_share(share)} <meter value="{_or(share, 0.0):.3f}"></meter>'


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _or(share: float | None, instead: float) -> float:
    return instead if share is None else share


def _part(part: str) -> str:
    return text(part.replace("_", " "))


def _jpeg(rgb: NDArray[np.uint8]) -> str:
    from PIL import Image

    image = Image.fromarray(rgb)
    image.thumbnail((2 * HEIGHT, HEIGHT))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return base64.b64encode(file.getvalue()).decode()
