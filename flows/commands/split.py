from typing import Annotated

import typer

from flows import environment

app = typer.Typer(help="The split into training, validation and test groups.", no_args_is_help=True)


@app.callback()
def _nothing() -> None:
    """Keeps `freeze` a word of its own while it is the only one."""


@app.command()
def freeze(track: Annotated[str, typer.Argument(help="A track of params.yaml.")]) -> None:
    """Write the test groups into params.yaml, so that the test set stays when data grows."""
    from flows import overlay
    from flows.commands.show import difference
    from flows.layout import Layout
    from pipeline import params, samples
    from pipeline import split as splits

    root = environment.project_root()
    prepare = params.read(root / "params.yaml").track(track).prepare
    groups = splits.freeze(samples.read(Layout(root, track).samples, values=False), prepare)
    difference(overlay.set_value(root / "params.yaml", ["tracks", track, "prepare", "test"], list(groups)))
