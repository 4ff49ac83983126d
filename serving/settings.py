"""What a server is made of, gathered by the command line: nothing below reads the environment."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.params import Log, Serve
from registry.store import Store
from serving.guards.keys import Key

# Longer than proxies keep theirs (60 s): a connection that the server ends as the next request is on its way is a
# failed request, and with Uvicorn's 5 s a process that was held up for so long ends all that waited meanwhile.
KEEP_ALIVE_S = 75


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the models are, who may ask, and the bounds.

    tracks    that are served
    database  URL of the prediction log
    secret    that clients' keys are hashed with
    keys      none: everybody may do everything, from this machine alone
    assets    folders that detectors' bundles are looked for in
    alone     the process is the server's: what is there when it starts stays, and the collector leaves it alone
    stages    file that stages note their times in, for the dashboard
    counts    folder that several processes count in, for /metrics; None: there is one
    """

    store: Store
    tracks: tuple[str, ...]
    serve: Serve
    log: Log
    database: str
    secret: bytes = b""
    keys: tuple[Key, ...] = ()
    assets: tuple[Path, ...] = ()
    alone: bool = False
    stages: Path | None = None
    counts: Path | None = None
