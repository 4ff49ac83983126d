"""The disk: room, permission to write, and what killed processes have left."""

import os
import shutil
from collections.abc import Iterator

from flows import garbage
from flows.checks import Check, Place

ENOUGH_BYTES = 1_000_000_000


def room(place: Place) -> Iterator[Check]:
    """Looks at free space and at the state folder's permissions."""
    free = shutil.disk_usage(place.root).free
    if free < ENOUGH_BYTES:
        yield Check("disk", "warning", f"{garbage.readable(free)} free", "signloop gc --cache")
    else:
        yield Check("disk", "ok", f"{garbage.readable(free)} free")
    existing = place.state if place.state.exists() else place.root
    if os.access(existing, os.W_OK):
        yield Check("state folder", "ok", str(place.state) + ("" if place.state.exists() else " (made when needed)"))
    else:
        yield Check("state folder", "problem", f"'{existing}' cannot be written", f"chmod -R u+w '{existing}'")


def leftovers(place: Place) -> Iterator[Check]:
    """Looks for half-written files of killed processes, and counts checkpoints."""
    parts = garbage.leftovers(place.root, place.state)
    if parts:
        size = garbage.readable(sum(part.size for part in parts))
        yield Check(
            "leftovers", "warning", f"{len(parts)} half-written, {size}: the first '{parts[0].path}'", "signloop gc"
        )
    kept = sorted((place.state / "checkpoints").glob("*.pt"))
    size = garbage.readable(sum(path.stat().st_size for path in kept))
    yield Check("checkpoints", "ok", f"{len(kept)}, {size}" if kept else "none")
