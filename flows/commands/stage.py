from typing import Annotated

import typer

from flows import environment, stage_times, stages


def stage(
    name: Annotated[str, typer.Argument(metavar="STAGE", help=f"One of: {', '.join(stages.STAGES)}.")],
    track: Annotated[str, typer.Argument(help="A track of params.yaml.")],
) -> None:
    """Run one stage of one track: what `dvc repro` calls."""
    call = stages.call(environment.project_root(), track)
    with stage_times.noted(call.state, name, track):
        stages.run(name, call)
