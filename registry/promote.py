"""The stage `promote`: a trained, measured model → a registered version, a decision, an alias that moved or did not.

Each exported precision is judged in order of preference; the first that passes is promoted, and where none does, the
first is registered as refused. Every step is safe to repeat and the alias moves last but decision.json: after a kill
the same command ends with one version and one story. Every decision is an entry of the ledger, once for the same
judgement; where another moved Production meanwhile, the candidate is judged again. What is in Production and was judged
by the same gates is not judged again, since it would be compared with itself: its recorded decision is written out
once more, word for word.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import RegistryError
from pipeline.files import write_json
from pipeline.params import WHO_PROMOTES, Gates
from pipeline.split import RECENT
from registry import candidate as candidates
from registry import entries, manifest, moves, versions
from registry import record as records
from registry.candidate import Candidate, digest
from registry.gates import Decision, judge, with_history
from registry.holds import hold
from registry.incumbent import pair
from registry.ledger import STAGE, Entry, State
from registry.lineage import Lineage
from registry.paired import Against, InProduction
from registry.store import Store
from registry.tracking import find_or_rebuild_run
from registry.versions import CANDIDATE, EXTRAS, PRODUCTION, Version

ATTEMPTS = 10  # to be judged against what is in Production, where others move it


def promote(
    gates: Gates,
    *,
    track: str,
    samples: Path,
    split: Path,
    model: Path,
    exported: Path,
    evaluation: Path,
    out: Path,
    store: Store,
    lineage: Lineage,
    params: dict[str, Any],
    move_alias: bool = True,
    tracking: bool = True,
    drifted: bool = False,
    called_by: str = "",
) -> None:
    """Writes out, the decision, after the registry holds it.

    params      the track's sections as JSON, for the fingerprint and the record
    move_alias  False in an experiment: judges and records, and moves nothing
    tracking    False where `tracking: none`: the version then points to no run
    drifted     drift called for the candidate, which must then be better on recent clips (`gates.recent`)
    called_by   what called for it, which the ledger says beside who moved Production
    """
    who = f"{STAGE}, for {called_by}" if called_by else STAGE
    if not drifted:
        gates = gates.model_copy(update={"recent": None})
    contenders = candidates.read(
        track=track,
        samples=samples,
        split=split,
        model=model,
        exported=exported,
        evaluation=evaluation,
        params=params,
        lineage=lineage,
    )
    with store.lock(f"promote-{track}"):
        for _ in range(ATTEMPTS):
            state = moves.catch_up(store, track) if move_alias else None
            record = _decide(store, contenders, gates, state, who, model=model, params=params, tracking=tracking)
            if record is not None:
                write_json(out, record)
                return
    raise RegistryError(
        f"Production of '{track}' was moved by others {ATTEMPTS} times while this candidate was judged. "
        f"Run `dvc repro` again; who moved it: signloop models history {track}"
    )


def _decide(
    store: Store,
    contenders: list[Candidate],
    gates: Gates,
    state: State | None,
    who: str,
    *,
    model: Path,
    params: dict[str, Any],
    tracking: bool,
) -> dict[str, Any] | None:
    """Judges against what is in Production; None where another was promoted before this could be.

    state  of the ledger; None in an experiment
    """
    track = contenders[0].source.track
    if state is None:
        incumbent = versions.find(store, track, alias=PRODUCTION)
    else:
        incumbent = versions.find(store, track, number=state.production) if state.production else None
    key = digest(
        [
            gates.model_dump(mode="json", exclude=WHO_PROMOTES | (set() if gates.recent else {"recent"})),
            [(c.fingerprint, c.evaluation_sha256) for c in contenders],
        ]
    )[:16]
    record = records.known(incumbent, key, [c.fingerprint for c in contenders])
    if record is not None and incumbent is not None:
        versions.set_tags(store, incumbent, records.tags(record))
        return record
    chosen, judged = _judge(store, contenders, gates, incumbent)
    run_id = find_or_rebuild_run(store, track, model, params) if tracking else None
    return _conclude(store, chosen, judged, incumbent, gates, key, run_id, state, who)


def _judge(
    store: Store, contenders: list[Candidate], gates: Gates, incumbent: Version | None
) -> tuple[Candidate, dict[str, Decision]]:
    """Judges until one passes; returns it, or what stands for the refused: Production's own, else the first."""
    judged: dict[str, Decision] = {}
    for contender in contenders:
        against, recent = _against(store, contender, gates, incumbent), _on_recent(store, contender, gates, incumbent)
        judged[contender.precision] = judge(contender.metrics, gates, against, recent)
        if judged[contender.precision].passed:
            return contender, judged
    holders = [c for c in contenders if incumbent and c.fingerprint == incumbent.fingerprint]
    return (holders or contenders)[0], judged


def _against(store: Store, contender: Candidate, gates: Gates, incumbent: Version | None) -> Against:
    if incumbent is None:
        return None
    if contender.fingerprint == incumbent.fingerprint:
        return InProduction(version=incumbent.number)
    return pair(store, contender, incumbent) if gates.against_production else None


def _on_recent(store: Store, contender: Candidate, gates: Gates, incumbent: Version | None) -> Against:
    if incumbent is None or contender.fingerprint == incumbent.fingerprint or gates.recent is None:
        return None
    return pair(store, contender, incumbent, RECENT)


def _conclude(
    store: Store,
    chosen: Candidate,
    judged: dict[str, Decision],
    incumbent: Version | None,
    gates: Gates,
    key: str,
    run_id: str | None,
    state: State | None,
    who: str,
) -> dict[str, Any] | None:
    """Registers the chosen one, records why, and moves the aliases, in this order; None when it came too late."""
    version = _register(store, chosen, judged[chosen.precision], run_id)
    before = incumbent.number if incumbent else None
    judgement = f"{key}@{before or 0}"
    test_set = chosen.source.hashes["test_set"]
    earlier = records.judgements(store, chosen.source.track, test_set) - {judgement}
    decision = with_history(judged[chosen.precision], len(earlier))
    would_move = decision.passed and state is not None and before != version.number
    awaits = hold(version, state, gates, dirty=_dirty(version, chosen)) if would_move and state else ""
    moves_it = would_move and not awaits
    record = {
        "track": chosen.source.track,
        "version": version.number,
        "precision": chosen.precision,
        **decision.to_json(),
        "reasons": [*decision.reasons, *([awaits] if awaits else [])],
        "held": bool(awaits),
        "incumbent": before,
        "production": version.number if moves_it else before,
        "judged": {name: {"status": d.status, "reasons": d.reasons} for name, d in judged.items()},
        "gates": gates.model_dump(mode="json", exclude_none=True, exclude=WHO_PROMOTES),
        "judgement": key,
        "fingerprint": chosen.fingerprint,
        "model_sha256": chosen.source.hashes["model"],
        "onnx_sha256": version.tags["signloop.onnx_sha256"],
        "test_set": test_set,
        "decisions_before": len(earlier),
    }
    records.write(store, version, chosen, record)
    own = set(filter(None, version.tags.get(records.JUDGEMENTS, "").split(",")))
    versions.set_tags(store, version, records.tags(record) | {records.JUDGEMENTS: ",".join(sorted(own | {judgement}))})
    if state is None:
        return record
    versions.point(store, version.track, CANDIDATE, version.number)
    entry = Entry(
        what="promoted" if moves_it else "judged",
        version=version.number,
        before=before,
        after=version.number if moves_it else before,
        who=who,
        verdict=decision.status,
        reason=awaits or _why(judged[chosen.precision]),
        judgement=judgement,
        fingerprint=version.fingerprint,
        settled=not moves_it,
    )
    if moves_it:
        return record if moves.move(store, version.track, entry)[1] else None
    _note(store, version.track, entry)
    return record


def _note(store: Store, track: str, entry: Entry) -> None:
    """Records a judgement that moves nothing, once."""
    same = ("what", "version", "before", "verdict", "reason", "judgement")
    known = entries.read(store, track)
    if not any(all(getattr(old, name) == getattr(entry, name) for name in same) for old in known):
        entries.append(store, track, entry)


def _why(decision: Decision) -> str:
    """The words that decided: what failed, else the comparison, else what stands in its place."""
    failed = [check.words for check in decision.checks if not check.passed]
    compared = [check.words for check in decision.checks if "against" in check.metric]
    return "; ".join(failed or compared or decision.reasons[-1:])


def _dirty(version: Version, chosen: Candidate) -> bool:
    """A version that was once made from a commit stays one, whatever has been changed since."""
    return chosen.source.lineage.dirty and version.tags.get("signloop.git_dirty") != "false"


def _register(store: Store, chosen: Candidate, decision: Decision, run_id: str | None) -> Version:
    """Returns the candidate's version: the known one, brought up to a newer evaluation, or a new one."""
    track, evaluation = chosen.source.track, chosen.evaluation_sha256
    known = versions.by_fingerprint(store, track, chosen.fingerprint)
    with TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        if known is None:
            candidates.write_bundle(chosen, bundle)
            return versions.register(
                store,
                track,
                bundle=bundle,
                fingerprint=chosen.fingerprint,
                tags=candidates.tags(chosen) | manifest.write(bundle),
                description=f"{chosen.contract.model}, {chosen.precision}. {decision.reasons[0]}",
                run_id=run_id,
            )
        if known.tags.get("signloop.evaluation_sha256") != evaluation:
            candidates.write_extras(chosen, bundle / EXTRAS)
            listed = manifest.write(bundle, known=manifest.of(store, known))
            versions.replace_extras(store, known, bundle / EXTRAS)
            versions.set_tags(store, known, listed | candidates.tags_of_evaluation(chosen))
        if known.tags.get("signloop.git_dirty") == "true" and not chosen.source.lineage.dirty:
            versions.set_tags(store, known, chosen.source.lineage.tags())  # the same bytes, now from a commit
        return known
