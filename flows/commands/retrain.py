import gc
import logging
from typing import Annotated

import typer

from flows import environment, readying, server, turn, verdict
from flows.ask_dvc import AskDvc
from flows.causes import Cause
from pipeline import params
from pipeline.errors import SignloopError, TransientError


def retrain(
    tracks: Annotated[
        list[str] | None, typer.Argument(metavar="[TRACK]…", help="Default: `retrain.tracks` of params.yaml, or all.")
    ] = None,
    cause: Annotated[
        str, typer.Option(help="What called for it, for the ledger; `drift`: the gate asks for recent clips too.")
    ] = "",
    reason: Annotated[list[str] | None, typer.Option(help="Why, in words; may be repeated.")] = None,
) -> None:
    """Do what `dvc repro` does, as a Prefect flow. One at a time: a second one is skipped, with exit status 75."""
    root, state = environment.project_root(), environment.state_folder()
    try:
        with turn.take(state, "by hand") as lock:
            written = params.read(root / "params.yaml")
            named = written.named(tracks or [])
            called = Cause(what=cause, reasons=tuple(reason or ())) if cause else None
            readying.ready(root, named, written, called, say=lambda line: typer.echo(line, err=True))
            typer.echo(server.prepare(state), err=True)
            with AskDvc(root, lock) as dvc:  # it starts while Prefect loads
                _load_prefect()
                from flows.retrain import Work, by_hand

                ended = by_hand(Work(root=root, dvc=dvc, patience=written.retrain), named)
    except turn.BusyError as busy:
        typer.secho(f"skipped: {busy}", fg="yellow", err=True)
        raise typer.Exit(TransientError.exit_status) from None
    if not ended.is_completed():
        raise SignloopError(ended.message or f"the flow ended as {ended.name}")
    typer.echo(ended.message)
    for track in named:
        typer.echo(verdict.line(root, track))


def _load_prefect() -> None:
    """Loads Prefect without the garbage collector, which finds nothing in all it makes and takes a quarter of a second.

    Frozen, it is not looked through again at the end either, which takes as long.
    """
    logging.getLogger().handlers.clear()  # its own lines say which task speaks
    gc.disable()
    import flows.retrain  # noqa: F401

    gc.freeze()
    gc.enable()
