import json
from typing import Annotated

import typer

from flows import environment


def list_(track: Annotated[str | None, typer.Argument(help="Only this track.")] = None) -> None:
    """List the registered versions of every track, newest first."""
    from rich.console import Console

    from flows.commands.show import versions_table
    from registry import versions

    store = environment.store()
    if track and not versions.versions(store, track):
        versions.named(store, track)  # raises, and says what is registered
    for name in [track] if track else versions.tracks(store):
        Console().print(versions_table(name, versions.versions(store, name)))


def show(
    track: Annotated[str | None, typer.Argument(help="Only this track.")] = None,
    version: Annotated[int | None, typer.Option(help="This version, instead of the one in Production.")] = None,
    next_steps: Annotated[bool, typer.Option("--next", help="End with commands worth typing.")] = False,
) -> None:
    """Say which version is in Production, what it scores and why it is there."""
    from flows import summary
    from pipeline import params
    from registry import versions

    root, store = environment.project_root(), environment.store()
    written = params.read(root / "params.yaml")
    if track and not versions.versions(store, track):
        written.track(track)  # raises for a name that neither the registry nor params.yaml has
    tracks = [track] if track else list(written.tracks)
    for name in tracks:
        for line in summary.lines(store, root, name, version):
            typer.echo(line)
    if next_steps:
        typer.echo("\nNext:")
        if not environment.activated():
            typer.echo(f"  {'source .venv/bin/activate':<58} so that `signloop` and `dvc` are found")
        for command, what in summary.next_steps(tracks[0]):
            typer.echo(f"  {command:<58} {what}")


def history(
    track: Annotated[str, typer.Argument(help="A track of the registry.")],
    at: Annotated[
        str | None, typer.Option(help="Which version answered then: 2026-05-01, or 2026-05-01T12:00.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many entries, the newest ones.")] = 30,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object an entry and line, the oldest first.")
    ] = False,
) -> None:
    """Say what happened to Production, newest first: what, from, to, verdict, who, when, why."""
    from rich.console import Console

    from flows import history as told

    store = environment.store()
    if at is not None:
        typer.echo(told.then(store, track, told.moment(at)))
        return
    entries = told.entries(store, track)
    if as_json:
        for entry in entries[-limit:]:
            typer.echo(json.dumps(told.to_json(entry, entries), ensure_ascii=False))
    else:
        Console().print(told.table(track, entries, limit))
