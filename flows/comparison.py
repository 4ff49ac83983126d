"""A comparison of two versions as a person sees it: bars in the terminal, or one page that needs no network.

Green is wholly above zero, red wholly below, everything else is undecided.
"""

from html import escape
from typing import TYPE_CHECKING

from registry.comparison import CONFIDENCE, Comparison, Difference

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 41  # characters of a bar, zero in the middle
PIXELS, ROW = 420, 18


def lines(found: Comparison) -> list[str]:
    """Returns the comparison in words."""
    whole, (clips, *notes) = found.whole, found.notes
    figures = f"accuracy {whole.candidate:.3f} against {whole.against:.3f}: {points(whole.difference)} points"
    return [
        f"{found.track}: version {found.candidate} against version {found.against}, on {clips}",
        figures + between(whole),
        *notes,
    ]


def between(one: Difference) -> str:
    """Says the interval: each end is a bound of its own."""
    if one.low is None or one.high is None:
        return ", of too few groups for an interval"
    return f", between {points(one.low)} and {points(one.high)} ({100 * CONFIDENCE:.0f} % bound on each side)"


def table(title: str, differences: tuple[Difference, ...], scale: float) -> "Table":
    """Shows one bar a row: the difference, and its interval where there is one."""
    from rich.table import Table

    shown = Table(title, "clips", "accuracy", "against", "points", "worse ◂ 0 ▸ better", box=None, header_style="bold")
    for one in differences:
        figures = (str(one.clips), f"{one.candidate:.3f}", f"{one.against:.3f}", points(one.difference))
        shown.add_row(one.name, *figures, f"[{colour(one)}]{bar(one, scale)}[/]")
    return shown


def scale_of(found: Comparison) -> float:
    """Returns the largest end of any bar, so that all are drawn alike."""
    everything = (found.whole, *found.classes, *found.groups)
    return max(0.01, *(abs(x) for one in everything for x in (one.difference, one.low or 0, one.high or 0)))


def bar(one: Difference, scale: float) -> str:
    """Draws an interval and the difference in it, zero in the middle."""

    def place(value: float) -> int:
        return round((value / scale + 1) / 2 * (WIDTH - 1))

    cells = [" "] * WIDTH
    cells[WIDTH // 2] = "│"
    if one.low is not None and one.high is not None:
        for cell in range(place(one.low), place(one.high) + 1):
            cells[cell] = "─" if cells[cell] == " " else "┼"
    cells[place(one.difference)] = "●"
    return "".join(cells)


def colour(one: Difference) -> str:
    if one.low is None or one.high is None:
        return "default"
    return "green" if one.low > 0 else "red" if one.high < 0 else "default"


def points(share: float) -> str:
    text = f"{100 * abs(share):.1f}"
    return text if float(text) == 0 else f"{'−' if share < 0 else '+'}{text}"


def page(found: Comparison) -> str:
    """Returns the comparison as one HTML page that loads nothing."""
    said = "".join(f"<p>{escape(line)}</p>" for line in lines(found))
    parts = (("all", (found.whole,)), ("by class", found.classes), ("by group", found.groups))
    drawn = "".join(f"<h2>{title}</h2>{_drawing(rows, scale_of(found))}" for title, rows in parts)
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(found.track)}: version "
        f"{found.candidate} against {found.against}</title><style>{STYLE}</style><body>{said}{drawn}</body></html>\n"
    )


STYLE = (
    "body{font:15px system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "td,th{padding:0 .8em 0 0;text-align:right}td:first-child,th:first-child{text-align:left}"
    ".green{stroke:#1a7f37;fill:#1a7f37}.red{stroke:#cf222e;fill:#cf222e}.default{stroke:#57606a;fill:#57606a}"
)


def _drawing(differences: tuple[Difference, ...], scale: float) -> str:
    head = "<tr><th></th><th>clips</th><th>accuracy</th><th>against</th><th>points</th><th>worse ◂ 0 ▸ better</th></tr>"
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{one.clips}</td><td>{one.candidate:.3f}</td><td>{one.against:.3f}</td>"
        f"<td>{points(one.difference)}</td><td>{_svg(one, scale)}</td></tr>"
        for one in differences
    )
    return f"<table>{head}{rows}</table>"


def _svg(one: Difference, scale: float) -> str:
    def x(value: float) -> str:
        return f"{(value / scale + 1) / 2 * (PIXELS - 10) + 5:.1f}"

    middle = ROW // 2
    line = ""
    if one.low is not None and one.high is not None:
        line = f"<line x1='{x(one.low)}' x2='{x(one.high)}' y1='{middle}' y2='{middle}' stroke-width='2'/>"
    zero = f"<line x1='{x(0)}' x2='{x(0)}' y1='0' y2='{ROW}' stroke='#d0d7de'/>"
    dot = f"<circle cx='{x(one.difference)}' cy='{middle}' r='4'/>"
    return f"<svg width='{PIXELS}' height='{ROW}'>{zero}<g class='{colour(one)}'>{line}{dot}</g></svg>"
