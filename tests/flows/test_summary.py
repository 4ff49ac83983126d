"""The story of a track: from a real registry, and where the registry and decision.json part."""

import re
import shutil
from pathlib import Path

import pytest

from flows import summary
from pipeline import calibration
from pipeline.errors import InputError
from pipeline.files import write_json
from registry.store import Store, local_store
from tests.flows.project import Project, served


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return served(tmp_path_factory)


@pytest.fixture
def store(project: Project) -> Store:
    return local_store(project.root / ".signloop")


@pytest.fixture
def empty(migrated: Path, tmp_path: Path) -> Store:
    fresh = local_store(tmp_path / ".signloop")
    fresh.artifacts.mkdir(parents=True)
    shutil.copyfile(migrated, fresh.artifacts.parent / "mlflow.db")
    return fresh


def test_production_with_its_figures_and_reasons(project: Project, store: Store) -> None:
    chosen = calibration.from_json(project.json("artifacts/letters/evaluation/calibration.json")["fp32"], "fp32")
    first, since, synthetic, figures, certainty, error, status, *reasons = summary.lines(store, project.root, "letters")
    assert first.startswith("letters: version 1 [candidate, production], from ")
    assert re.fullmatch(
        r"  since 20\d\d-\d\d-\d\d [\d:]{8}, promoted by promote stage: .*only the floors were judged", since
    )
    assert synthetic == "  measured on synthetic data"
    measured = project.json("artifacts/letters/evaluation/metrics.json")["fp32"]
    assert figures.startswith(f"  accuracy {measured['accuracy']:.3f}   macro_f1 ")
    assert certainty == f"  {chosen.in_words()}"
    assert re.fullmatch(r"  temperature \d+\.\d{3}, uncertain below 0\.\d\d: \d+\.\d % of the validation .*", certainty)
    before, after = (f"{measured[name]:.3f}" for name in ("ece_uncalibrated", "ece"))
    assert error == f"  ece on the test clips: {before} as the model answers, {after} as is served"
    assert status == "  passed:"
    assert [line.strip() for line in reasons] == project.json("artifacts/letters/decision.json")["reasons"]


def test_a_version_by_number(project: Project, store: Store) -> None:
    by_number = list(summary.lines(store, project.root, "letters", 1))
    assert by_number == list(summary.lines(store, project.root, "letters"))
    with pytest.raises(InputError, match=r"has no version 7\. It has versions 1"):
        list(summary.lines(store, project.root, "letters", 7))


def test_a_track_that_was_never_judged_has_nothing(tmp_path: Path, empty: Store) -> None:
    assert list(summary.lines(empty, tmp_path, "letters")) == ["letters: nothing in Production"]


def test_a_registry_that_lacks_the_decisions_version(project: Project, empty: Store) -> None:
    assert list(summary.lines(empty, project.root, "letters")) == [
        "letters: nothing in Production",
        f"  decision.json names version 1, which the registry at {empty.tracking_uri} lacks.",
        "  Mend it: dvc repro -f -s promote@letters",
    ]


def test_another_registry_with_a_version_of_the_same_number(project: Project, store: Store, tmp_path: Path) -> None:
    """A number alone does not say that it is the version which was judged: its fingerprint does."""
    decision = project.json("artifacts/letters/decision.json") | {"fingerprint": "0" * 64}
    write_json(tmp_path / "artifacts/letters/decision.json", decision)
    assert any("Mend it: " in line for line in summary.lines(store, tmp_path, "letters"))


def test_the_last_candidate_is_told_when_it_is_not_in_production(
    project: Project, store: Store, tmp_path: Path
) -> None:
    assert not summary.lost(store, project.root, "letters")
    write_json(tmp_path / "artifacts/letters/decision.json", project.json("artifacts/letters/decision.json"))
    assert "last candidate" not in "\n".join(summary.lines(store, tmp_path, "letters"))


def test_next_steps_are_three_commands() -> None:
    steps = summary.next_steps("letters")
    assert len(steps) == 3
    assert all(command.split()[0] in ("signloop", "dvc") for command, _ in steps)
