"""A registered version as it is published, and what pushes it."""

from dataclasses import dataclass
from pathlib import Path

from flows import hub as hubs
from flows import published
from flows.environment import Hub
from pipeline.files import sha256
from registry.store import Store

REPO = "ada/letters"


@dataclass(frozen=True)
class Written:
    """A registered version, and the folder of what is published of it; nobody may change either."""

    root: Path
    store: Store
    folder: Path
    contents: published.Contents


def push(hub: Hub, written: Written, **options: bool) -> str:
    return hubs.push(hub, REPO, written.folder, written.contents, **options)


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256(path) for path in folder.rglob("*") if path.is_file()}
