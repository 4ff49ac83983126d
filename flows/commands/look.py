from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from pipeline.samples import Samples

LONGEST = 40  # rows of a table that a person reads
ON_SHEET, ON_PAGE = 96, 12  # clips, some of every class
OUT = "-o"


def show(
    file: Annotated[Path, typer.Argument(help="A store (.h5), or what `convert` reads.")],
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Clips; none: what is in the file.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", OUT, help="Clips: an animation, .gif or .html. None: a contact sheet, .png, or .html."),
    ] = None,
    closer: Annotated[
        bool | None, typer.Option("--closer/--whole", help="What is seen, or the whole picture; sheets are closer.")
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help=f"Clips on a contact sheet, else {ON_SHEET}; on a page, else {ON_PAGE}.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List every clip, class and group.")] = False,
) -> None:
    """Show what is in a store of samples, or let its clips move."""
    from rich.console import Console

    from flows.contents import chosen, contents
    from pipeline import formats

    _refuse_suffix(out, (".gif", ".html") if ids else (".png", ".html"))
    samples = formats.read(file)
    console = Console()
    if ids:
        samples = chosen(samples, ids)
        _listed(console, contents(samples).clips.set_index("clip"), every=True)
        if out:
            _animate(out, samples, whole=not closer)
        else:
            typer.secho(f"{OUT} clip.gif or {OUT} clip.html lets them move.", fg="cyan", err=True)
        return
    found = contents(samples)
    for name, fact in found.facts.items():
        console.print(f"{name:>16}  {fact}", highlight=False, markup=False)
    _listed(console, found.classes, every=every)
    _listed(console, found.groups, every=every)
    _listed(console, found.clips.set_index("clip").drop(columns="aspect"), every=every, longest=8)
    if out:
        _some(out, samples, most, closer)


def _refuse_suffix(out: Path | None, valid: tuple[str, ...]) -> None:
    if out and out.suffix.lower() not in valid:
        other = "Name a clip to animate it." if ".png" in valid else "Leave the ids out for a contact sheet."
        raise InputError(f"{OUT} '{out}': expected {' or '.join(valid)}, got '{out.suffix}'. {other}")


def _some(out: Path, samples: "Samples", most: int | None, closer: bool | None) -> None:
    """Writes some clips of every class: a contact sheet, or a page on which they move."""
    import numpy as np

    from pipeline.pictures import page, sheet

    if out.suffix.lower() == ".html":
        shown = sheet.chosen(samples.target, most or ON_PAGE)
        page.write(out, samples.select(np.asarray(shown)), whole=not closer)
        count = len(shown)
    else:
        count = sheet.write(out, samples, most=most or ON_SHEET, whole=closer is False)
    typer.secho(f"{out}: {count} of {len(samples):,} clips", fg="cyan", err=True)


def _animate(out: Path, samples: "Samples", *, whole: bool) -> None:
    from pipeline.pictures import animation, page

    (page if out.suffix.lower() == ".html" else animation).write(out, samples, whole=whole)
    typer.secho(f"{out}: {len(samples)} clip(s)", fg="cyan", err=True)


def _listed(console: "Console", table: "pd.DataFrame", *, every: bool, longest: int = LONGEST) -> None:
    """Prints a table; shares of points seen as percentages."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, header_style="bold")
    shown.add_column(str(table.index.name), no_wrap=True)
    for name in table.columns:
        heading = _heading(str(name))
        widest = max(map(len, heading.split()))
        shown.add_column(heading, justify="left" if name in ("class", "group") else "right", min_width=widest)
    rows = table if every else table.iloc[:longest]
    for key, row in rows.iterrows():
        shown.add_row(Text(str(key)), *(Text(_cell(str(name), row[name])) for name in table.columns))
    console.print()
    console.print(shown)
    if len(rows) < len(table):
        console.print(f"and {len(table) - len(rows):,} more; --all lists them", style="dim", highlight=False)


def _heading(name: str) -> str:
    return {"hand": "seen", "left_hand": "left seen", "right_hand": "right seen", "pose": "pose seen"}.get(name, name)


def _cell(name: str, value: object) -> str:
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if value != value:
        return "unknown"
    return f"{value:.0%}" if _heading(name) != name else f"{value:.4g}"
