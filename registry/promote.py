"""The stage `promote`: a trained, measured model → a registered version, a decision, an alias that moved or did not.

Each exported precision is judged in order of preference; the first that passes is promoted, and where none does, the
first is registered as refused. Every step is safe to repeat and the alias moves last but decision.json: after a kill
the same command ends with one version and one story. What is in Production and was judged by the same gates is not
judged again, since it would be compared with itself: its recorded decision is written out once more, word for word.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.files import write_json, write_text
from pipeline.params import Gates
from registry import candidate as candidates
from registry import versions
from registry.candidate import Candidate, digest
from registry.card import card
from registry.gates import Against, Decision, InProduction, judge, with_history
from registry.incumbent import pair
from registry.lineage import Lineage
from registry.store import Store
from registry.tracking import find_or_rebuild_run
from registry.versions import CANDIDATE, DECISION, EXTRAS, PREVIOUS, PRODUCTION, Version

JUDGEMENTS = "signloop.judgements"  # keys of the decisions that a version's test set was used for


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
) -> None:
    """Writes out, the decision, after the registry holds it.

    params      the track's sections as JSON, for the fingerprint and the record
    move_alias  False in an experiment: judges and records, and moves nothing
    tracking    False where `tracking: none`: the version then points to no run
    """
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
        incumbent = versions.find(store, track, alias=PRODUCTION)
        key = digest([gates.model_dump(mode="json"), [(c.fingerprint, c.evaluation_sha256) for c in contenders]])[:16]
        record = _recorded(incumbent, key, [c.fingerprint for c in contenders])
        if record is not None and incumbent is not None:
            versions.set_tags(store, incumbent, _record_tags(record))
        else:
            chosen, judged = _judge(store, contenders, gates, incumbent)
            run_id = find_or_rebuild_run(store, track, model, params) if tracking else None
            record = _settle(store, chosen, judged, incumbent, gates, key, run_id, move_alias)
        write_json(out, record)


def _recorded(incumbent: Version | None, key: str, fingerprints: list[str]) -> dict[str, Any] | None:
    """Returns the decision by which these very candidates, under these gates, put a version into Production."""
    if incumbent is None or incumbent.fingerprint not in fingerprints:
        return None
    record = json.loads(incumbent.tags.get(f"{DECISION}.{key}", "null"))
    return record if record and record["production"] == incumbent.number else None


def _judge(
    store: Store, contenders: list[Candidate], gates: Gates, incumbent: Version | None
) -> tuple[Candidate, dict[str, Decision]]:
    """Judges until one passes; returns it, or what stands for the refused: Production's own, else the first."""
    judged: dict[str, Decision] = {}
    for contender in contenders:
        judged[contender.precision] = judge(contender.metrics, gates, _against(store, contender, gates, incumbent))
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


def _settle(
    store: Store,
    chosen: Candidate,
    judged: dict[str, Decision],
    incumbent: Version | None,
    gates: Gates,
    key: str,
    run_id: str | None,
    move_alias: bool,
) -> dict[str, Any]:
    """Registers the chosen one, records why, and moves the aliases, in this order."""
    version = _register(store, chosen, judged[chosen.precision], run_id)
    judgement = f"{key}@{incumbent.number if incumbent else 0}"
    test_set = chosen.source.hashes["test_set"]
    before = _judgements(store, chosen.source.track, test_set) - {judgement}
    decision = with_history(judged[chosen.precision], len(before))
    in_production = incumbent is not None and incumbent.number == version.number
    moves = decision.passed and move_alias and not in_production
    record = {
        "track": chosen.source.track,
        "version": version.number,
        "precision": chosen.precision,
        **decision.to_json(),
        "incumbent": incumbent.number if incumbent else None,
        "production": version.number if moves else incumbent.number if incumbent else None,
        "judged": {name: {"status": d.status, "reasons": d.reasons} for name, d in judged.items()},
        "gates": gates.model_dump(mode="json", exclude_none=True),
        "judgement": key,
        "fingerprint": chosen.fingerprint,
        "model_sha256": chosen.source.hashes["model"],
        "onnx_sha256": version.tags["signloop.onnx_sha256"],
        "test_set": test_set,
        "decisions_before": len(before),
    }
    _write_record(store, version, chosen, record)
    earlier = set(filter(None, version.tags.get(JUDGEMENTS, "").split(",")))
    versions.set_tags(store, version, _record_tags(record) | {JUDGEMENTS: ",".join(sorted(earlier | {judgement}))})
    if move_alias:
        versions.point(store, version.track, CANDIDATE, version.number)
    if moves:
        if incumbent:
            versions.point(store, version.track, PREVIOUS, incumbent.number)
        versions.point(store, version.track, PRODUCTION, version.number)
    return record


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
                tags=candidates.tags(chosen),
                description=f"{chosen.contract.model}, {chosen.precision}. {decision.reasons[0]}",
                run_id=run_id,
            )
        if known.tags.get("signloop.evaluation_sha256") != evaluation:
            candidates.write_extras(chosen, bundle)
            versions.replace_extras(store, known, bundle)
            figures = {name: value for name, value in candidates.tags(chosen).items() if name.startswith("metric.")}
            versions.set_tags(store, known, {**figures, "signloop.evaluation_sha256": evaluation})
        return known


def _write_record(store: Store, version: Version, chosen: Candidate, record: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        write_json(Path(folder) / EXTRAS / "decision.json", record)
        write_text(Path(folder) / EXTRAS / "card.md", card(chosen, record))
        versions.replace_extras(store, version, Path(folder) / EXTRAS)


def _record_tags(record: dict[str, Any]) -> dict[str, str]:
    """The decision as tags: for people, whole, and by its key, to be found again when parameters are put back."""
    whole = json.dumps(record, sort_keys=True, ensure_ascii=False)
    words = {"signloop.status": record["status"], "signloop.reasons": "\n".join(record["reasons"])}
    return {**words, DECISION: whole, f"{DECISION}.{record['judgement']}": whole}


def _judgements(store: Store, track: str, test_set: str) -> set[str]:
    """Returns all decisions that were made on this test set."""
    own = [v for v in versions.versions(store, track) if v.tags.get("signloop.test_set") == test_set]
    return {key for version in own for key in version.tags.get(JUDGEMENTS, "").split(",") if key}
