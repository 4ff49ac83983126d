"""Where the dashboard's figures come from, as the command line finds them, and the file that they are written to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows import environment, stage_times
from monitoring.log.database import Database
from pipeline import params
from pipeline.errors import SignloopError
from pipeline.files import write_text
from serving.dashboard.document import document
from serving.dashboard.look import Dashboard

NO_LOG = "Nobody has asked yet: there is no prediction log. Serve, and ask: `signloop serve`"


def write(out: Path, tracks: list[str]) -> None:
    """Writes one look at these tracks (none named: at all) as a page that needs nothing else."""
    written = params.read(environment.project_root() / "params.yaml")
    for name in tracks:
        written.track(name)
    with _log() as log:
        stages = environment.state_folder() / stage_times.NAME
        gathered = Dashboard(environment.store(), tuple(tracks or written.tracks), log, stages=stages)
        write_text(out, document(gathered.look()))


@contextmanager
def _log() -> Iterator[Database | str]:
    """Yields the prediction log, or why it cannot be read; a log that is not there is not made for it."""
    try:
        database = _opened()
    except SignloopError as error:
        yield str(error)
        return
    if database is None:
        yield NO_LOG
        return
    with database:
        yield database


def _opened() -> Database | None:
    url = environment.database_url()
    if url.startswith(environment.SQLITE) and not Path(url.removeprefix(environment.SQLITE)).exists():
        return None
    return Database.open(url)
