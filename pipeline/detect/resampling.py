"""Which frames of a recording are kept, at so many a second, whatever its own rate does in between."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeVar

Shown = TypeVar("Shown")
SLIVER = Fraction(1, 10)  # of a step: an instant that is nearer to a recording's end is left out


def kept(timed: Iterable[tuple[Fraction, Shown]], fps: float | None) -> Iterator[tuple[Fraction, Shown, int]]:
    """Yields a time, a frame and how many instants it stands for; frames that stand for none are left out.

    The instants are `fps` a second from the first frame's time on, and each takes the frame nearest to it, the earlier
    one of two. Where the recording is slower a frame stands for several: the clip's rate is `fps` throughout. None
    keeps every frame as it is. Times are exact, so that no instant falls on either side by rounding.
    """
    if fps is None:
        yield from ((time, shown, 1) for time, shown in timed)
        return
    step = 1 / Fraction(str(fps))
    begin, number, last, shortest = Fraction(0), 0, None, step
    for time, shown in timed:
        if last is None:
            begin = time
        else:
            interval = time - last[0]
            shortest = interval if number == 0 else min(shortest, interval)
            count = _instants_until(last[0] + interval / 2, begin, step) - number
            if count > 0:
                yield (*last, count)
                number += count
        last = time, shown
    if last is not None:  # nothing says how long it is shown; times in whole milliseconds make no instant more
        count = math.ceil((last[0] + shortest - begin) / step - SLIVER) - number
        if count > 0:
            yield (*last, count)


def _instants_until(time: Fraction, begin: Fraction, step: Fraction) -> int:
    """Returns how many instants lie up to that time, itself included."""
    return int((time - begin) // step) + 1
