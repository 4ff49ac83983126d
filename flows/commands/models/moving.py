from typing import Annotated

import typer

from flows import environment

Track = Annotated[str, typer.Argument(help="A track of the registry.")]
Reason = Annotated[str, typer.Option(help="Why; the ledger keeps it.")]


def promote(
    track: Track,
    version: Annotated[int, typer.Argument(help="The version that is to answer.")],
    reason: Reason = "",
    override: Annotated[bool, typer.Option("--override", help="Although it was refused; needs a --reason.")] = False,
) -> None:
    """Put a version into Production by hand."""
    from registry import moves

    store, who = environment.store(), environment.who()
    seen = moves.seen(store, track)
    moves.promote(store, track, version, expected=seen, who=who, reason=reason, override=override)
    _say(track)


def rollback(
    track: Track,
    to: Annotated[int | None, typer.Option(help="This former one, instead of the last before.")] = None,
    reason: Reason = "",
) -> None:
    """Bring back the version that was in Production before; the one taken out is not promoted again by itself."""
    from registry import moves

    store, who = environment.store(), environment.who()
    moves.roll_back(store, track, expected=moves.seen(store, track), to=to, who=who, reason=reason)
    _say(track)


def delete(
    track: Track,
    version: Annotated[int, typer.Argument(help="A version that no alias names.")],
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a version; the ledger remembers it, and it is not promoted again by itself."""
    from registry import moves, versions

    store = environment.store()
    versions.named(store, track, number=version)
    if not yes:
        typer.confirm(
            f"Delete version {version} of '{track}'? It cannot be brought back but from a backup.", abort=True
        )
    moves.delete(store, track, version, who=environment.who(), reason=reason)
    typer.echo(f"{track}: version {version} is deleted")


def _say(track: str) -> None:
    from flows import summary

    for line in summary.holder(environment.store(), track):
        typer.echo(line)
