"""The recipe of the image, read and not built: what it copies is there, and no secret is in it."""

import json
import re
import shlex
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from flows.commands.serve import serve

ROOT = Path(__file__).parents[2]


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def of(word: str) -> list[str]:
    return [rest for found, rest in instructions() if found == word]


def copied() -> list[str]:
    return [name for rest in of("COPY") if "--from" not in rest for name in shlex.split(rest)[:-1]]


def admitted(name: str) -> bool:
    """Says whether .dockerignore lets a file of the tree's top into the image's making."""
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    verdict = True
    for line in filter(None, lines):
        if fnmatch(name, line.removeprefix("!")):
            verdict = line.startswith("!")
    return verdict


def test_what_is_copied_is_there_and_admitted():
    assert copied()
    for name in copied():
        assert (ROOT / name).exists(), name
        assert admitted(name), name


@pytest.mark.parametrize("name", [".env", ".git", ".signloop", ".dvc", "artifacts", "params.yaml", "tests"])
def test_nothing_else_is_admitted(name):
    assert not admitted(name)


def test_every_package_of_ours_is_in_it():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= set(copied())


def test_it_runs_as_nobody_in_particular():
    words = [word for word, _ in instructions()]
    assert of("USER")[-1].split(":")[0].isdecimal()
    assert int(of("USER")[-1].split(":")[0]) >= 1000
    assert words.index("USER") > len(words) - 1 - words[::-1].index("FROM")
    assert not any(word in ("ADD", "ARG") for word in words)


def test_no_secret_is_in_it():
    assert not re.search(r"(?i)(secret|token|password|api_keys)\s*=", (ROOT / "Dockerfile").read_text(encoding="utf-8"))


def test_what_it_starts_is_a_command_that_there_is():
    program, command, *arguments = json.loads(of("ENTRYPOINT")[0])
    assert (program, command) == ("signloop", "serve")
    app = typer.Typer()
    app.command()(serve)
    get_command(app).make_context("serve", arguments)  # raises for an option that there is none of


def test_its_health_is_asked_where_health_is_told():
    from serving.routes import health

    address = re.search(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", of("HEALTHCHECK")[0])
    assert address
    assert address[1] == of("EXPOSE")[0] == json.loads(of("ENTRYPOINT")[0])[5]
    assert address[2] in {getattr(route, "path", "") for route in health.router.routes}


def left_out() -> list[str]:
    (run,) = (rest for rest in of("RUN") if "grep" in rest)
    found = re.search(r"\^\((.+?)\)==", run)
    assert found
    return found[1].split("|")


def test_what_is_left_out_is_in_the_lock_and_not_needed_to_answer(store, tmp_path):
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in left_out():
        assert f"\n{name}==" in f"\n{lock}", name
    answers = subprocess.run(
        [sys.executable, "-c", ANSWERS, store.tracking_uri, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert answers.returncode == 0, answers.stderr
    imported = set(answers.stdout.split())
    assert "onnxruntime" in imported
    assert not imported & {name.replace("-", "_") for name in left_out()}


ANSWERS = """
import sys
from pathlib import Path
import flows.serving, flows.command
from starlette.testclient import TestClient
from registry.store import store_at
from serving.app import create
from tests.serving.factories import clip, settings

folder = Path(sys.argv[2])
app = create(settings(store_at(sys.argv[1], folder), folder))
with TestClient(app, base_url="http://127.0.0.1") as client:
    assert client.post("/v1/letters/predict", json={"landmarks": clip(1).tolist()}).status_code == 200
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
