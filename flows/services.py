"""The servers of `signloop up`: how each is started here, with its telemetry off and its state in our folder."""

import os
import sys
from collections.abc import Iterator

from flows import environment, server
from flows.up import HOST, Service
from registry.store import SQLITE, Store, open_store

WORKSPACE = "drift/workspace"  # in the state folder; `signloop drift TRACK --workspace` adds to it
OFF = {"ITERATIVE_DO_NOT_TRACK": "1", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def mlflow(port: int) -> Service | None:
    """Returns MLflow over our own registry; None where MLFLOW_TRACKING_URI names a server that runs already."""
    store = environment.store()
    if store.served:
        return None
    _made(store)
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    command += ["--default-artifact-root", store.artifacts.as_uri()]
    return Service(
        name="mlflow",
        port=port,
        option="--mlflow-port",
        command=command,
        ready="/health",
        shown={"MLflow (runs, versions)": "/"},
        # Not on the command line, which everybody on the machine may read: the address may hold a password.
        environment=environment.SILENT | OFF | {"MLFLOW_BACKEND_STORE_URI": store.tracking_uri},
    )


def prefect(port: int) -> Service | None:
    """Returns a Prefect server with its database in our folder; None where PREFECT_API_URL names one."""
    if os.environ.get(server.ADDRESS):
        return None
    home = os.environ.get(server.HOME) or str(environment.state_folder().absolute() / "prefect")
    api = f"http://{HOST}:{port}/api"
    return Service(
        name="prefect",
        port=port,
        option="--prefect-port",
        command=[sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)],
        ready="/api/health",
        shown={"Prefect (flows, schedules)": "/", f"Prefect for {server.ADDRESS}:": "/api"},
        environment=environment.SILENT | OFF | {server.HOME: home, "PREFECT_UI_API_URL": api, server.ADDRESS: api},
    )


def serve(port: int) -> Service:
    """Returns our own server, with the live page and the dashboard."""
    return Service(
        name="serve",
        port=port,
        option="--port",
        command=[sys.executable, "-m", "flows.command", "serve", "--host", HOST, "--port", str(port), "--log", "text"],
        ready="/v2/health/live",
        shown={"live page": "/", "dashboard": "/dashboard"},
    )


def evidently(port: int) -> Service:
    """Returns Evidently's pages of the drift reports that were drawn."""
    workspace = environment.state_folder().absolute() / WORKSPACE
    workspace.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "evidently.cli", "ui", "--host", HOST, "--port", str(port)]
    return Service(
        name="evidently",
        port=port,
        option="--evidently-port",
        command=[*command, "--workspace", str(workspace)],
        ready="/api/version",
        shown={"Evidently (drift reports)": "/"},
        environment=environment.SILENT | OFF,
    )


def _made(store: Store) -> None:
    """Makes a registry that is not there yet, before two servers do so at once, which MLflow does not survive."""
    if store.tracking_uri.startswith(SQLITE):
        open_store(store)


def all_of(ports: dict[str, int]) -> Iterator[Service | None]:
    makers = {"mlflow": mlflow, "prefect": prefect, "serve": serve, "evidently": evidently}
    for name, port in ports.items():
        yield makers[name](port)
