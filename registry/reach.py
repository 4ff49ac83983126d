"""Whether a server answers: asked once and briefly, where its own client would retry for minutes."""

from urllib.error import HTTPError, URLError
from urllib.request import urlopen

SECONDS = 3.0


def reach(address: str) -> None:
    """Returns where anything answers: what it thinks of us, its first real answer tells.

    Raises: ConnectionError that says why nothing does.
    """
    try:
        with urlopen(f"{address.rstrip('/')}/health", timeout=SECONDS):
            return
    except HTTPError:
        return
    except (URLError, OSError, ValueError) as error:
        raise ConnectionError(getattr(error, "reason", error)) from None
