"""The environment, read in this one place: addresses come from it, and telemetry is switched off in it."""

import getpass
import os
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import InputError
from registry.store import SQLITE, STATE, Store, store_at

SILENT = {
    "DO_NOT_TRACK": "1",  # MLflow, Evidently, DVC
    "DVC_NO_ANALYTICS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
ASSETS = "SIGNLOOP_ASSETS"
DATABASE = "SIGNLOOP_DATABASE_URL"
SECRET = "SIGNLOOP_CLIENT_SECRET"
NOTIFY = "SIGNLOOP_NOTIFY"
PLAIN_HTTP = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


@dataclass(frozen=True)
class Hub:
    """A Hugging Face Hub and who asks it; the token is never shown."""

    endpoint: str
    token: str | None = field(default=None, repr=False)


def silence() -> None:
    """Switches telemetry off for this process and those it starts, unless the user has set it otherwise."""
    for name, value in SILENT.items():
        os.environ.setdefault(name, value)


def share_the_processor() -> None:
    """Has idle threads of Torch sleep instead of spin, unless the user has set it otherwise; before Torch is imported.

    Spinning threads are quicker on a machine that does nothing else, and many times slower on one that does.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def talking() -> list[str]:
    """Returns the switches that the user has set to something else than off, as NAME=VALUE."""
    return [f"{name}={os.environ[name]}" for name, off in SILENT.items() if os.environ.get(name, off) != off]


def store() -> Store:
    """Returns the registry that MLFLOW_TRACKING_URI names, else the embedded one in the state folder."""
    return store_at(os.environ.get("MLFLOW_TRACKING_URI"), state_folder())


def database_url() -> str:
    """Returns the address of the prediction log: SIGNLOOP_DATABASE_URL, else SQLite in the state folder.

    A relative SQLite path starts at the project's folder, wherever in it the command was typed.
    """
    url = os.environ.get(DATABASE)
    if not url:
        return f"{SQLITE}{state_folder().absolute() / 'predictions.db'}"
    path = url.removeprefix(SQLITE)
    if url == path or path in ("", ":memory:"):  # another database; or what the log refuses
        return url
    return f"{SQLITE}{state_folder().absolute().parent / path}"


def api_keys() -> str:
    """Returns SIGNLOOP_API_KEYS, NAME:ROLE+ROLE:KEY between commas or on lines; serving/guards/keys.py reads it."""
    return os.environ.get("SIGNLOOP_API_KEYS", "")


def notified() -> str:
    """Returns SIGNLOOP_NOTIFY: addresses of those who are told what happens by itself; flows/notify.py reads them."""
    return os.environ.get(NOTIFY, "")


def client_secret() -> bytes:
    """Returns what clients' keys are made with: SIGNLOOP_CLIENT_SECRET, else a secret that is made once and kept."""
    from monitoring.log import clients  # here: no stage needs the log, and each imports this module

    if said := os.environ.get(SECRET):
        return said.encode()
    return clients.secret_at(state_folder() / "client.secret")


def assets() -> list[Path]:
    """Returns the folders that a detector's bundle is looked for in: that of SIGNLOOP_ASSETS, then the user's cache."""
    named = os.environ.get(ASSETS)
    return [*([Path(named).expanduser()] if named else []), cache() / "assets"]


def cache() -> Path:
    """Returns our folder in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "signloop"


def hub() -> Hub:
    """Returns the Hub that HF_ENDPOINT names, with HF_TOKEN alone: a token that was saved on the machine is not used.

    The client reads its switches as it is imported, so they are set before: files go by plain HTTP, as they are tested.
    """
    for name, value in PLAIN_HTTP.items():
        os.environ.setdefault(name, value)
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    return Hub(endpoint.rstrip("/"), os.environ.get("HF_TOKEN", "").strip() or None)


def display() -> str | None:
    """Returns the display that a window can open on; None where there is none, as on a server."""
    if sys.platform in ("darwin", "win32"):
        return "of this machine"
    return os.environ.get("DISPLAY") or None


def hush_windows() -> None:
    """Has Qt, which draws OpenCV's windows, keep its warnings for itself, unless the user has set its rules."""
    os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")


def who() -> str:
    """Returns whom the ledger names for what a person asks for: SIGNLOOP_WHO, else user@host."""
    return os.environ.get("SIGNLOOP_WHO") or f"{user()}@{socket.gethostname()}"


def executor() -> str:
    """Returns where `extract` works: SIGNLOOP_EXECUTOR, else a process a core; flows/executors builds it."""
    return os.environ.get("SIGNLOOP_EXECUTOR") or "processes"


def user() -> str:
    """Returns whose process this is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return str(os.getuid())


def elsewhere(project: Path) -> dict[str, str]:
    """Returns an environment for processes in a copy of the project: its own code, registry and git, and not ours."""
    ours = ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME", "DVC_STAGE")
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("GIT_")}
    first = {"PATH": Path(sys.executable).parent, "PYTHONPATH": project}
    return (
        kept
        | SILENT
        | {name: os.pathsep.join([str(path), *filter(None, [kept.get(name)])]) for name, path in first.items()}
    )


def activated() -> bool:
    """Says whether the shell has a virtual environment switched on, so that our commands are found by name."""
    return "VIRTUAL_ENV" in os.environ


def in_experiment() -> bool:
    """Says whether DVC runs us as an experiment, which judges and records but moves no alias."""
    return bool(os.environ.get("DVC_EXP_NAME"))


def project_root() -> Path:
    """Returns the folder that holds params.yaml and dvc.yaml: the working folder, or one above it.

    Raises: InputError when there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file() and (folder / "params.yaml").is_file():
            return folder
    raise InputError(f"'{here}' is not inside a Signloop project (no dvc.yaml and params.yaml). Change to its folder.")


def state_folder() -> Path:
    """Returns the folder of what is neither DVC's nor the user's: registry, checkpoints, backups.

    `dvc exp run --temp` works in a copy that lacks ignored folders; DVC_ROOT then names the project itself.
    """
    return Path(os.environ.get("DVC_ROOT") or project_root()) / STATE


def state_or_cache() -> Path:
    """Returns the project's state folder, or outside of one ours in the user's cache: for what can be made anew."""
    try:
        return state_folder()
    except InputError:
        return cache()
