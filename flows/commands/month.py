from typing import Annotated

import typer

from flows import environment


def month(
    seeds: Annotated[int, typer.Option(min=1, help="Of each shift.")] = 40,
    quiet: Annotated[int, typer.Option(min=1, help="Windows without a shift.")] = 1000,
    plain: Annotated[int, typer.Option(min=0, help="Of either, those that Evidently's defaults look at too.")] = 10,
    processes: Annotated[int, typer.Option(min=1, help="That make clips and answers.")] = 2,
) -> None:
    """Play a month of letters by people who are made up: what drift is found, when, and how often for nothing."""
    from flows.month.run import Size, figures

    size = Size(seeds=seeds, quiet=quiet, plain=plain, processes=processes)
    for what, value in figures(environment.project_root(), size):
        typer.echo(f"{what:<36} {value}")
