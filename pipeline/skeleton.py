"""Points by name: what a recording's columns are called, which belong together, which mirror which.

Source: the order of the 21 hand points is MediaPipe Hands', that of the 33 body points MediaPipe Pose's.
"""

import itertools
from dataclasses import dataclass, field
from functools import cache

from pipeline.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """Names the points of a recording and the bones between them."""

    name: str
    points: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    mirror: tuple[tuple[str, str], ...] = ()  # pairs of points that change places in a mirror; none within one hand
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)  # what a detector finds as a whole

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

    def part(self, name: str) -> list[int]:
        """Returns the columns of a part, in the part's own order."""
        return self.indices(*self.parts[name])

    def span(self, name: str) -> slice:
        """Returns where a part's columns lie, which are neighbours in the skeleton's order."""
        columns = self.part(name)
        assert columns == list(range(columns[0], columns[-1] + 1)), name
        return slice(columns[0], columns[-1] + 1)

    @property
    def hands(self) -> tuple[str, ...]:
        """Names the parts that are hands; their points are those of the skeleton `hand`, in its order."""
        return tuple(name for name in self.parts if name.endswith("hand"))

    def of_each_hand(self, *points: str) -> list[list[int]]:
        """Returns the columns of these points, named as in the skeleton `hand`, for one hand after the other."""
        places = skeleton("hand").indices(*points)
        return [[self.part(hand)[place] for place in places] for hand in self.hands]

    def mirrored(self) -> list[int]:
        """Returns, for each column, the column that takes its place in a mirror."""
        swapped = dict(self.mirror) | {right: left for left, right in self.mirror}
        return [self.index(swapped.get(point, point)) for point in self.points]


FINGERS = {
    "thumb": ("thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip"),
    "index": ("index_mcp", "index_pip", "index_dip", "index_tip"),
    "middle": ("middle_mcp", "middle_pip", "middle_dip", "middle_tip"),
    "ring": ("ring_mcp", "ring_pip", "ring_dip", "ring_tip"),
    "pinky": ("pinky_mcp", "pinky_pip", "pinky_dip", "pinky_tip"),
}


POSE = (
    "nose",
    *(f"{side}_eye{where}" for side in ("left", "right") for where in ("_inner", "", "_outer")),
    *(f"{side}_ear" for side in ("left", "right")),
    *(f"mouth_{side}" for side in ("left", "right")),
    *(
        f"{side}_{joint}"
        for joint in ("shoulder", "elbow", "wrist", "pinky", "index", "thumb")
        for side in ("left", "right")
    ),
    *(f"{side}_{joint}" for joint in ("hip", "knee", "ankle", "heel", "foot_index") for side in ("left", "right")),
)
SIDES = ("left", "right")


def _hand() -> Skeleton:
    bones = [("wrist", chain[0]) for chain in FINGERS.values()]
    bones += [bone for chain in FINGERS.values() for bone in itertools.pairwise(chain)]
    palm = ["index_mcp", "middle_mcp", "ring_mcp", "pinky_mcp"]
    bones += list(itertools.pairwise(palm))
    points = ("wrist", *(point for chain in FINGERS.values() for point in chain))
    return Skeleton(name="hand", points=points, edges=tuple(bones), parts={"hand": points})


def _body() -> tuple[tuple[str, str], ...]:
    """The pose's bones: a line across face and trunk, and each side's chains."""
    bones = [("mouth_left", "mouth_right"), ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")]
    for side in SIDES:
        face = ("nose", *(f"{side}_eye{where}" for where in ("_inner", "", "_outer")), f"{side}_ear")
        arm = tuple(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "pinky", "index", "wrist", "thumb"))
        leg = tuple(f"{side}_{joint}" for joint in ("shoulder", "hip", "knee", "ankle", "heel", "foot_index", "ankle"))
        bones += [bone for chain in (face, arm, leg) for bone in itertools.pairwise(chain)]
    return tuple(bones)


def _holistic() -> Skeleton:
    """Left hand, right hand and pose, in this order: 75 points named `left_hand_…`, `right_hand_…`, `pose_…`."""
    hand = _hand()
    parts = {f"{side}_hand": tuple(f"{side}_hand_{point}" for point in hand.points) for side in SIDES}
    parts["pose"] = tuple(f"pose_{point}" for point in POSE)
    edges = [(f"{side}_hand_{a}", f"{side}_hand_{b}") for side in SIDES for a, b in hand.edges]
    edges += [(f"pose_{a}", f"pose_{b}") for a, b in _body()]
    edges += [(f"pose_{side}_wrist", f"{side}_hand_wrist") for side in SIDES]
    mirror = [*zip(parts["left_hand"], parts["right_hand"], strict=True)]
    mirror += [(f"pose_{point}", f"pose_{point.replace('left', 'right')}") for point in POSE if "left" in point]
    points = tuple(itertools.chain.from_iterable(parts.values()))
    return Skeleton(name="holistic", points=points, edges=tuple(edges), mirror=tuple(mirror), parts=parts)


@cache
def skeleton(name: str) -> Skeleton:
    """Returns a skeleton by name: `hand`, 21 points, or `holistic`, 75.

    Raises: InputError with the valid names.
    """
    known = {"hand": _hand, "holistic": _holistic}
    if name not in known:
        raise InputError(f"unknown skeleton '{name}'. Valid: {', '.join(known)}.")
    return known[name]()
