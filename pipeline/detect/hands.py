"""Whose left and right hand it is, picture after picture.

A detector gives hands in any order, swaps them where they cross, and errs about a side now and then. So hands are
followed from picture to picture by place, and what speaks for a side adds up along the way: the detector's handedness,
and which of the pose's wrists the hand is near. Nothing looks ahead: a live picture is answered as a recorded one.

MediaPipe's handedness is the person's own in a picture that is not mirrored: with the pinned bundles, in photographs
of whole people, 23 of 24 `Right` hands are at the pose's right wrist and 15 of 15 `Left` ones at its left.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.found import Frame, Hand, Pose
from pipeline.skeleton import POSE, skeleton

HAND = skeleton("hand")
WRIST, KNUCKLE = HAND.indices("wrist", "middle_mcp")
SHOULDERS = [POSE.index(f"{side}_shoulder") for side in ("left", "right")]
WRISTS = [POSE.index(f"{side}_wrist") for side in ("left", "right")]

STRIDE = 2.5  # hands' lengths (wrist to middle knuckle) that a hand may move between two pictures
SAME = 0.4  # hands' lengths: two found hands whose points lie nearer than this on average are one
MEMORY = 10  # pictures after which a hand that is not seen is forgotten
FADING = 0.8  # of what spoke for a side, from one picture to the next
NEARNESS = 2.0  # the weight of the pose's wrists beside handedness
REACH = 1.0  # shoulder widths: a hand farther from both wrists has nothing to do with this pose
VISIBLE = 0.5  # a wrist of the pose counts from this visibility on


@dataclass(frozen=True, kw_only=True)
class Row:
    """One frame of a clip, as in Detected without T; right: how probably the hand of `points: hand` is a right one."""

    values: NDArray[np.float32]
    world: NDArray[np.float32]
    confidence: NDArray[np.float32]
    right: float = float("nan")


@dataclass(kw_only=True, eq=False)
class _Track:
    """One hand on its way: where it was last, how large, and what has spoken for its being a right one so far."""

    place: NDArray[np.floating]
    size: float
    evidence: float = 0.0
    unseen: int = 0
    hand: Hand | None = None  # in this picture

    @property
    def side(self) -> int:
        return int(self.evidence > 0)


@dataclass(kw_only=True)
class Signer:
    """Makes rows of a skeleton of what is found, one picture after the other; a new one for each clip.

    aspect  picture width / height
    """

    points: Literal["hand", "holistic"]
    aspect: float
    _tracks: list[_Track] = field(default_factory=list)
    _followed: _Track | None = None

    def row(self, frame: Frame) -> Row:
        """Takes the next picture."""
        self._follow(frame)
        return self._one_hand() if self.points == "hand" else self._both_hands(frame.pose)

    def _one_hand(self) -> Row:
        """The hand that was followed; else another of its side; the largest of any, once it is forgotten."""
        seen = [track for track in self._tracks if track.hand]
        if self._followed in self._tracks and self._followed not in seen:
            seen = [track for track in seen if track.side == self._followed.side]  # type: ignore[union-attr]
        if seen and self._followed not in seen:
            self._followed = max(seen, key=lambda track: track.size)
        hand = self._followed.hand if self._followed in seen and self._followed else None
        confidence = hand.confidence if hand else np.nan
        return _row(self.points, {"hand": hand}, [confidence], hand.right if hand else np.nan)

    def _both_hands(self, pose: Pose | None) -> Row:
        left, right = _sides([track for track in self._tracks if track.hand])
        confidence = [
            1 - left.right if left else np.nan,
            right.right if right else np.nan,
            pose.visibility.mean() if pose else np.nan,
        ]
        return _row(self.points, {"left_hand": left, "right_hand": right, "pose": pose}, confidence)

    def _follow(self, frame: Frame) -> None:
        """Gives each hand that is found its track, and forgets those that were not seen for long."""
        hands = _distinct(frame.hands, self.aspect)
        body = _Body.of(frame.pose, self.aspect)
        hands = self._own(hands, body)
        for track in self._tracks:
            track.hand, track.unseen = None, track.unseen + 1
        of_hand = self._matched(hands)
        for number, hand in enumerate(hands):
            track = of_hand.get(number) or self._new(hand)
            track.hand, track.unseen = hand, 0
            track.place, track.size = self._place(hand), self._size(hand)
            nearness = body.right(track.place) if body else 0.0
            track.evidence = FADING * track.evidence + (2 * hand.right - 1) + NEARNESS * nearness
        self._tracks = [track for track in self._tracks if track.unseen <= MEMORY]

    def _own(self, hands: list[Hand], body: "_Body | None") -> list[Hand]:
        """Leaves out other people's hands, where one that is at the pose's wrist shows that the pose can be trusted.

        Of a hand that fills the picture a pose is guessed far from it: then the hand stays.
        """
        near = [hand for hand in hands if body and body.distances(self._place(hand)).min() <= REACH]
        return near or hands

    def _new(self, hand: Hand) -> _Track:
        track = _Track(place=self._place(hand), size=self._size(hand))
        self._tracks.append(track)
        return track

    def _matched(self, hands: list[Hand]) -> dict[int, _Track]:
        """Pairs hands with tracks so that all move least; a hand that contradicts a track's side counts as farther."""
        if not hands or not self._tracks:
            return {}
        from scipy.optimize import linear_sum_assignment  # half a second, which those who detect nothing need not wait

        cost = np.empty((len(hands), len(self._tracks)))
        for h, hand in enumerate(hands):
            for t, track in enumerate(self._tracks):
                moved = np.linalg.norm(self._place(hand) - track.place) / max(self._size(hand), track.size)
                doubt = abs(hand.right - track.side) / 2
                cost[h, t] = moved + doubt if moved <= STRIDE * max(track.unseen, 1) ** 0.5 else 1e3
        return {int(h): self._tracks[t] for h, t in zip(*linear_sum_assignment(cost), strict=True) if cost[h, t] < 1e3}

    def _place(self, hand: Hand) -> NDArray[np.floating]:
        return _flat(hand.points[WRIST], self.aspect)

    def _size(self, hand: Hand) -> float:
        return _length(hand, self.aspect)


@dataclass(frozen=True)
class _Body:
    """The pose's wrists [2, 2], left and right, in a square picture, and the width of its shoulders."""

    wrists: NDArray[np.floating]
    width: float

    @classmethod
    def of(cls, pose: Pose | None, aspect: float) -> "_Body | None":
        """None where a wrist is not visible: a pose that guesses its wrists says nothing about hands."""
        if pose is None or pose.visibility[WRISTS].min() < VISIBLE:
            return None
        left, right = _flat(pose.points[SHOULDERS], aspect)
        wrists = _flat(pose.points[WRISTS], aspect)
        # seen from the side, shoulders are narrow and an arm's length is not
        reach = np.linalg.norm(wrists - np.stack([left, right]), axis=1).max()
        return cls(wrists, max(float(np.linalg.norm(left - right)), float(reach) / 2, 1e-6))

    def distances(self, place: NDArray[np.floating]) -> NDArray[np.floating]:
        """Returns how far the left and the right wrist are from there, in shoulder widths."""
        return np.linalg.norm(self.wrists - place, axis=1) / self.width

    def right(self, place: NDArray[np.floating]) -> float:
        """Returns how much nearer the right wrist is than the left one, from −1 to 1; 0 out of reach."""
        left, right = self.distances(place)
        return float(np.clip(left - right, -1, 1) * (min(left, right) <= REACH))


def _sides(seen: list[_Track]) -> tuple[Hand | None, Hand | None]:
    """Returns the left hand and the right one: of several, those for whose sides most has spoken."""
    ranked = sorted(seen, key=lambda track: track.evidence)
    if len(ranked) == 1:
        return (None, ranked[0].hand) if ranked[0].side else (ranked[0].hand, None)
    return (ranked[0].hand, ranked[-1].hand) if ranked else (None, None)


def _distinct(hands: tuple[Hand, ...], aspect: float) -> list[Hand]:
    """Leaves out what was found twice: of two hands in one place the surer stays."""
    kept: list[Hand] = []
    for hand in sorted(hands, key=lambda hand: -hand.confidence):
        apart = [np.linalg.norm(_flat(hand.points - other.points, aspect), axis=1).mean() for other in kept]
        if all(distance > SAME * _length(hand, aspect) for distance in apart):
            kept.append(hand)
    return kept


def _length(hand: Hand, aspect: float) -> float:
    return max(float(np.linalg.norm(_flat(hand.points[KNUCKLE] - hand.points[WRIST], aspect))), 1e-6)


def _flat(points: NDArray[np.floating], aspect: float) -> NDArray[np.floating]:
    """Returns x and y in picture heights."""
    return points[..., :2] * np.array([aspect, 1.0])


def _row(name: str, parts: dict[str, Hand | Pose | None], confidence: list[float], right: float = float("nan")) -> Row:
    layout = skeleton(name)
    values = np.full((len(layout.points), 3), np.nan, np.float32)
    world = values.copy()
    for part, found in parts.items():
        if found is not None:
            values[layout.part(part)], world[layout.part(part)] = found.points, found.world
    return Row(values=values, world=world, confidence=np.asarray(confidence, np.float32), right=right)
