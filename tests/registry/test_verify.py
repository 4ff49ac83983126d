"""A registry that is as it says, and what is found when it is not."""

import json
import shutil
from pathlib import Path

import pytest

from registry import moves, versions
from registry.store import Store, open_store
from registry.verify import adopt, files, ledger, verify
from tests.registry.factories import make_track, never
from tests.registry.ledgers import aliases, make_versions, promote


@pytest.fixture
def registered(store: Store, tmp_path: Path) -> Store:
    """One version with all its files."""
    make_track(tmp_path / "a", misses={"fp32": never}).promote(store)
    return store


def found_in(store: Store) -> list[str]:
    return [finding.found for finding in verify(store, "letters")]


def test_a_whole_registry_has_no_findings_also_after_a_new_evaluation(registered: Store, tmp_path: Path) -> None:
    assert found_in(registered) == []
    (tmp_path / "a/evaluation/metrics.json").write_text('{"fp32": {"accuracy": 0.9}}', encoding="utf-8")
    track = make_track(tmp_path / "b", misses={"fp32": never})
    shutil.copyfile(tmp_path / "a/evaluation/metrics.json", tmp_path / "b/evaluation/metrics.json")
    assert track.promote(registered)["version"] == 1
    assert found_in(registered) == []


@pytest.mark.parametrize(
    ("name", "says", "mend"),
    [
        ("model.onnx", "model.onnx was changed", "signloop restore"),
        ("signloop/model.safetensors", "model.safetensors was changed", "signloop restore"),
        ("MLmodel", "MLmodel was changed", "signloop restore"),
        ("signloop/predictions.parquet", "predictions.parquet was changed", "signloop restore"),
        ("signloop/manifest.json", "manifest.json was changed", "signloop restore"),
        ("signloop/params.json", "params.json does not say what the version was made with", "signloop restore"),
        ("signloop/calibration.json", "calibration.json was changed", "signloop restore"),
        ("signloop/metrics.json", "metrics.json is not the evaluation that was judged", "dvc repro"),
        ("signloop/decision.json", "the decision in its tags differ", "dvc repro"),
    ],
)
def test_a_changed_file_is_named(registered: Store, name: str, says: str, mend: str) -> None:
    with versions.files(registered, versions.named(registered, "letters"), name) as path:
        before = path.read_bytes()
        path.write_text(json.dumps({"changed": 1}), encoding="utf-8")
        findings = list(verify(registered, "letters"))
        path.write_bytes(before)
    assert any(finding.found.startswith("version 1: ") and says in finding.found for finding in findings)
    assert any(mend in finding.mend for finding in findings)
    assert found_in(registered) == []


def test_lost_files_are_named(registered: Store) -> None:
    with versions.files(registered, versions.named(registered, "letters")) as folder:
        (folder / "signloop/model.json").unlink()
        assert found_in(registered) == ["version 1: signloop/model.json is missing"]
        shutil.rmtree(folder)
    (finding,) = verify(registered, "letters")
    assert "has lost its files" in finding.found


def test_what_was_done_outside_is_found_and_adopted(store: Store) -> None:
    make_versions(store, "passed", "passed", "passed", "passed")
    promote(store, 2)
    client = open_store(store)
    client.set_registered_model_alias("letters", "production", "3")
    client.delete_model_version("letters", "4")
    (moved,) = [f for f in ledger(store, "letters") if "moved" in f.found]
    assert moved.found == "Production was moved outside from version 2 to version 3"
    assert moved.mend.endswith("signloop models rollback letters --to 2")
    adopt(store, "letters")
    assert list(ledger(store, "letters")) == []
    assert moves.state_of(store, "letters").production == 3
    assert aliases(store) == {"production": 3, "previous": 2}


def test_a_deleted_version_and_a_lost_entry_are_found(store: Store) -> None:
    make_versions(store, "passed", "passed", "passed")
    promote(store, 2)
    client = open_store(store)
    client.create_model_version("letters", "signloop:x", await_creation_for=0)
    client.delete_model_version("letters", "3")
    (lost,) = ledger(store, "letters")
    assert lost.found == "version 3 was deleted outside: the ledger does not know why"
    adopt(store, "letters")
    assert list(ledger(store, "letters")) == []
    client.delete_model_version("letters.ledger", "2")
    assert "entry 2 of the ledger was deleted" in [f.found for f in ledger(store, "letters")]


def test_a_move_that_was_begun_is_found_and_finished(store: Store) -> None:
    make_versions(store, "passed", "passed")
    promote(store, 2)
    client = open_store(store)
    client.delete_model_version_tag("letters.ledger", "2", "signloop.ledger.settled")
    client.set_registered_model_alias("letters", "production", "1")
    (begun,) = ledger(store, "letters")
    assert begun.found.startswith("entry 2 (promoted: version 1 → version 2, by ada@desk) was begun")
    adopt(store, "letters")
    assert aliases(store)["production"] == 2


def test_another_tools_version_states_nothing(store: Store) -> None:
    client = open_store(store)
    client.create_registered_model("letters")
    client.create_model_version("letters", "signloop:x", await_creation_for=0)
    assert list(files(store, versions.named(store, "letters", number=1))) == []
