from pathlib import Path
from typing import Annotated

import typer

from flows import environment
from pipeline.errors import InputError

app = typer.Typer(
    help="Quick Draw's drawings: fetched from Google's bucket, and by nothing else.", no_args_is_help=True
)


@app.callback()
def _sketches() -> None:
    """Keep `fetch` a word of its own."""


@app.command()
def fetch(
    track: Annotated[str, typer.Argument(help="A track whose data.source is quickdraw.")] = "sketches",
    overlay: Annotated[
        Path | None, typer.Option("--with", help="Lay this file over params.yaml, for this run.")
    ] = None,
    parallel: Annotated[int, typer.Option(min=1, max=16, help="Classes at once.")] = 4,
    address: Annotated[str | None, typer.Option("--from", help="A mirror of the bucket's folder numpy_bitmap.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Take a file that has changed since it was listed.")] = False,
) -> None:
    """Bring the classes of data.classes into data.path; a broken fetch goes on where it stopped."""
    from flows import quickdraw
    from flows.overlay import read_with
    from pipeline.params import QuickDraw

    data = read_with(environment.project_root() / "params.yaml", overlay).track(track).data
    if not isinstance(data, QuickDraw):
        raise InputError(
            f"tracks.{track}.data.source is {data.source}, which fetches nothing. "
            "Lay a file over it: --with examples/sketches_quickdraw.yaml."
        )
    if not data.classes:
        raise InputError(f"tracks.{track}.data.classes: name the classes to fetch; there are 345 of 100 MB each.")
    quickdraw.fetch(
        data.classes,
        Path(data.path),
        rows=None if data.keep_raw else data.max_per_class,
        bucket=quickdraw.Bucket(address or quickdraw.BUCKET),
        parallel=parallel,
        again=again,
        say=lambda line: typer.echo(line, err=True),
    )
