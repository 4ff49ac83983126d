"""`signloop log`: what was answered, and what leaves the log."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows import environment
from pipeline.errors import InputError

if TYPE_CHECKING:
    from monitoring.log.erasing import Erased
    from monitoring.log.exporting import Export

app = typer.Typer(help="The predictions that were answered: look, prune, erase.", no_args_is_help=True)


@app.command()
def show(
    track: Annotated[
        str | None, typer.Argument(help="A track; without one, how many of each, by version and day.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many predictions, the newest ones.")] = 20,
    id: Annotated[str | None, typer.Option("--id", help="One prediction, whole, as JSON.")] = None,
) -> None:
    """Show predictions, newest first, or how many there are."""
    from rich.console import Console

    from flows import predictions
    from monitoring.log import feedback, reading
    from monitoring.log.database import Database

    with Database.open(environment.database_url()) as database:
        if id is not None:
            found = reading.find(database, id)
            if found is None:
                raise InputError(f"no prediction '{id}' in '{database.where}'. Look at them: signloop log show TRACK")
            said = [vars(one) for one in feedback.history(database, id)]
            typer.echo(json.dumps(found | {"feedback": said}, default=str, ensure_ascii=False, indent=2))
        elif track is None:
            Console().print(predictions.counted(reading.counts(database)))
        else:
            Console().print(predictions.newest(track, reading.read(database, track, limit=limit)))


@app.command()
def prune(
    older_than: Annotated[str, typer.Option(help="Predictions from before: 30d, 12h, 2w ago, or a date.")] = "365d",
) -> None:
    """Remove predictions that are older, and inputs that are past their own time."""
    from flows.past import before
    from monitoring.log import erasing
    from monitoring.log.database import Database

    now = datetime.now(UTC)
    with Database.open(environment.database_url()) as database:
        _say(erasing.prune(database, before=before(older_than, now=now), now=now))


@app.command()
def erase(
    client: Annotated[
        str | None, typer.Option(help="All of a client: its name as the server knows it, or its key in the log.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="One prediction.")] = None,
    older_than: Annotated[str | None, typer.Option(help="All from before: 30d, 12h, 2w ago, or a date.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase predictions with their inputs and corrections, and name what was trained on them."""
    from flows.past import before
    from monitoring.log import erasing
    from monitoring.log.clients import client_key
    from monitoring.log.database import Database

    keys = (client, client_key(environment.client_secret(), client)) if client else ()
    moment = before(older_than) if older_than is not None else None
    with Database.open(environment.database_url()) as database:
        if not yes:
            _say(erasing.matching(database, id=id, client=keys, before=moment), "would go")
            typer.confirm("Erase them? They cannot be brought back.", abort=True)
        gone = erasing.erase(database, id=id, client=keys, before=moment)
    _say(gone)
    _name(gone.exports)


def _say(gone: "Erased", what: str = "gone") -> None:
    typer.echo(f"{what}: {gone.predictions} prediction(s), {gone.inputs} input(s), {gone.corrections} correction(s)")
    if not gone.wiped:
        typer.echo("The log's -wal file still holds them, since somebody reads it: signloop log prune, a little later")


def _name(exports: "list[Export]") -> None:
    """Says which files and versions still hold what was erased: they are no part of the log."""
    from flows.trained_on import trained_on

    for export in exports:
        typer.echo(
            f"{export.erased} of {export.clips} clips erased of an export: {export.path} ({export.sha256[:12]}…)"
        )
    for trained in trained_on(environment.store(), [export.sha256 for export in exports]):
        typer.echo(f"trained on: {trained}")
    if exports:
        typer.echo("Next: remove these files and copies of them, signloop feedback export anew, dvc repro, dvc gc")
