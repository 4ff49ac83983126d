from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from flows import environment

TABLE, HEAL = ("seeds", "quiet", "plain", "processes"), ("days", "folder", "out")


def month(
    context: typer.Context,
    seeds: Annotated[int, typer.Option(min=1, help="Of each shift.")] = 40,
    quiet: Annotated[int, typer.Option(min=1, help="Windows without a shift.")] = 1000,
    plain: Annotated[int, typer.Option(min=0, help="Of either, those that Evidently's defaults look at too.")] = 10,
    processes: Annotated[int, typer.Option(min=1, help="That make clips and answers.")] = 2,
    heal: Annotated[
        bool, typer.Option("--heal", help="Play instead a drift that a retraining heals, in a project of its own.")
    ] = False,
    days: Annotated[int, typer.Option(min=9, help="With --heal: that are played; the camera changes on the 7th.")] = 30,
    folder: Annotated[
        Path | None, typer.Option(help="With --heal: an empty folder to leave that project in; else none is left.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="With --heal: a picture of it, .svg, .png or .html.")
    ] = None,
) -> None:
    """Play a month of letters by people who are made up: what drift is found, when, and how often for nothing."""
    root = environment.project_root()
    _warn(context, TABLE if heal else HEAL, "without" if heal else "with")
    if heal:
        _heal(root, days, folder, out)
        return
    from flows.month.run import Size, figures

    size = Size(seeds=seeds, quiet=quiet, plain=plain, processes=processes)
    for what, value in figures(root, size):
        typer.echo(f"{what:<36} {value}")


def _heal(root: Path, days: int, folder: Path | None, out: Path | None) -> None:
    from flows.month.healing import diary, picture
    from flows.month.healing.people import Plan
    from flows.month.healing.play import OVERLAY, play

    if out is not None:
        picture.check(out)
    played: list[diary.Day] = []
    with TemporaryDirectory(prefix="signloop-month-") as temporary:
        place = (folder or Path(temporary) / "project").absolute()
        for day in play(root, place, plan=Plan(days=days), overlay=root / OVERLAY, say=_say):
            if not played:
                typer.echo(diary.head())
            played.append(day)
            typer.echo(diary.line(day))
    for line in ("", *diary.lines(played)):
        typer.echo(line)
    if out is not None:
        picture.write(played, out)
        typer.echo(out.absolute().as_uri())


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _warn(context: typer.Context, names: Sequence[str], how: str) -> None:
    """Says which options do nothing here."""
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":  # by its name: Typer may bring a Click of its own
            typer.secho(f"--{name} means something only {how} --heal: ignored", fg="yellow", err=True)
