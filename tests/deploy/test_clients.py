"""The clients of examples/, run as they are against a real server."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.serving.factories import clip, serving, settings

CLIENTS = Path(__file__).parents[2] / "examples/clients"
COMMANDS = {"predict.sh": ["sh"], "predict.py": [sys.executable], "predict.mjs": ["node"]}


def run(url: str, command: list[str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    own = os.environ | {"SIGNLOOP_URL": url}
    return subprocess.run([*command, *arguments], env=own, capture_output=True, text=True, timeout=120)


@pytest.fixture
def sent(tmp_path) -> str:
    path = tmp_path / "clip.json"
    path.write_text(json.dumps(clip(2, frames=8).tolist()), encoding="utf-8")
    return str(path)


def here(program: str) -> Any:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not here")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("predict.sh", marks=here("curl")),
        "predict.py",
        pytest.param("predict.mjs", marks=here("node")),
    ],
)
def test_a_client_tells_the_answer_and_what_is_wrong(store, tmp_path, sent, name):
    with serving(settings(store, tmp_path)) as server:
        url = str(server.base_url).rstrip("/")
        told = run(url, [*COMMANDS[name], str(CLIENTS / name)], "letters", sent)
        assert told.returncode == 0, told.stderr
        answer = json.loads(told.stdout)
        assert (answer["label"], answer["version"]) == ("C", 3)
        wrong = run(url, [*COMMANDS[name], str(CLIENTS / name)], "words", sent)
        assert wrong.returncode != 0
        assert "no track 'words'" in wrong.stdout + wrong.stderr


def test_tritons_own_client_infers(store, tmp_path, sent):
    with serving(settings(store, tmp_path)) as server:
        told = run(str(server.base_url).rstrip("/"), [sys.executable, str(CLIENTS / "infer.py")], "letters", sent)
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout) == {"version": "3", "best": 2}


@here("node")
def test_a_stream_is_held_from_javascript(store, tmp_path, sent):
    with serving(settings(store, tmp_path)) as server:
        command = ["node", "--experimental-websocket", str(CLIENTS / "stream.mjs")]
        told = run(str(server.base_url).rstrip("/"), command, "letters", sent)
        assert told.returncode == 0, told.stderr
        lines = [json.loads(line) for line in told.stdout.splitlines()]
        assert [lines[0]["type"], lines[-1]["type"]] == ["started", "summary"]
        assert lines[-1]["frames"] == 8
