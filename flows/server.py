"""Which Prefect server a run talks to: the one that PREFECT_API_URL names, else one of its own while it runs.

Nothing here imports Prefect: all of it is said through the environment, before Prefect reads that.
"""

import os
from pathlib import Path

from pipeline.errors import InputError, TransientError
from registry.reach import reach

ADDRESS, HOME = "PREFECT_API_URL", "PREFECT_HOME"
START = "  prefect server start\n  export PREFECT_API_URL=http://127.0.0.1:4200/api"


def prepare(state: Path) -> str:
    """Sets the environment for Prefect, and returns which server it is in words.

    Raises: TransientError where the server that is named does not answer.
    """
    if address := os.environ.get(ADDRESS):
        _reach(address)
        return f"Prefect at {address}"
    os.environ.setdefault(HOME, str(state / "prefect"))  # never the user's own database
    os.environ.setdefault("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "true")
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    return f"no Prefect server is named: one starts for this run, some seconds. To keep one:\n{START}"


def required() -> str:
    """Returns the address of a server that outlives us.

    Raises: InputError with the commands that start one.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        raise InputError(
            f"a schedule needs a Prefect server, and {ADDRESS} names none. Start one and name it:\n{START}"
        )
    _reach(address)
    return address


def _reach(address: str) -> None:
    try:
        reach(address)
    except ConnectionError as why:
        raise TransientError(
            f"Prefect at {address} cannot be reached ({why}). Start it (`prefect server start`), correct {ADDRESS}, "
            "or unset it: `signloop retrain` then starts its own."
        ) from None
