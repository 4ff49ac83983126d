"""`signloop models shadow`: a candidate beside Production, on what people said of the same questions.

Live: what the log has of shadowed traffic. Replayed: both answer the inputs that are kept, but for clients from whom
either learned, since a model knows the corrections that it was trained on.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from monitoring import shadows
from monitoring.log.database import Database
from monitoring.sequential import FEWEST_CLIENTS, Trial
from monitoring.shadows import Answered
from pipeline.errors import InputError
from pipeline.feedback import CLIENT
from pipeline.predictor import Predictor
from pipeline.samples import Samples
from registry import versions
from registry.incumbent import learned_groups
from registry.store import Store
from registry.versions import CANDIDATE, ONNX, Version


@dataclass(frozen=True, kw_only=True)
class Shadowed:
    """A trial, and of whom."""

    candidate: Version
    production: Version
    replayed: bool
    trial: Trial


def shadowed(
    store: Store,
    database: Database,
    track: str,
    *,
    candidate: int | None = None,
    replay: bool = False,
    alpha: float = 0.05,
) -> Shadowed:
    """Tests a version, else the last candidate, against Production.

    Raises: InputError where they are the same, or no question was answered by both.
    """
    ours = versions.named(store, track, alias=CANDIDATE, number=candidate)
    theirs = versions.named(store, track)
    if ours.number == theirs.number:
        raise InputError(
            f"version {ours.number} of '{track}' is the candidate and in Production. Name another: --candidate VERSION"
        )
    if replay:
        found = shadows.trial(_replayed(store, database, ours, theirs), alpha=alpha)
    else:
        answered = shadows.live(database, track, candidate=ours.number, other=theirs.number)
        found = shadows.trial(answered, alpha=alpha)
    if not found.answers:
        remedy = (
            "Keep inputs: log.inputs: true"
            if replay
            else "Let it answer in the shadow (serve.shadow in params.yaml), or replay kept inputs: --replay"
        )
        raise InputError(
            f"no question was answered by version {ours.number} of '{track}' and by version {theirs.number}. {remedy}"
        )
    return Shadowed(candidate=ours, production=theirs, replayed=replay, trial=found)


def _replayed(store: Store, database: Database, ours: Version, theirs: Version) -> Iterator[Answered]:
    known = {*learned_groups(store, ours), *learned_groups(store, theirs)}
    with ExitStack() as stack:
        paths = [stack.enter_context(versions.files(store, version, ONNX)) for version in (ours, theirs)]
        candidate, other = (Predictor.open(path) for path in paths)
        forms = {candidate.contract.form, other.contract.form}
        for clip, client, truth in shadows.kept(database, ours.track):
            if CLIENT + client not in known and forms == {clip.form}:
                said = (_label(predictor, clip) for predictor in (candidate, other))
                yield Answered(client=client, candidate=next(said), other=next(said), truth=truth)


def _label(predictor: Predictor, clip: Samples) -> str:
    probabilities, seen = predictor.scores(clip)
    return (
        predictor.contract.class_names[int(np.argmax(probabilities[0]))] if seen[0] > 0 else predictor.contract.nothing
    )


def lines(found: Shadowed) -> list[str]:
    """Says what came of it, the verdict last."""
    trial, sure = found.trial, f"always-valid {100 * (1 - found.trial.alpha):g} %"
    apart, won = trial.disagreement, trial.won
    said = [
        f"{found.candidate.track}: version {found.candidate.number} against version {found.production.number}, which "
        f"is in Production, on {trial.answers:,} {'replayed' if found.replayed else 'shadowed'} questions",
        f"answered otherwise: {_share(apart.wins, apart.count, apart.low, apart.high, sure)}",
        f"people spoke of {trial.spoken:,}; where only one was right, version {found.candidate.number} was: "
        + (
            f"{_share(won.wins, won.count, won.low, won.high, sure)}, of {trial.clients} clients"
            if won.count
            else "never"
        ),
    ]
    if trial.flattering:
        said.append(
            f"only {trial.settled} of {trial.apart} questions with different answers were spoken of: who is answered "
            "wrongly speaks sooner, which flatters the candidate"
        )
    return [*said, _verdict(trial)]


def _share(part: int, whole: int, low: float, high: float, sure: str) -> str:
    return f"{part:,} of {whole:,}, {part / whole:.1%} ({sure}: {low:.1%} to {high:.1%})"


def _verdict(trial: Trial) -> str:
    if trial.verdict != "continue":
        return f"{trial.verdict}: the interval leaves out one half; you may stop"
    if trial.clients < FEWEST_CLIENTS:
        return f"continue: {trial.clients} client(s) settled anything, {FEWEST_CLIENTS} are needed"
    return "continue: either may be the better one; look again as often as you like"
