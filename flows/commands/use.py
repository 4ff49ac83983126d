from pathlib import Path
from typing import Annotated

import typer

from flows import environment
from pipeline.errors import InputError


def use(
    file: Annotated[
        Path | None, typer.Argument(help="A file of examples/, or your own with keys as in params.yaml.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Put back what params.yaml was before the first `use`.")] = False,
) -> None:
    """Lay a file of parameters over params.yaml and show the difference."""
    from flows import overlay
    from flows.commands.show import difference

    params = environment.project_root() / "params.yaml"
    kept = environment.state_folder() / "params.before-use.yaml"
    if undo == (file is not None):
        raise InputError("give either a file, as in `signloop use examples/letters_tables.yaml`, or --undo.")
    difference(overlay.undo(params, kept) if file is None else overlay.use(params, file, kept))
    typer.echo("Next: dvc repro" + ("" if undo else "    (back again: signloop use --undo)"))
