from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows import environment
from pipeline.errors import InputError

if TYPE_CHECKING:
    from flows.backup import Manifest
    from flows.logged import Logged


def backup(
    file: Annotated[
        Path | None, typer.Argument(help="The archive to write. Default: signloop-backup-DATE-TIME.tar.gz, here.")
    ] = None,
    log: Annotated[
        bool,
        typer.Option("--log", help="The prediction log and its clients' secret, too: personal data; keep it as such."),
    ] = False,
) -> None:
    """Write the registry, with every version's bytes and the runs, into one archive; others may go on writing."""
    from flows import backup as backups

    manifest, path = backups.backup(
        environment.store(), state=environment.state_folder(), out=file, log=_log() if log else None
    )
    typer.echo(f"{path}: {len(manifest.files)} files, {path.stat().st_size / 1e6:.1f} MB")
    _show(manifest)
    typer.echo(f"Bring it back, here or in another clone: signloop restore {path.name}{' --log' * log}")
    if log:
        typer.echo("It holds who asked what, and the landmarks that are kept: whom you erase later is still in it.")


def restore(
    file: Annotated[Path | None, typer.Argument(help="An archive that `signloop backup` wrote.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the registry that is here; it is kept aside.")
    ] = False,
    log: Annotated[
        bool, typer.Option("--log", help="Bring the archive's prediction log and clients' secret back, too.")
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="No archive: this project's folder was moved or copied, mend its paths.")
    ] = False,
) -> None:
    """Bring a backup back, checked whole before anything is touched, or mend a registry that was moved."""
    from flows import restore as restores

    if here == (file is not None):
        raise InputError("give either an archive, as in `signloop restore FILE`, or --here.")
    if here and log:
        raise InputError("--log is of an archive: a prediction log holds no paths, and moves as it is.")
    root, state, store = environment.project_root(), environment.state_folder(), environment.store()
    if file is None:
        former, changed = restores.restore_here(store, root=root)
        for folder in former:
            typer.echo(f"was in {folder}")
        typer.echo(f"{changed} paths now lead to {store.artifacts}" if changed else "Every path leads here already.")
        return
    manifest, aside = restores.restore(store, file, root=root, state=state, force=force, log=_log() if log else None)
    _show(manifest)
    for folder in aside:
        typer.echo(f"What was here before is kept in {folder}")
    if log:
        typer.echo(f"Erase again whom you have erased since {manifest.created}: signloop log erase. Restart servers.")
    typer.echo("Next: signloop doctor")


def _log() -> "Logged":
    from flows.logged import Logged

    return Logged(environment.database_url(), environment.state_folder())


def _show(manifest: "Manifest") -> None:
    for track, held in manifest.versions.items():
        named = ", ".join(f"{alias} {number}" for alias, number in sorted(held.aliases.items())) or "no alias"
        typer.echo(f"  {track}: {len(held.versions)} version(s); {named}")
