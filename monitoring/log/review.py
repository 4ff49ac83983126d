"""Which answers a person should look at first: those that the model was least sure of, and of every label some.

Doubt is the mean of two shares, each 0 for certainty: 1 − margin, the distance of the best two labels, and the entropy
against the largest among what is looked at. An answer marked uncertain comes before all that are not. Then one of each
answered label in turn, the most doubtful first: else the one pair that a model confuses would fill the whole list.
Source: Settles, Active Learning Literature Survey, 2009, sections 3.1 (margin, entropy) and 5.2 (diversity).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import select

from monitoring.log.database import Database
from monitoring.log.feedback import counting
from monitoring.log.reading import margin
from monitoring.log.tables import corrections, kept_inputs, predictions

LOOKED_AT = 10_000  # of the newest answers


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """An answer worth a look; `kept` says whether its input is there to be looked at, and learned from."""

    id: str
    time: datetime
    version: int
    label: str
    confidence: float | None
    top: tuple[tuple[str, float], ...]
    entropy: float | None
    uncertain: bool | None
    source: str
    kept: bool
    doubt: float


def review(database: Database, track: str, *, limit: int = 50, kept_only: bool = False) -> list[Doubtful]:
    """Returns answers of which nobody has spoken yet, the most informative first; of no class nothing is asked.

    kept_only  only those whose input is kept
    """
    spoken = counting().with_only_columns(corrections.c.id)
    names = ("id", "time", "version", "label", "confidence", "top", "entropy", "uncertain", "source")
    query = (
        select(*(predictions.c[name] for name in names), kept_inputs.c.id.is_not(None).label("kept"))
        .join(kept_inputs, kept_inputs.c.id == predictions.c.id, isouter=not kept_only)
        .where(predictions.c.track == track, predictions.c.role != "shadow", predictions.c.confidence.is_not(None))
        .where(predictions.c.id.not_in(spoken))
        .order_by(predictions.c.time.desc(), predictions.c.number.desc())
        .limit(LOOKED_AT)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    largest = max((row.entropy or 0.0 for row in rows), default=0.0) or 1.0
    found = [_doubtful(row, largest) for row in rows]
    return _of_each_label(sorted(found, key=lambda one: (not one.uncertain, -one.doubt, one.id)))[:limit]


def _doubtful(row: Any, largest: float) -> Doubtful:
    doubt = (1 - margin(row.top) + (row.entropy or 0.0) / largest) / 2
    said = {**row._mapping, "top": tuple((label, share) for label, share in row.top), "kept": bool(row.kept)}
    return Doubtful(**said, doubt=doubt)


def _of_each_label(ranked: Iterable[Doubtful]) -> list[Doubtful]:
    """Deals the answers of each label in turn; labels come in the order of their most doubtful one."""
    by_label: dict[str, list[Doubtful]] = {}
    for one in ranked:
        by_label.setdefault(one.label, []).append(one)
    return [one for round in zip_longest(*by_label.values()) for one in round if one is not None]
