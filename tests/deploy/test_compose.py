"""compose.yaml, read and not run: no engine is here. Its form by a schema of what it may use, its meaning by our code.

The schema admits fewer keys than the Compose specification does, so that a misspelt one is found.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from mlflow.cli import cli
from typer.main import get_command

from flows.command import app
from flows.environment import SILENT
from serving.guards.keys import parse
from tests.flows.retraining import until
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=10"
TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
SPAN = {"type": "string", "pattern": r"^\d+(s|m)$"}


def thing(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties, "additionalProperties": False}


def by_name(value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": value}


WHEN = {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}
SERVICE = thing(
    "image user cap_drop",
    image={"type": "string", "pattern": r"^[a-z0-9./-]+:[A-Za-z0-9._-]*\d[A-Za-z0-9._-]*$"},  # a tag, and no `latest`
    build=thing("context dockerfile", context={"type": "string"}, dockerfile={"type": "string"}),
    command=TEXTS,
    entrypoint=TEXTS,
    user={"type": "string"},
    init={"type": "boolean"},
    restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
    network_mode={"const": "none"},
    security_opt=TEXTS,
    cap_drop={"const": ["ALL"]},
    cap_add=TEXTS,
    environment=by_name({"type": "string"}),
    ports={"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+:\d+$"}},
    volumes={"type": "array", "items": {"type": "string", "pattern": r"^[^:]+:/[^:]+(:ro)?$"}},
    tmpfs=TEXTS,
    secrets=TEXTS,
    depends_on=by_name(thing("condition", condition=WHEN)),
    healthcheck=thing(
        "test interval timeout retries",
        test={"type": "array", "prefixItems": [{"const": "CMD"}], "items": {"type": "string"}, "minItems": 2},
        interval=SPAN,
        timeout=SPAN,
        retries={"type": "integer", "minimum": 1},
        start_period=SPAN,
    ),
    stop_grace_period=SPAN,
)
SCHEMA = {
    **thing(
        "name services volumes secrets",
        name={"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        services=by_name(SERVICE),
        volumes=by_name(thing()),
        secrets=by_name(thing("environment", environment={"type": "string"})),
    ),
    "patternProperties": {"^x-": {}},
}
ONCE = {"ownership", "bucket"}  # they do one thing and end
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:[?-])?([^}]*)\}")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load(TEXT)["services"]


def test_its_form_is_that_of_the_specification():
    Draft202012Validator.check_schema(SCHEMA)
    assert [
        f"{list(e.path)}: {e.message}" for e in Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(TEXT))
    ] == []


@pytest.mark.parametrize(
    ("of", "change"),
    [
        ("server", {"helthcheck": {}}),
        ("server", {"image": "signloop:latest"}),
        ("server", {"ports": ["8080:8080"]}),
        ("server", {"depends_on": {"mlflow": {"condition": "healthy"}}}),
        ("minio", {"image": "minio/minio"}),
    ],
)
def test_the_schema_finds_what_is_wrong(of, change):
    compose = yaml.safe_load(TEXT)
    compose["services"][of] |= change
    assert not Draft202012Validator(SCHEMA).is_valid(compose)


def test_the_whole_is_there(services):
    whole = {"postgres", "minio", "mlflow", "prefect", "worker", "server", "prometheus", "grafana"}
    assert services.keys() == whole | ONCE
    for name in whole:
        assert services[name]["restart"] == "unless-stopped"
        assert "healthcheck" in services[name], name


def test_nobody_is_root_but_who_gives_a_folder_away(services):
    for name, service in services.items():
        user = service["user"].replace("${SIGNLOOP_USER:-10001:10001}", "10001:10001")
        assert re.fullmatch(r"\d+:\d+", user), name
        assert (int(user.partition(":")[0]) == 0) == (name == "ownership"), name
    assert services["ownership"]["network_mode"] == "none"
    assert {name for name, service in services.items() if "cap_add" in service} == {"ownership"}


def test_whom_a_service_waits_for_is_there_and_can_become_so(services):
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            done = how["condition"] == "service_completed_successfully"
            assert done == (other in ONCE), (name, other)
            assert done or "healthcheck" in services[other], (name, other)


def test_files_are_there_and_volumes_are_declared(services):
    compose = yaml.safe_load(TEXT)
    used = set()
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source
            else:
                used.add(source)
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert set(service.get("secrets", ())) <= compose["secrets"].keys()
    assert used == compose["volumes"].keys()


def test_no_secret_has_a_default_and_each_says_what_it_should_be(services):
    found: dict[str, set[str]] = {}
    for name, operator, _ in VARIABLE.findall(TEXT):
        found.setdefault(name, set()).add(operator)
    assert found.pop("SIGNLOOP_USER") == {":-"}
    assert all(operators <= {":?", ""} and ":?" in operators for operators in found.values()), found
    secret = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|URI$|DATABASE.*URL")
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if secret.search(variable) and not value.startswith("http:"):
                assert "${" in value, (name, variable)
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert [name for name in found if name not in example] == []


def test_what_is_started_is_what_our_own_commands_take(services):
    program, *words = services["worker"]["command"]
    assert program == "signloop"
    ours, mlflow = get_command(app), services["mlflow"]["command"]
    for group, arguments in ((ours, words), (cli, mlflow[1:])):
        context = group.make_context("", arguments)
        name, command, rest = group.resolve_command(context, arguments)
        assert name is not None
        assert command is not None
        command.make_context(name, rest)  # raises for an option that there is none of


def test_the_servers_keys_can_be_read(services):
    said = services["server"]["environment"]["SIGNLOOP_API_KEYS"]
    values = {"SIGNLOOP_METRICS_KEY": "m" * 16, "SIGNLOOP_API_KEYS": f"ada:predict+feedback:{'a' * 16}"}
    keys = parse(VARIABLE.sub(lambda found: values[found[1]], said))
    assert {key.name: key.roles for key in keys} == {"prometheus": {"operate"}, "ada": {"predict", "feedback"}}


def test_every_address_between_them_names_a_service_and_its_port(services):
    ports = {
        "postgres": "",
        "minio": ":9000",
        "mlflow": ":5000",
        "prefect": ":4200",
        "server": ":8080",
        "prometheus": ":9090",
    }
    texts = [TEXT, *(path.read_text(encoding="utf-8") for path in (ROOT / "deploy/compose").rglob("*.yml"))]
    found = {f"{host}{port}" for text in texts for host, port in re.findall(r"(?:(?<!s3)://|@)([a-z]+)(:\d+)?", text)}
    assert found <= {f"{name}{port}" for name, port in ports.items()} | {"signloop"}
    assert yaml.safe_load((ROOT / "deploy/compose/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"][0][
        "static_configs"
    ] == [{"targets": ["server:8080"]}]


def test_its_second_image_is_made_of_what_the_first_is_and_runs_as_nobody():
    lines = (ROOT / "deploy/platform.Dockerfile").read_text(encoding="utf-8").splitlines()
    first = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copies = {line for line in lines if line.startswith("COPY")}
    assert copies == {line for line in first if line.startswith("COPY") and "--from" not in line}
    assert "USER 10001:10001" in lines


@pytest.mark.slow
def test_mlflow_answers_by_its_name_there_with_its_rows_on_postgresql(services, postgresql, tmp_path):
    """Its own command and variables; only addresses are this test's."""
    port = str(free_port())
    said = services["mlflow"]
    own = {
        "MLFLOW_BACKEND_STORE_URI": postgresql.fresh().replace("postgresql:", "postgresql+psycopg:"),
        "MLFLOW_ARTIFACTS_DESTINATION": tmp_path.as_uri(),
    }
    assert own.keys() < said["environment"].keys()
    program, *arguments = said["command"]
    command = [sys.executable, "-m", program, *(port if word == "5000" else word for word in arguments)]
    plain = {name: value for name, value in said["environment"].items() if "${" not in value}
    with (tmp_path / "log").open("wb") as log:
        environment = os.environ | SILENT | plain | own
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:

            def ready() -> bool:
                assert process.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
                try:
                    return client.get("/health").status_code == 200
                except httpx.TransportError:
                    return False

            until(ready, "MLflow's server is up")
            asked = {name: client.get(SEARCH, headers={"host": name}) for name in ("mlflow:5000", "elsewhere:5000")}
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
    assert {name: answer.status_code for name, answer in asked.items()} == {"mlflow:5000": 200, "elsewhere:5000": 403}
    assert asked["mlflow:5000"].json()["experiments"][0]["artifact_location"].startswith("mlflow-artifacts:")
