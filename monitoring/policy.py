"""What a drift report leads to. Pure: the report, the rules of params.yaml and what was done before give a verdict."""

from dataclasses import dataclass
from typing import Literal

Action = Literal["nothing", "warn", "retrain"]
Cause = Literal["none", "collecting", "detector", "camera", "people", "labels", "model", "corrections", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What to do, and why in words; the first reason is the one to show where there is room for one line."""

    action: Action
    cause: Cause
    reasons: tuple[str, ...]
