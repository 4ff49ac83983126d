"""Times side by side, in one process."""

import statistics
import time
from collections.abc import Callable


def medians_in_turns(*calls: Callable[[], object], rounds: int, block: int = 1) -> list[float]:
    """Returns each call's median seconds; blocks of neighbouring calls take turns, the first of which do not count.

    So other work on the machine disturbs all alike, and what is called again and again finds its data near.
    """
    seconds: list[list[float]] = [[] for _ in calls]
    for number in range(rounds + 1):
        for call, own in zip(calls, seconds, strict=True):
            start = time.perf_counter()
            for _ in range(block):
                call()
            if number:
                own.append((time.perf_counter() - start) / block)
    return [statistics.median(own) for own in seconds]
