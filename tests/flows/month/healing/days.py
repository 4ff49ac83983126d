"""Days as a month leaves them, with answers that one counts by hand."""

from typing import Any

from flows.month.healing.asking import Answered
from flows.month.healing.diary import Day


def answers(right: int, wrong: int, *, client: str = "ada", version: int = 1) -> list[Answered]:
    """Returns so many right answers and then so many wrong ones to one person."""
    said = ["A"] * right + ["B"] * wrong
    return [Answered(client=client, version=version, label=label, truth="A", spoken=False) for label in said]


def day(number: int, *, right: int = 9, wrong: int = 1, version: int = 1, shifted: bool = False, **more: Any) -> Day:
    """Returns a day of two people of whom ben is never trained on, each answered as often right."""
    ada, ben = (answers(right, wrong, client=name, version=version) for name in ("ada", "ben"))
    quiet = {"fired": False, "excess": 0.5, "column": "tilt", "action": "nothing", "cause": "none", "reason": "quiet"}
    return Day(number=number, shifted=shifted, answers=[*ada, *ben], never=ben, **(quiet | more))


DRIFT = {"fired": True, "excess": 3.2, "cause": "camera", "reason": "tilt 20, 2 in training"}


def healed() -> list[Day]:
    """Returns a month of six days: two quiet ones, two before another camera, two of the version that this made."""
    return [
        day(1),
        day(2),
        day(3, right=5, wrong=5, shifted=True, **DRIFT),
        day(
            4,
            right=5,
            wrong=5,
            shifted=True,
            **DRIFT,
            action="retrain",
            made=2,
            decided="promoted",
            gates=("on recent clips against version 1: +30.0 points: passed",),
        ),
        day(5, right=8, wrong=2, version=2, shifted=True),
        day(6, right=8, wrong=2, version=2, shifted=True),
    ]
