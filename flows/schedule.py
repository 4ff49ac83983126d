"""The deployment of the flow on a Prefect server, and the process that runs there what is due.

Trap: without a limit in it, each new deployment takes away the limit of the one before. Prefect's limit cancels what
is due while a run is at work, but not reliably; the turn (flows.turn) is what holds.
"""

import asyncio
import os
from datetime import datetime
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.server.schemas.schedules import CronSchedule
from prefect.types.entrypoint import EntrypointType

from flows.retrain import retrain
from pipeline.errors import InputError
from pipeline.params import Retrain

NEXT = 3


def deployment(root: Path, tracks: list[str], when: Retrain) -> RunnerDeployment:
    """Describes the deployment: one a project and choice of tracks, named after them."""
    return RunnerDeployment.from_flow(
        retrain,
        name="-".join([root.name, *tracks]).replace("/", "-").replace("%", "-"),
        schedule=Cron(when.cron, timezone=when.timezone),
        paused=False,  # again, where somebody had paused it
        parameters={"tracks": tracks, "root": str(root)},
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        description=f"`signloop schedule {' '.join(tracks)}` in {root}".replace(" `", "`"),
        entrypoint_type=EntrypointType.MODULE_PATH,  # found by import, whatever the working folder
    )


def next_runs(when: Retrain) -> list[datetime]:
    """Returns when the next runs are due.

    Raises: InputError where they never are, as on 31 February.
    """
    try:
        return list(asyncio.run(CronSchedule(cron=when.cron, timezone=when.timezone).get_dates(NEXT)))
    except ValueError as error:
        raise InputError(f"retrain.cron: '{when.cron}' is never due ({error}). Correct it in params.yaml.") from None


def pause(made: RunnerDeployment) -> None:
    """Stops the schedule on the server, and drops what it had planned.

    Raises: InputError where nothing of that name was ever scheduled.
    """
    with get_client(sync_client=True) as client:
        try:
            client.pause_deployment(client.read_deployment_by_name(made.full_name).id)
        except ObjectNotFound:
            raise InputError(
                f"'{made.full_name}' is not on this server: nothing to pause. Try: prefect deployment ls"
            ) from None


def serve(made: RunnerDeployment, root: Path) -> None:
    """Puts the deployment on the server and runs what is due, until it is stopped.

    What comes due while nobody serves waits for the next start: the schedule goes on.
    """
    os.chdir(root)
    own = [str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(own)  # this tree's flow, in the processes that run it
    runner = Runner(name=made.name, pause_on_shutdown=False, limit=1)
    runner.add_deployment(made)
    asyncio.run(runner.start())
