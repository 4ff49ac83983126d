"""A month in which the camera changes, from a first version to the one that a drift called for, day by day."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from flows.month.healing.asking import Answered, ask
from flows.month.healing.diary import Day
from flows.month.healing.people import Plan, Session, month
from flows.month.healing.project import SECRET, Project, Server, lay
from flows.month.looks import TRACK
from monitoring.log.clients import client_key
from pipeline.errors import InputError, SignloopError
from pipeline.feedback import never_trained_on
from pipeline.params import SyntheticLetters

OVERLAY = "examples/letters_healing.yaml"


def play(
    here: Path, folder: Path, *, plan: Plan, overlay: Path, say: Callable[[str], Any] = lambda line: None
) -> Generator[Day]:
    """Yields day after day; the project lies in `folder`, and stays there.

    Raises: InputError where the parameters name another source than the simulator or no classes; SignloopError where
    anything of it fails.
    """
    project = lay(here, folder, overlay, TRACK)
    data = _data(project)
    say("the first version: dvc repro")
    project.repro()
    first = project.decision()
    if first["production"] is None:
        raise SignloopError(f"the first version was refused: {'; '.join(first['reasons'])}")
    say(f"version {first['production']} is in Production; the server starts")
    with project.served() as server:
        for number, sessions in enumerate(month(plan, data, project.written.watch.window), 1):
            yield _day(number, project, server, sessions, shifted=number >= plan.changes)


def _day(number: int, project: Project, server: Server, sessions: list[Session], *, shifted: bool) -> Day:
    """Has a day's people come, has `signloop watch` look at the end of it, and waits for the server to follow."""
    before = project.decision()
    answers = ask(server.port, project.track, number, sessions)
    look, said = project.watch()
    after = project.decision()
    verdict, made = look.verdict, after["version"] != before["version"]
    if verdict is None or (verdict.action == "retrain") != made:
        raise SignloopError(f"day {number}: the look and what came of it do not fit. `signloop watch` said:\n{said}")
    server.follows(after["production"])
    furthest = max(look.report.columns, key=lambda column: column.excess)
    never = _never_trained_on(project)
    return Day(
        number=number,
        shifted=shifted,
        answers=answers,
        never=[one for one in answers if never(one)],
        fired=look.report.fired,
        excess=furthest.excess,
        column=furthest.name,
        action=verdict.action,
        cause=verdict.cause,
        reason=verdict.reasons[0],
        made=after["version"] if made else None,
        decided=("promoted" if after["production"] == after["version"] else after["status"]) if made else "",
        gates=tuple(after["reasons"]) if made else (),
    )


def _never_trained_on(project: Project) -> Callable[[Answered], bool]:
    """Says whether somebody is among those on whom candidates are compared, by the key that the log has."""
    share = project.written.policy.recent_share
    return lambda one: never_trained_on(client_key(SECRET.encode(), one.client), share)


def _data(project: Project) -> SyntheticLetters:
    """Returns the data of the track, its table where it lies.

    Raises: InputError where nobody can be made up.
    """
    data = project.written.track(project.track).data
    if not isinstance(data, SyntheticLetters) or not data.classes:
        raise InputError(
            f"tracks.{project.track}.data: expected synthetic_letters with `classes`, got {data.source}; nobody can be "
            f"made up. Name a file as {OVERLAY}."
        )
    return data.model_copy(update={"path": str(project.root / data.path)})
