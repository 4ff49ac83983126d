"""The `signloop` command: what DVC calls, and what a person types.

A message for a person goes to stderr without a traceback and the exit status is 1; `--debug` shows the traceback.
"""

import sys
from typing import Annotated

import typer

from flows import environment
from pipeline.errors import SignloopError

app = typer.Typer(
    name="signloop",
    help="Keep a recognition model in Production: `dvc repro` makes it, these commands use it and look after it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_debug = False


@app.callback()
def _options(debug: Annotated[bool, typer.Option(help="Show the traceback of an error.")] = False) -> None:
    global _debug
    _debug = debug


@app.command()
def stage(
    name: Annotated[str, typer.Argument(help="code, extract, prepare, pretrain, train, export, evaluate or promote.")],
    track: Annotated[str, typer.Argument(help="A track of params.yaml.")],
) -> None:
    """Run one stage of one track, as `dvc repro` does."""
    from flows import stages
    from flows.layout import Layout
    from pipeline import params

    root = environment.project_root()
    call = stages.Call(
        params=params.read(root / "params.yaml"),
        layout=Layout(root, track),
        state=environment.state_folder(),
        tracking_uri=environment.tracking_uri(),
        in_experiment=environment.in_experiment(),
    )
    stages.run(name, call)


def main() -> None:
    """Runs the command line."""
    environment.silence()
    try:
        app()
    except SignloopError as error:
        if _debug:
            raise
        from rich.console import Console

        Console(stderr=True).print(f"[red]error:[/red] {error}", markup=True, highlight=False)
        sys.exit(1)
