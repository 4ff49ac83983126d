"""Points by name: what a recording's columns are called, which belong together, which mirror which.

Source: the order of the 21 hand points is MediaPipe Hands'.
"""

import itertools
from dataclasses import dataclass
from functools import cache

from pipeline.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """Names the points of a recording and the bones between them."""

    name: str
    points: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    mirror: tuple[tuple[str, str], ...] = ()  # pairs of points that change places in a mirror; none within one hand

    def index(self, point: str) -> int:
        """Returns the column of a point.

        Raises: InputError with the valid names when the skeleton has no such point.
        """
        try:
            return self.points.index(point)
        except ValueError:
            raise InputError(
                f"skeleton '{self.name}' has no point '{point}'. It has: {', '.join(self.points)}."
            ) from None

    def indices(self, *points: str) -> list[int]:
        return [self.index(point) for point in points]


FINGERS = {
    "thumb": ("thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip"),
    "index": ("index_mcp", "index_pip", "index_dip", "index_tip"),
    "middle": ("middle_mcp", "middle_pip", "middle_dip", "middle_tip"),
    "ring": ("ring_mcp", "ring_pip", "ring_dip", "ring_tip"),
    "pinky": ("pinky_mcp", "pinky_pip", "pinky_dip", "pinky_tip"),
}


def _hand() -> Skeleton:
    bones = [("wrist", chain[0]) for chain in FINGERS.values()]
    bones += [bone for chain in FINGERS.values() for bone in itertools.pairwise(chain)]
    palm = ["index_mcp", "middle_mcp", "ring_mcp", "pinky_mcp"]
    bones += list(itertools.pairwise(palm))
    points = ("wrist", *(point for chain in FINGERS.values() for point in chain))
    return Skeleton(name="hand", points=points, edges=tuple(bones))


@cache
def skeleton(name: str) -> Skeleton:
    """Returns a skeleton by name.

    Raises: InputError with the valid names.
    """
    known = {"hand": _hand}
    if name not in known:
        raise InputError(f"unknown skeleton '{name}'. Valid: {', '.join(known)}.")
    return known[name]()
