"""Clips that people corrected, beside those of a source: some clients are trained on, others compare candidates.

A client is the one or the other for ever. What `flows.corrections` wrote for a track lies in two sample stores, and
`extract` puts their clips behind the source's, under groups and ids that no source has.
"""

import hashlib
import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.samples import PER_SAMPLE, Samples

logger = logging.getLogger(__name__)

TRAINED, RECENT = "trained.h5", "recent.h5"  # in a track's folder
CLIENT = "client:"  # before a client's key in `group`, and before a request's id in `id`
UNKNOWN = "the source has no such class"


def never_trained_on(client: str, share: float) -> bool:
    """Whether a client is among those on whom candidates are compared; nobody is not, who may be anybody.

    By a hash of the client's key alone: a larger share keeps all that a smaller one had.
    """
    drawn = int.from_bytes(hashlib.sha256(f"recent:{client}".encode()).digest()[:8], "big")
    return bool(client) and drawn < share * 2**64


def of_source(group: NDArray[Any]) -> NDArray[np.bool_]:
    """Returns which clips are the source's own."""
    return ~np.char.startswith(group.astype(str), CLIENT)


def joined(source: Samples, folder: Path) -> Samples:
    """Returns the source's clips and then a track's feedback, in the classes of the source; what fits none is told.

    Raises: InputError where the feedback is of another skeleton, or the source has groups that are called like clients.
    """
    files = {name: folder / name for name in (TRAINED, RECENT) if (folder / name).is_file()}
    if not files:
        return source
    if not of_source(np.concatenate([source.group.astype(str), source.id.astype(str)])).all():
        raise InputError(f"the source has groups or ids that begin with '{CLIENT}', as feedback has. Rename them.")
    left_out: Counter[str] = Counter()
    parts = {name: _fitted(store.read(path), source, path, left_out) for name, path in files.items()}
    said: dict[str, Any] = {name.partition(".")[0]: len(part) for name, part in parts.items()}
    if TRAINED in files:
        said["sha256"] = sha256(files[TRAINED])  # by it an erasure finds the versions that learned from the file
    provenance: dict[str, Any] = {**source.provenance, "feedback": said}
    if left_out:
        provenance["feedback_left_out"] = dict(sorted(left_out.items()))
        logger.warning("feedback: %s clip(s) left out: %s", sum(left_out.values()), ", ".join(sorted(left_out)))
    recent = sorted({str(group) for group in parts[RECENT].group}) if RECENT in parts else []
    return replace(_after(source, list(parts.values())), provenance=provenance, recent=tuple(recent))


def _fitted(feedback: Samples, source: Samples, path: Path, left_out: Counter[str]) -> Samples:
    """Brings feedback into the source's classes and gives it names that no source has."""
    if feedback.form != source.form:
        raise InputError(
            f"'{path}' holds points of '{feedback.form}', the source those of '{source.form}': the model was "
            "changed. Remove the file; the next export leaves such clips out."
        )
    ids = {name: i for i, name in enumerate(source.class_names)}
    target = np.asarray([ids.get(name, -1) for name in feedback.class_names], np.int64)[feedback.target]
    left_out.update(f"{UNKNOWN}: {feedback.class_names[t]}" for t in feedback.target[target < 0])
    named = replace(
        feedback,
        target=target,
        class_names=source.class_names,
        **{
            name: np.asarray([CLIENT + str(text) for text in getattr(feedback, name)], object)
            for name in ("group", "id")
        },
    )
    return named.select(np.flatnonzero(target >= 0))


def _after(source: Samples, parts: list[Samples]) -> Samples:
    """Puts clips behind those of a source; further values of a frame, which feedback has none of, are NaN."""
    every = [source, *parts]
    lengths = np.concatenate([part.lengths for part in every])
    frames = sum(len(part.values) for part in parts)
    rows = {
        name: np.concatenate([values, np.full((frames, *values.shape[1:]), np.nan, np.float32)])
        for name, values in source.rows.items()
    }
    columns = {name: np.concatenate([getattr(part, name) for part in every]) for name in PER_SAMPLE}
    return replace(
        source,
        values=np.concatenate([part.values for part in every]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        rows=rows,
        **columns,
    )
