"""`signloop drift` on a real registry and a real log: quiet windows, moved ones, references of too few people."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from flows import drift
from flows.command import app
from monitoring.drift import keeping
from monitoring.log.database import Database
from pipeline.errors import InputError
from pipeline.files import write_text
from registry import versions
from registry.store import local_store
from tests.flows.project import HERE, Project, invoke, tiny_params, write_params
from tests.monitoring.drift import factories
from tests.monitoring.drift.factories import column, watch
from tests.monitoring.log.factories import make_entry, stored

RULES = {"window": 100, "min_predictions": 50, "resamples": 400}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated: Path) -> Project:
    for name in ("SIGNLOOP_DATABASE_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(HERE / "dvc.yaml", tmp_path / "dvc.yaml")
    write_params(tmp_path, tiny_params() | {"watch": RULES})
    store = local_store(tmp_path / ".signloop")
    store.artifacts.mkdir(parents=True)
    shutil.copyfile(migrated, store.artifacts.parent / "mlflow.db")
    return Project(tmp_path)


@pytest.fixture
def log(project: Project) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{project.root}/.signloop/predictions.db")) as database:
        yield database


def in_production(project: Project, reference: pd.DataFrame) -> None:
    """Registers a version that carries a reference, and points Production to it."""
    bundle = project.root / "bundle"
    (bundle / "signloop").mkdir(parents=True)
    reference.to_parquet(bundle / drift.REFERENCE, index=False)
    store = local_store(project.root / ".signloop")
    made = versions.register(store, "letters", bundle=bundle, fingerprint="one", tags={}, description="", run_id=None)
    versions.point(store, "letters", versions.PRODUCTION, made.number)


def answer(log: Database, traffic: pd.DataFrame, *, hours: int = 0, role: str = "production", version: int = 1) -> None:
    """Puts traffic into the log as the server does."""
    stored(
        log,
        *(
            make_entry(
                time=row["time"].to_pydatetime() + timedelta(hours=hours),
                version=version,
                role=role,
                of="another" if role == "shadow" else None,
                label=row["label"],
                confidence=row["confidence"],
                entropy=row["entropy"],
                figures={name: row[name] for name in factories.FIGURES},
                client=row["client"],
            )
            for row in traffic.to_dict("records")
        ),
    )


def test_a_quiet_window_then_a_moved_one(project: Project, log: Database):
    in_production(project, factories.reference(80))
    answer(log, factories.window(range(1000, 1010)))
    shown = invoke(project, "drift", "letters")
    assert "no drift" in shown
    assert "100 predictions of 10 clients" in shown
    answer(log, factories.window(range(1010, 1020), size=1.0), hours=1)
    answer(log, factories.window(range(1020, 1030), size=9.0), hours=2, role="shadow")
    answer(log, factories.window(range(1020, 1030), size=9.0), hours=2, version=2)
    said = json.loads(invoke(project, "drift", "letters", "--json"))
    assert [one["name"] for one in said["columns"] if one["fired"]] == ["hand_size"]
    assert said["predictions"] == 100
    assert (said["expected"]["value"], said["usual"]) == pytest.approx((0.9, 0.9), abs=0.04)
    kept = keeping.kept(log, "letters")
    assert [one.report.fired for one in kept] == [True, False]
    assert json.loads(json.dumps(kept[0].report.to_json())) == said
    answer_to_ci = CliRunner().invoke(app, ["drift", "letters", "--json", "--fail-on", "drift"])
    assert (answer_to_ci.exit_code, json.loads(answer_to_ci.stdout)["fired"]) == (1, True)
    early = json.loads(invoke(project, "drift", "letters", "--json", "--until", "2026-11-02T00:30+00:00"))
    assert not early["fired"]
    assert not list((project.root / ".signloop/drift").glob("**/*.html"))


def test_json_comes_without_evidently(project: Project, log: Database):
    in_production(project, factories.reference(80))
    answer(log, factories.window(range(1000, 1010), size=9.0))
    code = "import sys; from flows.command import app; app(['drift', 'letters', '--json'], standalone_mode=False); "
    code += "sys.exit('evidently was imported' if 'evidently' in sys.modules else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=project.root, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["fired"]


def test_thresholds_are_found_once_for_a_reference_and_its_rules(project: Project, log: Database):
    in_production(project, factories.reference(40))
    answer(log, factories.window(range(1000, 1010)))
    store = local_store(project.root / ".signloop")
    first = drift.look(store, log, "letters", watch(resamples=200)).report
    (file,) = drift.folder().glob("thresholds/*.json")
    write_text(file, file.read_text().replace('"people"', '"people" '))
    marked = file.read_bytes()
    again = drift.look(store, log, "letters", watch(resamples=200), now=first.made).report
    assert again == first
    assert file.read_bytes() == marked
    drift.look(store, log, "letters", watch(resamples=200, seed=1))
    assert len(list(drift.folder().glob("thresholds/*.json"))) == 2


def test_a_reference_of_few_people_collects_quiet_traffic_first(project: Project, log: Database):
    in_production(project, factories.reference(16))
    rules = watch(quiet=300, resamples=200)
    store = local_store(project.root / ".signloop")
    answer(log, factories.window(range(1000, 1010)))
    early = drift.look(store, log, "letters", rules).report
    assert not early.calibrated
    assert early.why_not == (
        "the reference has 12 people; collecting quiet traffic: 100 of 300 predictions, 10 of 20 clients"
    )
    assert column(early, "hand_size").threshold is None
    answer(log, factories.window(range(1010, 1040), rows=300), hours=1)
    answer(log, factories.window(range(1040, 1050)), hours=2)
    assert drift.look(store, log, "letters", rules).report.calibrated
    answer(log, factories.window(range(1050, 1060), size=1.5), hours=3)
    later = drift.look(store, log, "letters", rules).report
    assert column(later, "hand_size").fired
    assert later.usual is not None


def test_traffic_that_a_person_calls_quiet_takes_the_references_place(project: Project, log: Database):
    in_production(project, factories.reference(80))
    answer(log, factories.window(range(1000, 1030), rows=400, size=2.0))
    answer(log, factories.window(range(1030, 1040), size=2.0), hours=1)
    assert json.loads(invoke(project, "drift", "letters", "--json"))["fired"]
    span = "2026-11-02T00:00+00:00..2026-11-02T00:30+00:00"
    shown = invoke(project, "drift", "letters", "--quiet", span)
    assert "400 predictions are the reference of 'letters' from now on" in shown
    assert "no drift" in shown
    with pytest.raises(InputError, match="100 predictions of 10 clients"):
        invoke(project, "drift", "letters", "--quiet", "2026-11-02T01:00+00:00..2026-11-02T01:30+00:00")


def test_nothing_in_production_is_said(project: Project):
    with pytest.raises(InputError, match="no model 'letters'"):
        invoke(project, "drift", "letters")


def test_few_predictions_are_not_judged(project: Project, log: Database):
    in_production(project, factories.reference(40))
    empty = json.loads(invoke(project, "drift", "letters", "--json"))
    assert (empty["predictions"], empty["calibrated"], empty["fired"]) == (0, False, False)
    shown = invoke(project, "drift", "letters")
    assert "uncalibrated, nothing fires: 0 predictions, expected at least 50" in shown
    assert "hand_size" not in shown
    assert "no drift" not in shown
    answer(log, factories.window(range(1000, 1010), rows=30, size=9.0))
    few = json.loads(invoke(project, "drift", "letters", "--json"))
    assert (few["fired"], few["why_not"]) == (False, "30 predictions, expected at least 50")


def test_a_look_that_fires_leaves_a_page_and_its_place_in_the_workspace(project: Project, log: Database):
    in_production(project, factories.reference(40))
    answer(log, factories.window(range(1000, 1010), size=9.0))
    shown = invoke(project, "drift", "letters", "--workspace", "history").replace("\n", "")
    (page,) = (project.root / ".signloop/drift/letters").glob("*-version1.html")
    assert str(page) in shown
    assert page.stat().st_size < 8_000_000
    assert "evidently ui --workspace history" in shown
    assert "policy: nothing (none): 1 of the 2 windows that it takes fired" in shown
    (kept,) = keeping.kept(log, "letters")
    again = drift.again(local_store(project.root / ".signloop"), log, kept.report, watch(resamples=400)).report
    assert again == kept.report
