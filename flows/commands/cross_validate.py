"""`signloop cross-validate`."""

from pathlib import Path
from typing import Annotated

import typer

from flows import environment


def cross_validate(
    track: Annotated[str, typer.Argument(help="A track of params.yaml.")],
    overlay: Annotated[
        Path | None, typer.Option("--with", help="Lay this file over params.yaml, for this run.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME or NAME,KEY=VALUE,… in place of the track's model; may be repeated, to compare. "
            "A key with dots is of the track: train.augment.mirror=0."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="How many; every group is in one.")] = 5,
    fold: Annotated[list[int] | None, typer.Option(help="Only this one, counted from 0; may be repeated.")] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            help="NAME or NAME,KEY=VALUE,… of a model that is trained without the same fold; those learn from it that "
            "say train.teacher.weights=fold."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Trainings at once.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Also write every fold to this CSV file, as it ends.")] = None,
) -> None:
    """Train without a fold of the groups and test on it, for each fold and model: what each gives, and costs."""
    import dataclasses

    import pandas as pd
    from rich.console import Console

    from flows.commands.show import cross_validation_table
    from flows.crossval import cross_validate as run
    from flows.overlay import read_with
    from pipeline.params import with_model

    console = Console(stderr=True)
    own = read_with(environment.project_root() / "params.yaml", overlay).track(track)
    tracks = {spec or own.model.name: with_model(own, spec) for spec in model or [None]}
    rows = []
    taught_by = with_model(own, teacher) if teacher else None
    for name, one in run(tracks, folds=folds, only=fold or (), seeds=range(seeds), teacher=taught_by, workers=workers):
        rows.append({"model": name, **dataclasses.asdict(one)})
        console.print(f"  {name}, fold {one.fold}, seed {one.seed}: {one.accuracy:.3f}", highlight=False)
        if out:
            pd.DataFrame(rows).to_csv(out, index=False)
    table = pd.DataFrame(rows)
    Console().print(cross_validation_table(table, list(tracks)))
    console.print(f"logits of the exported files differ from PyTorch's by at most {table['difference'].max():.0e}")
