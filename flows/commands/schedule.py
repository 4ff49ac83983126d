from typing import Annotated

import typer

from flows import environment, server
from pipeline import params


def schedule(
    tracks: Annotated[
        list[str] | None, typer.Argument(metavar="[TRACK]…", help="Default: `retrain.tracks` of params.yaml, or all.")
    ] = None,
    pause: Annotated[bool, typer.Option("--pause", help="Only stop the schedules on the server, and end.")] = False,
) -> None:
    """Put `retrain` and `watch` on a Prefect server, by cron and by interval, and run here what is due."""
    root = environment.project_root()
    written = params.read(root / "params.yaml")
    written.named(tracks or [])
    address = server.required()
    from flows import schedule as on_server

    made = on_server.deployments(root, tracks or [], written)
    names = " and ".join(f"'{one.full_name}'" for one in made)
    if pause:
        on_server.pause(made)
        again = " ".join(["signloop schedule", *(tracks or [])])
        typer.echo(f"{names} are paused on {address}. Again: {again}")
        return
    for due in on_server.next_runs(written.retrain):
        typer.echo(f"due {due:%a %Y-%m-%d %H:%M:%S %Z}")
    typer.echo(f"{names} on {address}; a run now: prefect deployment run '{made[0].full_name}'")
    on_server.serve(made, root)
