"""Questions that two versions answered, as the log has them: a shadow's answer beside the one that was returned."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select

from monitoring.log.database import Database
from monitoring.log.feedback import counting
from monitoring.log.inputs import unpack
from monitoring.log.tables import kept_inputs, predictions
from monitoring.sequential import Trial
from pipeline.samples import Samples


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A question: both labels, who asked, and what it truly was where somebody said so."""

    client: str
    candidate: str
    other: str
    truth: str | None


def live(database: Database, track: str, *, candidate: int, other: int) -> Iterator[Answered]:
    """Yields what was answered by a version and, in its shadow, by the candidate."""
    shadow, said = predictions.alias("shadow"), counting().subquery()
    query = (
        select(predictions.c.client, predictions.c.label, shadow.c.label.label("shadowed"), said.c.label.label("truth"))
        .join(shadow, shadow.c.of == predictions.c.id)
        .join(said, said.c.id == predictions.c.id, isouter=True)
        .where(predictions.c.track == track, predictions.c.version == other)
        .where(shadow.c.role == "shadow", shadow.c.version == candidate)
    )
    with database.reading() as connection:
        for row in connection.execution_options(yield_per=1000).execute(query):
            yield Answered(client=row.client, candidate=row.shadowed, other=row.label, truth=row.truth)


def kept(database: Database, track: str) -> Iterator[tuple[Samples, str, str | None]]:
    """Yields the kept inputs of a track, each with its client and, where somebody said it, its true label."""
    said = counting().subquery()
    query = (
        select(predictions.c.id, predictions.c.client, kept_inputs.c.clip, said.c.label.label("truth"))
        .join(kept_inputs, kept_inputs.c.id == predictions.c.id)
        .join(said, said.c.id == predictions.c.id, isouter=True)
        .where(predictions.c.track == track, predictions.c.role != "shadow")
    )
    with database.reading() as connection:
        for row in connection.execution_options(yield_per=100).execute(query):
            yield unpack(row.clip, row.id), row.client, row.truth


def trial(answered: Iterable[Answered], *, alpha: float) -> Trial:
    """Counts who was right where."""
    counts: Counter[str] = Counter(dict.fromkeys(("answers", "apart", "spoken", "settled", "gained", "lost"), 0))
    clients: set[str] = set()
    for one in answered:
        apart, spoken = one.candidate != one.other, one.truth is not None
        gained, lost = apart and one.candidate == one.truth, apart and one.other == one.truth
        counts.update(answers=1, apart=apart, spoken=spoken, settled=apart and spoken, gained=gained, lost=lost)
        if gained or lost:
            clients.add(one.client)
    return Trial(**counts, clients=len(clients), alpha=alpha)
