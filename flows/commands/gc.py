import sys
from typing import Annotated

import typer

from flows import environment
from pipeline.errors import InputError


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and delete nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Do not ask.")] = False,
    days: Annotated[
        float, typer.Option(min=0, help="Keep interrupted trainings, and clips of other extractors, this long.")
    ] = 14,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Also stored bytes that this registry does not name; is it the only one?")
    ] = False,
    cache: Annotated[
        bool, typer.Option("--cache", help="Also DVC's cache: what no commit, experiment or working file names.")
    ] = False,
) -> None:
    """Free what nothing points to: old checkpoints and clips, half-written files. Versions, aliases and runs stay."""
    from flows import garbage

    root, store = environment.project_root(), environment.store()
    found = garbage.find(root, environment.state_folder(), store, days=days)
    unnamed = garbage.orphans(store)
    found += unnamed if orphans else []
    for item in found:
        typer.echo(f"{garbage.readable(item.size):>9}  {item.path}  ({item.why})")
    typer.echo(f"{garbage.readable(sum(item.size for item in found)):>9}  in {len(found)} place(s)")
    if unnamed and not orphans:
        size = garbage.readable(sum(item.size for item in unnamed))
        typer.echo(f"{size:>9}  more in {len(unnamed)} place(s) that this registry does not name: --orphans")
    if cache:
        typer.echo(garbage.collect_cache(root, dry_run=True))
    if dry_run or not (found or cache):
        return
    if not force and not sys.stdin.isatty():
        raise InputError("nobody is here to ask. Add --force to delete, or --dry-run to only look.")
    if not force:
        typer.confirm("Delete?", abort=True)
    typer.echo(f"freed {garbage.readable(garbage.remove(found))}")
    if cache:
        typer.echo(garbage.collect_cache(root, dry_run=False))
