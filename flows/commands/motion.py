from pathlib import Path
from typing import Annotated

import typer

from flows import environment


def motion(
    track: Annotated[str, typer.Argument(help="A track of params.yaml, on simulated signers.")],
    against: Annotated[Path, typer.Option(help="Lay this file over params.yaml for the model of frames.")] = Path(
        "examples/letters_frames.yaml"
    ),
) -> None:
    """Train the track's model and one of single frames; can they tell J and Z from I and D on people never seen?"""
    from rich.console import Console
    from rich.table import Table

    from flows.motion import PAIRS
    from flows.motion import motion as run
    from flows.overlay import read_with

    root, console = environment.project_root(), Console(stderr=True)

    def log(model: str, epoch: int, values: dict[str, float]) -> None:
        console.print(f"  {model}, epoch {epoch}: accuracy in validation {values['val_accuracy']:.3f}", highlight=False)

    configs = [read_with(root / "params.yaml", overlay).track(track) for overlay in (None, root / against)]
    moving, pairs = [b for _, b in PAIRS], ["/".join(pair) for pair in PAIRS]
    heads = ["accuracy", *(f"recall {letter}" for letter in moving), *(f"{pair} by vote of frames" for pair in pairs)]
    table = Table("synthetic signers, unseen", *heads, box=None, header_style="bold")
    for row in run(*configs, log=log):
        values = [row.accuracy, *row.recall.values(), *row.votes.values()]
        table.add_row(row.model, *(f"{value:.3f}" for value in values))
    Console().print(table)
