"""From videos or photographs to samples: each is looked at once, and a broken one costs a line, not the run.

What a clip becomes does not depend on its place in the list, nor on who looked at it: samples are in the order of ids.
"""

import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.detect.detected import Detected, Failure
from pipeline.detect.unreadable import UnreadableError, opened
from pipeline.detect.workshop import Job, Outcome, Workshop
from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.params import Images, Videos
from pipeline.samples import Samples, from_clips
from pipeline.skeleton import skeleton
from pipeline.sources.media import Media
from pipeline.sources.media_list import listed, wanted

log = logging.getLogger(__name__)
LITTLE_SEEN = ("nothing seen", "too short")


def read(data: Videos | Images, workshop: Workshop) -> Samples:
    """Looks at all clips that `data` asks for.

    Raises: InputError when more than `max_failed` of them are broken, after a line for each; or when nothing is left.
    """
    found = listed(data)
    media, left_out = wanted(found, data)
    outcomes = [_judged(one, data) for one in _looked_at(media, data, workshop)]
    _say(outcomes)
    workshop.report(outcomes)
    good = [one for one in outcomes if one.failure is None and one.detected is not None]
    failed = Counter(one.failure.kind for one in outcomes if one.failure)
    for kind in LITTLE_SEEN:
        left_out[kind] = failed.pop(kind, 0)
    _refuse_too_many(failed, len(outcomes), data)
    if not good:
        raise InputError(
            f"'{data.path}': nothing is left of {len(found)} clips ({_counted(+left_out + failed)}). "
            "A line above says of each why."
        )
    provenance = {
        "source": data.source,
        "extractor": workshop.extractor(data.detection),
        "clips_read": len(found),
        "clips_left_out": dict(sorted((+left_out).items())),
        "clips_failed": dict(sorted(failed.items())),
        "copies": sum(bool(one.copy_of) for one in good),
    }
    return _samples(good, data, provenance)


def _looked_at(media: list[Media], data: Videos | Images, workshop: Workshop) -> list[Outcome]:
    """Returns what became of each; a copy names the first clip of the same content."""
    jobs = [one.failure or _job(one, data, workshop) for one in media]
    results = iter(workshop.results([job for job in jobs if isinstance(job, Job)], timeout_s=data.timeout_s))
    first: dict[str, str] = {}
    outcomes = []
    for one, job in zip(media, jobs, strict=True):
        result = next(results) if isinstance(job, Job) else job
        original = first.setdefault(job.key, one.id) if isinstance(job, Job) else one.id
        outcomes.append(
            Outcome(
                id=one.id,
                label=one.label,
                group=one.group,
                file=one.file,
                start=one.start,
                end=one.end,
                detected=result if isinstance(result, Detected) else None,
                failure=result if isinstance(result, Failure) else None,
                copy_of=original if original != one.id else "",
            )
        )
    return outcomes


def _job(media: Media, data: Videos | Images, workshop: Workshop) -> Job | Failure:
    content = _content(media.file)
    if isinstance(content, Failure):
        return content
    return Job(
        file=media.file,
        content=content,
        detection=data.detection,
        bundles=workshop.bundles,
        picture=isinstance(data, Images),
        start=media.start,
        end=media.end,
    )


def _content(file: Path) -> str | Failure:
    """Returns the hash of a file, or why it cannot be read."""
    try:
        with opened(file):
            return sha256(file)
    except UnreadableError as error:
        return error.failure


def _judged(outcome: Outcome, data: Videos | Images) -> Outcome:
    """Returns the outcome with a failure where less is seen than `min_seen` asks for."""
    if outcome.failure or outcome.detected is None:
        return outcome
    body = skeleton(data.detection.points)
    hands = [column for name in body.hands for column in body.part(name)]
    frames = np.asarray(~np.isnan(outcome.detected.values[:, hands, 0]).all(-1))
    if frames.sum() >= data.min_seen:
        return outcome
    if not frames.any():
        return replace(
            outcome,
            failure=Failure(
                "nothing seen", f"no hand in {'it' if len(frames) == 1 else f'any of {len(frames)} frames'}"
            ),
        )
    why = f"a hand in {frames.sum()} of {len(frames)} frames, where data.min_seen asks for {data.min_seen}"
    return replace(outcome, failure=Failure("too short", why))


def _say(outcomes: list[Outcome]) -> None:
    """Gives each clip that failed a line, and each that is another one's copy."""
    labels = {one.id: one.label for one in outcomes}
    for one in outcomes:
        if one.failure:
            log.warning("%s: %s: %s", one.id, one.failure.kind, one.failure.reason)
        elif one.copy_of:
            other = "" if one.label == labels[one.copy_of] else ", under another label"
            log.warning("%s: a copy of '%s'%s", one.id, one.copy_of, other)


def _refuse_too_many(failed: Counter[Any], count: int, data: Videos | Images) -> None:
    share = failed.total() / count
    if share > data.max_failed:
        raise InputError(
            f"'{data.path}': {failed.total()} of {count} {data.source} failed ({_counted(failed)}), {share:.0%} where "
            f"data.max_failed accepts {data.max_failed:.0%}. A line above says of each why. Mend or remove them, or "
            "raise the limit (`signloop extract --max-failed`); what is finished is kept."
        )


def _counted(reasons: Counter[Any]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(reasons.items()))


def _samples(good: list[Outcome], data: Videos | Images, provenance: dict[str, Any]) -> Samples:
    """Puts the clips together; a class of which nothing is left is none, unless `classes` names it."""
    labels = sorted({one.label for one in good})
    class_names = tuple(dict.fromkeys(data.classes)) or tuple(labels)
    seen = [one.detected for one in good if one.detected is not None]
    return from_clips(
        [clip.values for clip in seen],
        target=[class_names.index(one.label) for one in good],
        group=[one.group for one in good],
        ids=[one.id for one in good],
        fps=[clip.fps for clip in seen],
        aspect=[clip.aspect for clip in seen],
        handedness=[clip.handedness for clip in seen],
        class_names=class_names,
        form=data.detection.points,
        provenance=provenance,
        rows={name: [getattr(clip, name) for clip in seen] for name in ("world", "confidence")},
    )
