"""Which Prefect server a run talks to: the one that PREFECT_API_URL names, else one of its own while it runs.

Nothing here imports Prefect: all of it is said through the environment, before Prefect reads that.
"""

import os
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from pipeline.errors import InputError, TransientError

ADDRESS, HOME = "PREFECT_API_URL", "PREFECT_HOME"
REACH_SECONDS = 3.0
START = "  prefect server start\n  export PREFECT_API_URL=http://127.0.0.1:4200/api"


def prepare(state: Path) -> str:
    """Sets the environment for Prefect, and returns which server it is in words.

    Raises: TransientError where the server that is named does not answer.
    """
    if address := os.environ.get(ADDRESS):
        reach(address)
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
    reach(address)
    return address


def reach(address: str) -> None:
    """Asks once, briefly: Prefect's own client would go on trying, and end with a traceback."""
    try:
        with urlopen(f"{address.rstrip('/')}/health", timeout=REACH_SECONDS):
            return
    except HTTPError:
        return  # something answers there; what it thinks of us, its first real answer tells
    except (URLError, OSError, ValueError) as error:
        raise TransientError(
            f"Prefect at {address} cannot be reached ({getattr(error, 'reason', error)}). Start it "
            f"(`prefect server start`), correct {ADDRESS}, or unset it: `signloop retrain` then starts its own."
        ) from None
