"""`signloop schedule` as a process, and what the server knows of its deployments."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.flows.retraining import Scripted, Server, until

SECOND = {"PREFECT_RUNNER_POLL_FREQUENCY": "1"}
SECONDS = 120


@contextmanager
def scheduled(project: Scripted, server: Server, *tracks: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    process = project.start("signloop", "schedule", *tracks, **server.environment, **SECOND, **environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        sys.stdout.write(process.communicate(timeout=SECONDS)[0])  # pytest shows it where the test failed


def deployment(server: Server, name: str, flow: str = "retrain") -> dict[str, Any]:
    """Waits until a flow's deployment is there."""
    wanted = {"deployments": {"name": {"any_": [name]}}, "flows": {"name": {"any_": [flow]}}}
    return until(lambda: server.ask("deployments/filter", **wanted), f"deployment '{name}' of '{flow}'")[0]


def trigger(server: Server, made: dict[str, Any]) -> dict[str, Any]:
    """Waits until the server would start a deployment for an event: it is told so after the deployment itself."""
    owned = f"automations/related-to/prefect.deployment.{made['id']}"
    return until(lambda: server.read(owned), f"an automation that starts '{made['name']}'")[0]


def runs(server: Server, made: dict[str, Any], *states: str) -> list[dict[str, Any]]:
    own = server.runs(deployment_id={"any_": [made["id"]]})
    return [run for run in own if run["state_name"] in states]
