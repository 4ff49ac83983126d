"""The last seconds of a stream: how many a model wants to see, how fast they come, and whether they show a hand."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.contract import Contract
from pipeline.skeleton import skeleton as skeleton_by_name

WINDOW_S = 0.3  # of a model of single hands, which averages what it says of each frame
MOVEMENT_S = 1.0  # of one that was trained on movements of a hand
SIGN_S = 2.0  # of one of whole bodies
RATE_FRAMES = 15  # over so many frames the rate is measured


def rate(times_s: Sequence[float]) -> float:
    """Returns the frames a second at which these times follow each other; NaN of fewer than two."""
    elapsed_s = times_s[-1] - times_s[0] if len(times_s) else 0.0
    return (len(times_s) - 1) / elapsed_s if elapsed_s > 0 else float("nan")


def usual_window_s(contract: Contract) -> float:
    if contract.form != "hand":
        return SIGN_S
    return MOVEMENT_S if contract.state else WINDOW_S


def shows_hand(values: NDArray[np.float32], skeleton: str) -> bool:
    named = skeleton_by_name(skeleton)
    return any(not np.isnan(values[named.part(hand)]).any(-1).all() for hand in named.hands)
