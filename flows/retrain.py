"""The Prefect flow `retrain`: a task a stage, each of which asks DVC for its one stage, strictly one after another.

DVC decides whether a stage runs; Prefect shows what became of it, tries again what may succeed on a second try, and
keeps the log. Its own caching is off: two caches would contradict each other. This file, flows/watch.py and
flows/schedule.py are all that imports Prefect.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.logging.loggers import flow_run_logger
from prefect.runtime import deployment, flow_run
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Cancelled, Completed, Failed

from flows import causes, notify, readying, turn, verdict
from flows.ask_dvc import AskDvc, Outcome, Planned, StageError
from flows.causes import Cause
from pipeline import params
from pipeline.params import Retrain
from registry.store import STATE

NAMES = {"ran": "Completed", "restored": "Restored", "cached": "Cached"}
WHY = {"ran": "it ran", "restored": "outs from DVC's run cache", "cached": "nothing that it depends on has changed"}
VERDICT = "promote"  # the stage after which there is a decision to show


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a run needs, and holds while it works: DVC, and with it the project's turn."""

    root: Path
    dvc: AskDvc
    patience: Retrain


def told(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """Tells of a run that failed, or whose process died."""
    _tell_failure(Path(str(flow_run.parameters["root"])), flow_run, state)


@flow(name="retrain", persist_result=False, on_failure=[told], on_crashed=[told])
def retrain(tracks: list[str], root: Path, cause: str = "", reasons: list[str] | None = None) -> State[Any]:
    """Makes the models of these tracks anew (none named: of all), where anything that they depend on has changed.

    cause, reasons  what called for it, where it is no schedule: drift, corrections, a person's own words
    """
    written = params.read(root / "params.yaml")
    named, called = written.named(tracks), Cause(what=cause, reasons=tuple(reasons or ())) if cause else None
    try:
        with turn.take(root / STATE, _cause(cause)) as lock:
            readying.ready(root, named, written, called, say=get_run_logger().info)
            with AskDvc(root, lock) as dvc:
                return _run(Work(root=root, dvc=dvc, patience=written.retrain), named)
    except turn.BusyError as busy:
        return Cancelled(name="Skipped", message=f"skipped: {busy}")


def by_hand(work: Work, tracks: list[str]) -> State[Any]:
    """Runs the same flow in this process, by somebody who holds the turn already."""

    def told(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
        _tell_failure(work.root, flow_run, state)

    @flow(name="retrain", persist_result=False, on_failure=[told])
    def retrain(tracks: list[str]) -> State[Any]:
        return _run(work, tracks)

    # The thread that sends heartbeats ends up to a second late; they are for runs that nobody watches.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        return retrain(tracks, return_state=True)


def second_try_may_succeed(task: Any, run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed stage said, by its exit status, that it may succeed on a second try."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, StageError) and error.transient


def _run(work: Work, tracks: list[str]) -> State[Any]:
    """Asks for stage after stage; where one fails, those that need it are left out, and the other tracks go on."""
    missing: set[str] = set()
    failures: list[str] = []
    done: Counter[str] = Counter()
    for planned in work.dvc.plan(tracks):
        if missing & set(planned.needs):
            missing.add(planned.name)
            continue
        state = _ask(work, planned)
        if state.is_failed():
            missing.add(planned.name)
            failures.append(str(state.result(raise_on_failure=False)))
        elif planned.name.startswith(f"{VERDICT}@"):
            _show(work.root, planned.track, new=state.name == NAMES["ran"])
        done[state.name or ""] += 1
    counted = ", ".join(f"{number} {name.lower()}" for name, number in sorted(done.items()))
    if failures:
        return Failed(message="\n".join([*failures, f"({counted}, {len(missing) - len(failures)} left out)"]))
    causes.settle(work.root / STATE, tracks)
    return Completed(message=f"{', '.join(tracks)}: {counted}")


def _ask(work: Work, planned: Planned) -> State[Any]:
    """Runs one stage as a task, by its name in dvc.yaml."""

    def ask() -> State[Any]:
        outcome: Outcome = work.dvc.reproduce(
            planned.name, say=get_run_logger().info, patience_s=work.patience.wait_for_dvc_s
        )
        return Completed(name=NAMES[outcome], message=WHY[outcome])

    as_task = task(
        name=planned.name,
        task_run_name=planned.name,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=work.patience.retries,
        retry_delay_seconds=list(work.patience.retry_delay_s),
        retry_condition_fn=second_try_may_succeed,
    )
    return as_task(ask)(return_state=True)


def _show(root: Path, track: str, *, new: bool) -> None:
    """Shows what came of a track, and tells it where it is new.

    Prefect's keys have dashes where a track's name has underscores.
    """
    key = track.replace("_", "-")
    create_markdown_artifact(
        verdict.decision(root, track), key=f"{key}-decision", description=verdict.line(root, track)
    )
    create_table_artifact(verdict.metrics(root, track), key=f"{key}-metrics", description=f"Metrics of {track}")
    if new:
        notify.send(notify.decided(root, track), root, say=get_run_logger().warning)


def _tell_failure(root: Path, flow_run: FlowRun, state: State[Any]) -> None:
    note = notify.failed("retrain", state.message or state.name or "")
    notify.send(note, root, say=flow_run_logger(flow_run).warning)


def _cause(asked: str) -> str:
    """Says who holds the turn, and for what."""
    named = f"flow run '{flow_run.name}'"
    by = f"deployment '{deployment.name}', {named}" if deployment.name else named
    return f"{by}, {asked}" if asked else by
