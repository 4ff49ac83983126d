"""The Prefect flow `watch`: a task a track, each of which takes one look; and the event by which it has one retrained.

The event goes to the server in a request of its own. `emit_event` would hand it to a thread, which says nothing of a
server that is away, and the look would be kept as one that set off a retraining.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from httpx import HTTPError
from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.events import Event
from prefect.logging.loggers import flow_run_logger
from prefect.states import Completed, Failed

from flows import environment, notify, watching
from monitoring.policy import Verdict
from pipeline import params
from pipeline.errors import TransientError
from pipeline.params import Params

EVENT = "signloop.retrain"
NAMES = {"nothing": "Quiet", "warn": "Warned", "retrain": "Retraining"}


def told(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """Tells of a look that failed, or whose process died."""
    root = Path(str(flow_run.parameters["root"]))
    note = notify.failed("watch", state.message or state.name or "")
    notify.send(note, root, say=flow_run_logger(flow_run).warning)


@flow(name="watch", persist_result=False, on_failure=[told], on_crashed=[told])
def watch(tracks: list[str], root: Path) -> State[Any]:
    """Looks at what these tracks were asked lately (none named: at all), and does what follows."""
    written = params.read(root / "params.yaml")
    states = {track: _look(track, root, written) for track in written.named(tracks)}
    failures = [f"{track}: {state.message}" for track, state in states.items() if state.is_failed()]
    if failures:
        return Failed(message="\n".join(failures))
    return Completed(message="; ".join(f"{track}: {(state.name or '').lower()}" for track, state in states.items()))


def resource(root: Path, track: str) -> dict[str, str]:
    """Returns what the event is about, as the trigger of a deployment knows it."""
    return {"prefect.resource.id": f"signloop.track.{track}", "signloop.root": str(root)}


def ask(root: Path, track: str, said: Verdict) -> None:
    """Asks for a retraining: the server then starts the deployment that waits for the event.

    Raises: TransientError where the server does not take it.
    """
    payload = {"tracks": [track], "cause": watching.called(said), "reasons": list(said.reasons)}
    event = Event(event=EVENT, resource=resource(root, track), payload=payload)  # type: ignore[arg-type]
    with get_client(sync_client=True) as client:
        try:
            client.request("POST", "/events", json=[event.model_dump(mode="json")]).raise_for_status()  # type: ignore[arg-type]
        except HTTPError as error:
            raise TransientError(
                f"{track}: Prefect's server did not take the wish to retrain ({error}). The next look asks again."
            ) from None


def _look(track: str, root: Path, written: Params) -> State[Any]:
    """Takes one look as a task, by the track's name."""

    def look() -> State[Any]:
        now, log = datetime.now(UTC), get_run_logger()
        if not watching.in_production(environment.store(), track):
            return Completed(name="Skipped", message="nothing is in Production")
        with watching.means(
            root, now=now, retrain=lambda track, said: ask(root, track, said), say=log.warning
        ) as means:
            half = timedelta(seconds=written.watch.interval_s / 2)
            if _scheduled() and watching.looked_since(track, means, now - half):
                return Completed(name="Skipped", message="somebody looked a moment ago")
            said = watching.look_after(track, means, written, now=now)
        for reason in said.reasons:
            log.info("%s: %s", track, reason)
        return Completed(name=NAMES[said.action], message=said.reasons[0])

    as_task = task(name=track, task_run_name=f"look@{track}", cache_policy=NO_CACHE, persist_result=False)
    return as_task(look)(return_state=True)


def _scheduled() -> bool:
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.auto_scheduled)
