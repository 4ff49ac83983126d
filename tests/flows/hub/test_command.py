"""`signloop hub` as a person runs it, and what it shows of a token."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows import hub as hubs
from flows.environment import Hub
from pipeline.errors import InputError
from tests.flows.hub.published_version import REPO, Written, files
from tests.flows.hub.stand_in import TOKEN, StandIn
from tests.flows.project import HERE, Project, invoke

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed: pip install '.[hub]'")


def test_without_the_client_one_is_told_how_to_get_it(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match="pip install"):
        hubs.pull(hub, REPO, tmp_path / "out")


def test_by_the_command_line(
    served: StandIn, hub: Hub, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = invoke(Project(written.root), "hub", "push", "letters", REPO, "--version", "1", "--private")
    commit = served.repositories[REPO].head
    assert said == f"letters version 1: 6 files in {REPO}\n  signloop hub pull {REPO} --revision {commit}\n"
    monkeypatch.chdir(tmp_path)
    said = invoke(Project(tmp_path), "hub", "pull", REPO, "--revision", commit)
    assert said.startswith(f"letters version 1 at {commit}: 6 files\n")
    assert "predict letters FILE --model letters/model.onnx" in said
    assert files(tmp_path / "letters") == files(written.folder)
    invoke(Project(tmp_path), "hub", "pull", REPO, "-o", "elsewhere")
    assert files(tmp_path / "elsewhere") == files(written.folder)


def test_a_process_shows_no_token_and_uses_none_that_was_saved(served: StandIn, tmp_path: Path) -> None:
    """With --debug, which shows what libraries log; without HF_TOKEN, but with a token in the client's own folder."""
    served.publish(REPO, {"README.md": b"a card"})
    (tmp_path / "client").mkdir()
    (tmp_path / "client/token").write_text("hf_saved_here")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "DISABLE_", "DO_NOT"))}
    for token in ("", TOKEN):
        served.requests.clear()
        client = {"HF_ENDPOINT": served.endpoint, "HF_HOME": str(tmp_path / "client"), "HF_DEBUG": "1"}
        ours = kept | client | ({"HF_TOKEN": token} if token else {}) | {"PYTHONPATH": str(HERE)}
        command = [sys.executable, "-m", "flows.command", "--debug", "hub", "pull", REPO]
        ended = subprocess.run(
            command, env=ours, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert ended.returncode == 1
        assert "lacks a file" in ended.stderr
        assert f"GET {served.endpoint}/api/models/{REPO}" in ended.stderr  # it does log what it asks
        assert not [said for said in (TOKEN, "hf_saved_here") if said in ended.stdout + ended.stderr]
        expected = f"Bearer {token}" if token else None
        assert {request.authorization for request in served.requests if request.path != "/health"} == {expected}
