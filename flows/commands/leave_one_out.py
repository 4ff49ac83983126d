from pathlib import Path
from typing import Annotated

import typer

from flows import environment


def leave_one_out(
    track: Annotated[str, typer.Argument(help="A track of params.yaml.")],
    overlay: Annotated[
        Path | None, typer.Option("--with", help="Lay this file over params.yaml, for this run.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Another model at its defaults, such as strm.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 3,
    group: Annotated[list[str] | None, typer.Option(help="Leave out only this group; may be repeated.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Trainings at once.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Also write the table to this CSV file.")] = None,
) -> None:
    """Train without one signer or source and test on it, for each of them: accuracy on people never seen."""
    from rich.console import Console

    from flows.commands.show import leave_one_out_table
    from flows.crossval import leave_one_out as run
    from flows.overlay import read_with
    from pipeline.params import with_model

    console = Console(stderr=True)

    def done(name: str, seed: int, accuracy: float) -> None:
        console.print(f"  without {name}, seed {seed}: {accuracy:.3f}", highlight=False)

    config = with_model(read_with(environment.project_root() / "params.yaml", overlay).track(track), model)
    table = run(config, seeds=range(seeds), groups=group or (), workers=workers, done=done)
    Console().print(leave_one_out_table(table))
    if out:
        table.to_csv(out)
