from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from flows import environment
from pipeline.errors import InputError

app = typer.Typer(help="MediaPipe's files: what `extract`, `demo` and the live page look with.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Show each bundle, its hash, and the file that is used."""
    from flows.assets import KNOWN, copies

    folders = environment.assets()
    used = {copy.name: copy for copy in reversed(copies(folders, KNOWN))}
    for name, bundle in KNOWN.items():
        copy = used.get(name)
        where = "nowhere yet" if copy is None else str(copy.path) + ("" if copy.whole else " (another file)")
        typer.echo(f"{name:<16} {bundle.sha256[:12]}…  {where}")
    typer.echo(f"{'looked in':<31} {', '.join(map(str, folders))}")


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these; else both bundles, without `tasks_vision` of the live page.")
    ] = None,
) -> None:
    """Bring what is missing into the folder of SIGNLOOP_ASSETS, else the user's cache: from Google, by pip, by npm."""
    from flows import assets
    from pipeline.detect.bundles import BUNDLES, find

    folders = environment.assets()
    if unknown := sorted(set(names or ()) - set(assets.KNOWN)):
        raise InputError(f"unknown bundle '{unknown[0]}'. Valid: {', '.join(assets.KNOWN)}.")
    there = {copy.name for copy in assets.copies(folders, assets.KNOWN)}
    with TemporaryDirectory() as scratch:
        for name in names or BUNDLES:
            if name not in there:
                places = assets.places(name, Path(scratch))
                assets.fetch(name, assets.KNOWN[name], folders[0], places, say=lambda line: typer.echo(line, err=True))
            typer.echo(f"{name}: {find(name, folders, assets.KNOWN)}")


@app.command()
def verify() -> None:
    """Hash all in every folder; status 1 when a bundle is missing, or anything is another file."""
    from flows.assets import KNOWN, copies, problems
    from pipeline.detect.bundles import BUNDLES

    folders = environment.assets()
    there = copies(folders, KNOWN)
    for copy in there:
        typer.secho(f"{copy.path}: {'as pinned' if copy.whole else 'ANOTHER FILE'}", fg=None if copy.whole else "red")
    looked_at = {*BUNDLES, *(copy.name for copy in there)}
    found = list(problems(folders, {name: bundle for name, bundle in KNOWN.items() if name in looked_at}))
    for problem in found:
        typer.echo(problem)
    if found:
        raise typer.Exit(1)
