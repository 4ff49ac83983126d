import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows import environment, server
from pipeline import params
from pipeline.errors import TransientError
from pipeline.params import Params

if TYPE_CHECKING:
    from monitoring.policy import Verdict


def watch(
    tracks: Annotated[
        list[str] | None, typer.Argument(metavar="[TRACK]…", help="Default: `retrain.tracks` of params.yaml, or all.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end; else every `watch.interval_s`.")] = False,
) -> None:
    """Look at what was asked lately, say what it leads to, and do it; without a Prefect server too."""
    root = environment.project_root()
    written = params.read(root / "params.yaml")
    named = written.named(tracks or [])
    while True:
        for track in named:
            try:
                _look(track, root, written)
            except TransientError as error:
                if once:
                    raise
                typer.secho(f"{track}: {error}", fg="yellow", err=True)  # and the next look may succeed
        if once:
            return
        time.sleep(written.watch.interval_s)  # what is waited for is the time itself


def _look(track: str, root: Path, written: Params) -> None:
    from flows import watching

    if not watching.in_production(environment.store(), track):
        typer.echo(f"{track}: nothing is in Production")
        return
    now = datetime.now(UTC)
    own: list[list[str]] = []

    def retrain(track: str, said: "Verdict") -> None:
        if os.environ.get(server.ADDRESS):
            from flows.watch import ask

            ask(root, track, said)
        else:
            own.append(_command(track, watching.called(said), said.reasons))

    with watching.means(root, now=now, retrain=retrain, say=lambda line: typer.echo(line, err=True)) as means:
        said = watching.look_after(track, means, written, now=now)
    typer.echo(f"{track}: {said.action}, {said.cause}")
    for line in said.reasons:
        typer.echo(f"  {line}")
    for command in own:  # after the look is kept, which a training would hold up
        subprocess.run(command, cwd=root, check=False)


def _command(track: str, cause: str, reasons: tuple[str, ...]) -> list[str]:
    because = [word for reason in reasons for word in ("--reason", reason)]
    return [sys.executable, "-m", "flows.command", "retrain", track, "--cause", cause, *because]
