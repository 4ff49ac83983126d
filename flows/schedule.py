"""The deployments on a Prefect server, and the process that runs there what is due or asked for.

`retrain` is due by its cron, and asked for by the event that the flow `watch` sends; `watch` is due at its interval.
Trap: without a limit in it, each new deployment takes away the limit of the one before. Prefect's limit cancels what
is due while a run is at work, but not reliably; the turn (flows.turn) is what holds.
"""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner
from prefect.schedules import Cron, Interval
from prefect.server.schemas.schedules import CronSchedule
from prefect.types.entrypoint import EntrypointType

from flows.retrain import retrain
from flows.watch import EVENT, resource, watch
from pipeline.errors import InputError
from pipeline.params import Params, Retrain

NEXT = 3
FROM_EVENT = ("tracks", "cause", "reasons")  # parameters that the event brings along


def deployments(root: Path, tracks: list[str], written: Params) -> tuple[RunnerDeployment, RunnerDeployment]:
    """Describes both, of `retrain` and of `watch`: one each a project and choice of tracks, named after them."""
    name = "-".join([root.name, *tracks]).replace("/", "-").replace("%", "-")
    about = f"`signloop schedule {' '.join(tracks)}` in {root}".replace(" `", "`")
    when, watched = written.retrain, written.named(tracks)

    def described(flow: Any, **more: Any) -> RunnerDeployment:
        return RunnerDeployment.from_flow(
            flow,
            name=name,
            paused=False,  # again, where somebody had paused it
            parameters={"tracks": tracks, "root": str(root)},
            concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
            description=about,
            entrypoint_type=EntrypointType.MODULE_PATH,  # found by import, whatever the working folder
            **more,
        )

    asked_for = DeploymentEventTrigger(
        name=f"retrain {name} when drift or corrections ask for it",
        expect={EVENT},
        match={name: [resource(root, track)[name] for track in watched] for name in resource(root, "")},
        parameters={"root": str(root)} | {name: f"{{{{ event.payload.{name} }}}}" for name in FROM_EVENT},
    )
    return (
        described(retrain, schedule=Cron(when.cron, timezone=when.timezone), triggers=[asked_for]),
        described(watch, schedule=Interval(written.watch.interval_s)),
    )


def next_runs(when: Retrain) -> list[datetime]:
    """Returns when the next runs are due.

    Raises: InputError where they never are, as on 31 February.
    """
    try:
        return list(asyncio.run(CronSchedule(cron=when.cron, timezone=when.timezone).get_dates(NEXT)))
    except ValueError as error:
        raise InputError(f"retrain.cron: '{when.cron}' is never due ({error}). Correct it in params.yaml.") from None


def pause(made: Sequence[RunnerDeployment]) -> None:
    """Stops the schedules on the server, and drops what they had planned.

    Raises: InputError where nothing of that name was ever scheduled.
    """
    with get_client(sync_client=True) as client:
        for one in made:
            try:
                client.pause_deployment(client.read_deployment_by_name(one.full_name).id)
            except ObjectNotFound:
                raise InputError(
                    f"'{one.full_name}' is not on this server: nothing to pause. Try: prefect deployment ls"
                ) from None


def serve(made: Sequence[RunnerDeployment], root: Path) -> None:
    """Puts the deployments on the server and runs what is due, until it is stopped.

    What comes due while nobody serves waits for the next start: the schedules go on.
    """
    os.chdir(root)
    own = [str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(own)  # this tree's flows, in the processes that run them
    runner = Runner(name=made[0].name, pause_on_shutdown=False, limit=len(made))  # looks go on beside a retraining
    for one in made:
        runner.add_deployment(one)
    asyncio.run(runner.start())
