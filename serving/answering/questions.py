"""A question on its way through the server, and what came of it."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.predictor import Answer
from serving.answering.served import Outputs, Served
from serving.bodies.clips import Clips

Role = Literal["production", "pinned", "shadow", "canary"]
Source = Literal["infer", "predict", "stream"]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one version said to a question of B clips.

    outputs        [B, …] each, as the model gives them: logits or what else its objective has; seen, the share of rows
                   in which something was seen
    probabilities  [B, K], calibrated; of no classes without such
    answers        B of them; without a label where no class is answered
    id             under which it is in the log: the question's own, another where that was in it already
    """

    version: int
    role: Role
    outputs: Outputs
    probabilities: NDArray[np.float64]
    answers: tuple[Answer, ...]
    id: str
    latency_ms: float

    @property
    def ids(self) -> tuple[str, ...]:
        """Returns those of the answers: ID, or of several clips ID.0, ID.1, …"""
        return numbered(self.id, len(self.answers))


@dataclass(eq=False, kw_only=True)
class Question:
    """Clips of one length that one version is to answer.

    answered  is set on the event loop, once, after the answer is in the log; None: nobody waits for it
    of        the question whose shadow this is
    keep      whether the clips are kept, too
    logged    False: it goes into no log by itself, as a draft or a window of a stream
    top       how many classes an answer names
    """

    id: str
    clips: Clips
    served: Served
    role: Role
    source: Source
    client: str = ""
    keep: bool = False
    logged: bool = True
    top: int = 3
    of: str | None = None
    answered: "asyncio.Future[Reply] | None" = None
    came_s: float = field(default_factory=perf_counter)
    came: datetime = field(default_factory=lambda: datetime.now(UTC))


def numbered(id: str, count: int) -> tuple[str, ...]:
    """Returns the ids of a question's clips: its own of a single one, else ID.0, ID.1, …"""
    return (id,) if count == 1 else tuple(f"{id}.{i}" for i in range(count))
