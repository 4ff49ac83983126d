"""`signloop log` and `signloop feedback` on a real log and a real registry, whose version was trained on an export."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from flows import environment
from flows.command import app
from flows.past import before
from monitoring.log import inputs
from monitoring.log.clients import client_key
from monitoring.log.database import Database
from monitoring.log.entry import Entry
from monitoring.log.feedback import give
from pipeline import samples as stores
from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.form import form
from registry.store import local_store
from tests.flows.project import HERE, Project, invoke
from tests.monitoring.log.factories import make_entry, stored
from tests.registry.factories import make_track, never

NOW = datetime.now(UTC)
SECRET = b"of this test"
CLIP = inputs.pack(np.full((2, 21, 3), 0.5, np.float32), form("hand"), aspect=1, fps=25, handedness=1)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated: Path) -> Project:
    monkeypatch.delenv("SIGNLOOP_DATABASE_URL", raising=False)
    monkeypatch.setenv("SIGNLOOP_CLIENT_SECRET", SECRET.decode())
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(HERE / name, tmp_path / name)
    store = local_store(tmp_path / ".signloop")
    store.artifacts.mkdir(parents=True)
    shutil.copyfile(migrated, store.artifacts.parent / "mlflow.db")
    return Project(tmp_path)


@pytest.fixture
def log(project: Project) -> Iterator[Database]:
    """Two of ada's answers, corrected and confirmed, and an old one of bo's."""
    with closing(Database.open(f"sqlite:///{project.root}/.signloop/predictions.db")) as database:
        stored(database, entry("first"), entry("second", label="E", uncertain=True))
        stored(database, entry("old", client="bo", time=NOW - timedelta(days=40), kept=False))
        for id, label in {"first": "S", "second": None}.items():
            give(database, id, label, client="", who="ada@desk", class_names=["E", "S"], operator=True, note="clearly")
        yield database


def entry(id: str, *, client: str = "ada", kept: bool = True, **more: Any) -> Entry:
    given = {"inputs": CLIP, "until": NOW + timedelta(days=30)} if kept else {}
    return make_entry(id=id, client=client_key(SECRET, client), **{"time": NOW, **given, **more})


def asked(project: Project, answer: str, *arguments: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        return CliRunner().invoke(app, arguments, input=answer).stdout


def trained(project: Project, source: Path) -> None:
    """Registers a version whose samples came from this file, and one whose samples did not."""
    for number, provenance in enumerate([{"files": {source.name: {"sha256": sha256(source)}}}, {"source": "tiny"}]):
        track = make_track(project.root / f"track{number}", misses={"fp32": never}, model=number)
        samples = stores.read(track.folder / "samples.h5")
        stores.write(track.folder / "samples.h5", replace(samples, provenance=provenance))
        track.promote(local_store(project.root / ".signloop"))


def test_show_counts_lists_and_tells_one_whole(project: Project, log: Database) -> None:
    counts = invoke(project, "log", "show")
    assert [line.split()[-1] for line in counts.splitlines()] == ["predictions", "1", "2"]
    listed = [line.split() for line in invoke(project, "log", "show", "letters").splitlines()[2:]]
    assert [(line[2], line[5], line[6]) for line in listed] == [
        ("second", "E", "E"),
        ("first", "A", "S"),
        ("old", "A", "0.70"),
    ]
    assert "first" not in invoke(project, "log", "show", "letters", "--limit", "1")
    whole = json.loads(invoke(project, "log", "show", "--id", "first"))
    assert (whole["label"], whole["feedback"][0]["label"], whole["figures"]["num_frames"]) == ("A", "S", 16.0)
    with pytest.raises(InputError, match="no prediction 'none'"):
        invoke(project, "log", "show", "--id", "none")


def test_prune_takes_what_is_old(project: Project, log: Database) -> None:
    assert "gone: 0 prediction(s)" in invoke(project, "log", "prune")
    assert "gone: 1 prediction(s), 0 input(s)" in invoke(project, "log", "prune", "--older-than", "30d")
    assert "old" not in invoke(project, "log", "show", "letters")


def test_an_erased_client_is_followed_to_the_versions_trained_on_it(project: Project, log: Database) -> None:
    said = invoke(project, "feedback", "export", "letters", "-o", "corrected.parquet")
    assert "corrected.parquet: 2 clip(s)" in said
    assert "source: landmark_table" in said
    assert "clip_column: clip" in said
    trained(project, project.root / "corrected.parquet")
    assert "letters version 1" in invoke(project, "feedback", "exports")
    refused = asked(project, "n\n", "log", "erase", "--client", "ada")
    assert "would go: 2 prediction(s), 2 input(s), 2 correction(s)" in refused
    assert "first" in invoke(project, "log", "show", "letters")
    said = invoke(project, "log", "erase", "--client", "ada", "--yes")
    assert "gone: 2 prediction(s), 2 input(s), 2 correction(s)" in said
    assert f"2 of 2 clips erased of an export: {project.root}/corrected.parquet" in said
    assert "trained on: letters version 1" in said
    assert "version 2" not in said
    assert "first" not in invoke(project, "log", "show", "letters")
    assert "gone: 1 prediction(s)" in invoke(project, "log", "erase", "--client", client_key(SECRET, "bo"), "--yes"), (
        "a client's key in the log names it too"
    )


def test_erase_wants_one_thing_to_erase_by(project: Project, log: Database) -> None:
    with pytest.raises(InputError, match="Give exactly one"):
        invoke(project, "log", "erase", "--yes")
    assert "gone: 1 prediction(s)" in invoke(project, "log", "erase", "--older-than", "30d", "--yes")
    assert "gone: 1 prediction(s)" in invoke(project, "log", "erase", "--id", "first", "--yes")


def test_feedback_is_listed_and_asked_for(project: Project, log: Database) -> None:
    said = invoke(project, "feedback", "list")
    assert "corrected" in said
    assert "clearly" in said
    assert "first" not in invoke(project, "feedback", "list", "signs")
    asked_for = invoke(project, "feedback", "review", "letters")
    assert "old" in asked_for
    assert "A 0.70, S 0.20, E 0.10" in asked_for
    assert "first" not in asked_for
    assert "old" not in invoke(project, "feedback", "review", "letters", "--kept")


def test_the_log_lies_where_the_environment_says(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.root / "inner").mkdir()
    monkeypatch.chdir(project.root / "inner")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert environment.database_url() == f"sqlite:///{project.root}/.signloop/predictions.db"
    monkeypatch.setenv("SIGNLOOP_DATABASE_URL", "sqlite:///here.db")
    assert environment.database_url() == f"sqlite:///{project.root}/here.db"
    monkeypatch.setenv("SIGNLOOP_DATABASE_URL", "sqlite:////srv/there.db")
    assert environment.database_url() == "sqlite:////srv/there.db"
    monkeypatch.setenv("SIGNLOOP_DATABASE_URL", "postgresql://ada@db/log")
    assert environment.database_url() == "postgresql://ada@db/log"


def test_the_secret_is_the_environments_or_one_of_the_project(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    assert environment.client_secret() == SECRET
    monkeypatch.delenv("SIGNLOOP_CLIENT_SECRET")
    made = environment.client_secret()
    assert made == environment.client_secret()
    assert (project.root / ".signloop/client.secret").read_text().strip() == made.hex()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", datetime(2026, 4, 1, 12, tzinfo=UTC)),
        ("12h", datetime(2026, 5, 1, 0, tzinfo=UTC)),
        ("2w", datetime(2026, 4, 17, 12, tzinfo=UTC)),
        ("2026-05-01T12:00+02:00", datetime(2026, 5, 1, 10, tzinfo=UTC)),
    ],
)
def test_the_past_is_a_span_or_a_date(text: str, expected: datetime) -> None:
    assert before(text, now=datetime(2026, 5, 1, 12, tzinfo=UTC)) == expected


@pytest.mark.parametrize("text", ["30", "d", "-3d", "tomorrow", "3 days", "123456d"])
def test_other_pasts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected 30d, 12h or 2w ago"):
        before(text)
