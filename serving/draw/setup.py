"""What the drawing page has to know before it begins: which tracks name what is drawn."""

from typing import Any

from serving.answering.host import Host
from serving.answering.served import Served


def drawn(host: Host) -> dict[str, Served]:
    """Returns who is in Production of the tracks that name the class of a bitmap."""
    there = {track: lineup.production for track, lineup in host.lineups.items()}
    return {track: served for track, served in there.items() if served is not None and _is_drawn(served)}


def setup(host: Host, *, key: bool) -> dict[str, Any]:
    """Returns it as JSON has it.

    key  whether the server asks for one
    """
    return {"tracks": {track: _track(served) for track, served in drawn(host).items()}, "key": key}


def _is_drawn(served: Served) -> bool:
    return served.takes.name == "bitmap" and bool(served.contract.class_names)


def _track(served: Served) -> dict[str, Any]:
    contract = served.contract
    height, width = served.takes.row
    return {
        "version": served.version,
        "model": contract.model,
        "classes": contract.class_names,
        "height": height,
        "width": width,
    }
