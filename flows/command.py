"""The `signloop` command: what DVC calls, and what a person types; one file a command in flows/commands.

A message for a person goes to stderr without a traceback and the exit status is 1, or 75 where a second try may
succeed (pipeline.errors.TransientError); `--debug` shows the traceback.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows import environment
from flows.commands import (
    architectures,
    assets,
    backup,
    bench,
    convert,
    cross_validate,
    dashboard,
    demo,
    doctor,
    drift,
    extract,
    feedback,
    gc,
    hub,
    leave_one_out,
    log,
    look,
    models,
    month,
    motion,
    predict,
    retrain,
    schedule,
    serve,
    sketches,
    split,
    stage,
    up,
    use,
    watch,
)
from pipeline.errors import SignloopError

app = typer.Typer(
    name="signloop",
    help="Keep a recognition model in Production. `dvc repro` makes it; these commands use it and look after it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
)
app.command(rich_help_panel="Make")(use.use)
app.command(rich_help_panel="Make")(stage.stage)
app.add_typer(split.app, name="split", rich_help_panel="Make")
app.add_typer(sketches.app, name="sketches", rich_help_panel="Make")
app.command(rich_help_panel="Make")(retrain.retrain)
app.command(rich_help_panel="Make")(schedule.schedule)
app.command(rich_help_panel="Look after")(watch.watch)
app.command(rich_help_panel="Use")(extract.extract)
app.command(rich_help_panel="Use")(predict.predict)
app.command(rich_help_panel="Use")(look.show)
app.command(rich_help_panel="Use")(convert.convert)
app.command(rich_help_panel="Use")(demo.demo)
app.command(rich_help_panel="Use")(serve.serve)
app.command(rich_help_panel="Use")(dashboard.dashboard)
app.command(rich_help_panel="Use")(up.up)
app.add_typer(models.app, name="models", rich_help_panel="Use")
app.add_typer(hub.app, name="hub", rich_help_panel="Use")
app.add_typer(feedback.app, name="feedback", rich_help_panel="Use")
app.command(rich_help_panel="Measure")(architectures.architectures)
app.command("leave-one-out", rich_help_panel="Measure")(leave_one_out.leave_one_out)
app.command("cross-validate", rich_help_panel="Measure")(cross_validate.cross_validate)
app.command(rich_help_panel="Measure")(motion.motion)
app.command(rich_help_panel="Measure")(month.month)
app.command(rich_help_panel="Measure")(bench.bench)
app.command(rich_help_panel="Look after")(doctor.doctor)
app.command(rich_help_panel="Look after")(drift.drift)
app.add_typer(assets.app, name="assets", rich_help_panel="Look after")
app.command(rich_help_panel="Look after")(backup.backup)
app.command(rich_help_panel="Look after")(backup.restore)
app.command(rich_help_panel="Look after")(gc.gc)
app.add_typer(log.app, name="log", rich_help_panel="Look after")


@app.callback()
def _options(debug: Annotated[bool, typer.Option(help="Show tracebacks and what libraries log.")] = False) -> None:
    if debug:
        logging.basicConfig(level=logging.DEBUG)
        logging.getLogger("signloop").setLevel(logging.DEBUG)


def entry() -> None:
    """Runs `main` with the code of the project that one stands in.

    `dvc exp run --temp` works in a copy of the project, and a machine may hold two clones: the installed package is
    then another tree than the one whose files are hashed.
    """
    own, here = Path(__file__).resolve(), Path.cwd() / "flows" / "command.py"
    if here.exists() and here.resolve() != own:
        paths = [str(Path.cwd()), *filter(None, [os.environ.get("PYTHONPATH")])]
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
        os.execv(sys.executable, [sys.executable, "-m", "flows.command", *sys.argv[1:]])
    main()


def main() -> None:
    """Runs the command line; a message for a person ends it with that error's exit status."""
    environment.silence()
    environment.share_the_processor()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        app()
    except SignloopError as error:
        if "--debug" in sys.argv:
            raise
        typer.secho("error: ", fg="red", err=True, nl=False)
        typer.echo(str(error), err=True)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
