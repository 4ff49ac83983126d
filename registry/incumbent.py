"""Asks the model in Production about the candidate's clips, so that both are judged on the same ones."""

import json
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError, RegistryError
from pipeline.predictor import Predictor
from pipeline.samples import Samples
from registry.candidate import Candidate
from registry.paired import Incomparable, Paired
from registry.store import Store
from registry.versions import EXTRAS, ONNX, Version, files


def pair(
    store: Store, candidate: Candidate, incumbent: Version, part: Literal["test", "recent"] = "test"
) -> Paired | Incomparable:
    """Pairs the answers on clips of classes that both know, from groups that the incumbent never learned from."""
    source = candidate.source
    clips, right = (source.test, candidate.correct) if part == "test" else (source.recent, candidate.on_recent)
    try:
        with files(store, incumbent, ONNX) as path:
            predictor = Predictor.open(path)
        learned = learned_groups(store, incumbent)
    except (InputError, RegistryError) as error:
        return Incomparable(version=incumbent.number, why=f"its file cannot be used: {error}")
    except Exception as error:  # whatever ONNX Runtime makes of a damaged graph: it has no common type of its own
        return Incomparable(version=incumbent.number, why=f"its file does not load: {error}")
    if predictor.contract.form != clips.form:
        why = f"it reads samples of '{predictor.contract.form}', the {part} clips are of '{clips.form}'"
        return Incomparable(version=incumbent.number, why=why)
    if predictor.contract.shape != clips.row:
        why = f"it reads rows of {list(predictor.contract.shape)}, those of the {part} clips are {list(clips.row)}"
        return Incomparable(version=incumbent.number, why=why)
    if predictor.contract.objective != candidate.contract.objective:
        why = f"its objective is to {predictor.contract.objective}, the candidate's to {candidate.contract.objective}"
        return Incomparable(version=incumbent.number, why=why)
    theirs, ours = predictor.contract.class_names, candidate.contract.class_names
    target = np.array(clips.class_names, dtype=object)[clips.target]
    group = clips.group.astype(str)
    left_out = sorted(set(group) & set(learned))
    compared = np.flatnonzero(np.isin(target, [c for c in ours if c in theirs]) & ~np.isin(group, left_out))
    return Paired(
        version=incumbent.number,
        candidate=right[compared],
        incumbent=correct(predictor, clips.select(compared)),
        unit=group[compared],
        lost_classes=tuple(name for name in theirs if name not in ours),
        left_out=tuple(left_out),
    )


def correct(predictor: Predictor, samples: Samples) -> NDArray[np.bool_]:
    """Returns which clips [N] are answered rightly; one in which nothing is seen is not, as in predictions.parquet."""
    if not len(samples):
        return np.zeros(0, bool)
    probabilities, seen = predictor.scores(samples)
    answered = np.array(predictor.contract.class_names, dtype=object)[probabilities.argmax(1)]
    return (answered == np.array(samples.class_names, dtype=object)[samples.target]) & (seen > 0)


def learned_groups(store: Store, version: Version) -> list[str]:
    """A version that another tool registered does not say; then no group is left out."""
    try:
        with files(store, version, f"{EXTRAS}/learned_groups.json") as path:
            return json.loads(path.read_text(encoding="utf-8"))
    except RegistryError:
        if "signloop.learned_groups" in version.tags:
            raise
        return []
