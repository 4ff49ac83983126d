from pathlib import Path
from typing import Annotated

import typer

from flows import environment


def motion(
    track: Annotated[str, typer.Argument(help="A track of params.yaml, on simulated signers.")],
    overlays: Annotated[
        list[Path] | None,
        typer.Option("--with", help="Lay this file over params.yaml; may be repeated, a model each."),
    ] = None,
) -> None:
    """Train a model of frames and one of clips: which tells J and Z from I and D on people never seen?"""
    from rich.console import Console
    from rich.table import Table

    from flows.motion import PAIRS
    from flows.motion import motion as run
    from flows.overlay import read_with

    root, console = environment.project_root(), Console(stderr=True)
    overlays = overlays or [root / "examples" / f"letters_{name}.yaml" for name in ("frames", "motion")]

    def log(model: str, epoch: int, values: dict[str, float]) -> None:
        console.print(f"  {model}, epoch {epoch}: accuracy in validation {values['val_accuracy']:.3f}", highlight=False)

    tracks = [read_with(root / "params.yaml", overlay).track(track) for overlay in overlays]
    letters, pairs = [moving for _, moving in PAIRS], ["/".join(pair) for pair in PAIRS]
    heads = ["accuracy", *(f"recall {letter}" for letter in letters), *(f"{pair} by vote of frames" for pair in pairs)]
    table = Table("synthetic signers, unseen", *heads, box=None, header_style="bold")
    for row in run(*tracks, log=log):
        values = [f"{value:.3f}" for value in (row.accuracy, *row.recall.values(), *row.votes.values())]
        table.add_row(row.model, *values)
        console.print(f"  {row.model}: {', '.join(values)}", highlight=False)
    Console().print(table)
