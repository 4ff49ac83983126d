"""`signloop feedback`: what people said of answers, what to ask them next, and a source made of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows import environment
from pipeline.errors import InputError

if TYPE_CHECKING:
    from monitoring.log.database import Database

app = typer.Typer(help="Corrections of answers: list, review, and export them to be trained on.", no_args_is_help=True)
Track = Annotated[str, typer.Argument(help="A track.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]


@app.command("list")
def list_(track: Annotated[str | None, typer.Argument(help="Only this track.")] = None, limit: Limit = 50) -> None:
    """List what counts now, newest first."""
    from rich.console import Console

    from flows import predictions
    from monitoring.log import feedback
    from monitoring.log.database import Database

    with Database.open(environment.database_url()) as database:
        Console().print(predictions.corrected(feedback.given(database, track, limit=limit)))


@app.command()
def review(
    track: Track,
    limit: Limit = 20,
    kept: Annotated[bool, typer.Option("--kept", help="Only those whose input is kept.")] = False,
) -> None:
    """List the answers that are most worth a correction: the least sure ones, of every label some."""
    from rich.console import Console

    from flows import predictions
    from monitoring.log.database import Database
    from monitoring.log.review import review

    with Database.open(environment.database_url()) as database:
        Console().print(predictions.doubtful(track, review(database, track, limit=limit, kept_only=kept)))


@app.command()
def export(
    track: Track,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="One hand: .parquet; whole signers: .npz; either: .h5.")
    ] = None,
    for_training: Annotated[
        bool, typer.Option("--for-training", help="Into feedback/, where the track's `extract` takes them up.")
    ] = False,
) -> None:
    """Write corrected and confirmed clips whose inputs are kept as a source for `extract`."""
    from monitoring.log import exporting
    from monitoring.log.database import Database

    if for_training == (out is not None):
        raise InputError("give either --out FILE or --for-training.")
    with Database.open(environment.database_url()) as database:
        if out is None:
            typer.echo(_for_training(track, database))
            return
        written = exporting.export(database, track, out)
    typer.echo(f"{out}: {written.clips} clip(s), sha256 {written.sha256}")
    for why, count in sorted(written.left_out.items()):
        typer.echo(f"  left out: {count} ({why})")
    if out.suffix.lower() != exporting.STORE:
        for line in exporting.section(out):
            typer.echo(f"  {line}")


@app.command()
def exports(track: Annotated[str | None, typer.Argument(help="Only this track.")] = None) -> None:
    """List the files that were written, what was erased of their clips since, and who was trained on them."""
    from rich.console import Console

    from flows import predictions
    from flows.trained_on import trained_on
    from monitoring.log import exporting
    from monitoring.log.database import Database

    with Database.open(environment.database_url()) as database:
        found = exporting.listed(database, track)
    trained = trained_on(environment.store(), [one.sha256 for one in found])
    Console().print(predictions.exported(found, trained))


def _for_training(track: str, database: "Database") -> str:
    from flows import corrections
    from pipeline import params

    root = environment.project_root()
    clips = corrections.write(root, [track], database, params.read(root / "params.yaml").policy)[track]
    return f"feedback/{track}: {clips} clip(s). Next: dvc repro"
