"""`signloop watch` and the flow `watch` on a real registry, a real log and real thresholds."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from monitoring.drift import keeping
from monitoring.log import feedback
from monitoring.log.database import Database
from monitoring.log.reading import read
from registry.store import local_store
from tests.flows.project import Project, invoke, tiny_params, write_params
from tests.flows.receiving import receiver
from tests.flows.retraining import Server, make_scripted, until
from tests.flows.scheduling import deployment, runs, scheduled, trigger
from tests.flows.test_at_once import due, state
from tests.flows.test_drift import RULES, answer, in_production
from tests.monitoring.drift import factories

YEARLY = "0 0 1 1 *"


def prepared(project: Project, migrated: Path) -> None:
    """Puts a version with a reference of many people into Production."""
    store = local_store(project.root / ".signloop")
    store.artifacts.mkdir(parents=True)
    shutil.copyfile(migrated, store.artifacts.parent / "mlflow.db")
    in_production(project, factories.reference(80))


def unsure(people: range) -> pd.DataFrame:
    return factories.window(people).assign(confidence=0.5, entropy=0.5)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated: Path) -> Project:
    for name in ("SIGNLOOP_DATABASE_URL", "MLFLOW_TRACKING_URI", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").touch()
    write_params(tmp_path, tiny_params() | {"watch": RULES})
    made = Project(tmp_path)
    prepared(made, migrated)
    return made


@pytest.fixture
def log(project: Project) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{project.root}/.signloop/predictions.db")) as database:
        yield database


def test_a_drift_is_kept_with_its_verdict_and_told(
    project: Project, log: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(log, factories.window(range(1000, 1010)))
    assert invoke(project, "watch", "letters", "--once").startswith("letters: nothing, none\n  100 predictions of 10")
    with receiver() as told:
        monkeypatch.setenv("SIGNLOOP_NOTIFY", told.address)
        answer(log, factories.window(range(1010, 1020), size=1.0), hours=1)
        assert invoke(project, "watch", "letters", "--once").startswith("letters: nothing, none\n  1 of the 2 windows")
        invoke(project, "drift", "letters", "--json")  # a person's look is no window of the flow's
        assert invoke(project, "watch", "letters", "--once").startswith("letters: nothing, none")
        answer(log, factories.window(range(1020, 1030), size=1.0), hours=2)
        said = invoke(project, "watch", "letters", "--once")
    assert said.startswith("letters: warn, camera\n  size of the hand ")
    assert "the camera, its place or its settings; look there first" in said
    assert told.titles() == ["letters: camera, warn (version 1, 100 predictions)"]
    verdicts = [one.verdict.action if one.verdict else "" for one in keeping.kept(log, "letters")]
    assert verdicts == ["warn", "nothing", "", "nothing", "nothing"]


def test_nothing_in_production_is_said(project: Project) -> None:
    write_params(project.root, tiny_params("others") | {"watch": RULES})
    assert invoke(project, "watch", "--once") == "others: nothing is in Production\n"


@pytest.mark.slow
def test_corrections_and_then_a_drift_retrain_by_themselves(tmp_path: Path, migrated: Path, server: Server) -> None:
    """The flow looks, the event starts the deployment, the stages run; the whole way on a real server."""
    made = make_scripted(tmp_path / f"{tmp_path.name}, ü", cron=YEARLY)
    made.set("watch", RULES | {"interval_s": 86_400})
    made.set("policy", {"cooldown_h": 0, "min_corrections": 3})
    prepared(made, migrated)
    with closing(Database.open(f"sqlite:///{made.state}/predictions.db")) as log, scheduled(made, server):
        watch, retrain = (deployment(server, made.root.name, flow) for flow in ("watch", "retrain"))
        trigger(server, retrain)
        answer(log, factories.window(range(1000, 1010)))
        for id in read(log, "letters", limit=3)["id"]:
            feedback.give(log, id, "B", client="ada", who="ada", class_names="ABC", operator=True)
        assert look(server, watch) == {"look@letters": "Retraining"}
        first = until(lambda: runs(server, retrain, "Completed"), "the retraining has ended")[0]
        asked = (first["parameters"]["tracks"], first["parameters"]["cause"], first["parameters"]["reasons"])
        assert asked == (["letters"], "corrections", ["3 new corrections, 3 set off a retraining"])
        for number, looked in enumerate(("Quiet", "Retraining"), 1):
            answer(log, unsure(range(1010 + 10 * number, 1020 + 10 * number)), hours=number)
            assert look(server, watch) == {"look@letters": looked}
        until(lambda: len(runs(server, retrain, "Completed")) == 2, "the second has ended")
        parameters = runs(server, retrain, "Completed")[0]["parameters"]
        assert parameters["cause"] == "drift"
        assert parameters["reasons"][0].startswith("confidence 0.5, 0.9 in training: ")


def look(server: Server, watch: dict[str, object]) -> dict[str, str]:
    """Has the flow look once, by hand, and returns what became of each track."""
    run = due(server, watch)
    until(lambda: state(server, run)["type"] in ("COMPLETED", "FAILED"), "the look has ended")

    def tasks() -> dict[str, str]:
        found = server.ask("task_runs/filter", task_runs={"flow_run_id": {"any_": [run]}})
        return {task["name"]: task["state_name"] for task in found if task["state_type"] in ("COMPLETED", "FAILED")}

    return until(tasks, "its task is known")
