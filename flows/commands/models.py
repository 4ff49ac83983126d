from typing import Annotated

import typer

from flows import environment

app = typer.Typer(help="What the registry holds, and which version answers.", no_args_is_help=True)


@app.command("list")
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


@app.command()
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
