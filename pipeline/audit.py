"""What a person should know of a split before a model is trained on it: counts, balance, gaps, leakage.

`audit` measures, `report` says it in Markdown. Only leakage refuses; the rest warns.
"""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.feedback import of_source
from pipeline.form import form
from pipeline.leakage import duplicates, fingerprints
from pipeline.params import Prepare
from pipeline.samples import Samples
from pipeline.skeleton import skeleton
from pipeline.split import RECENT, RESTING, Split

ONE_VIDEO = 0.01  # hand lengths: neighbouring frames of one video are nearer than this, two people's hands are not
IMBALANCE = 10.0  # largest class / smallest class, in training clips
FEW_CLIPS = 10  # training clips of a class
NO_HAND = 0.05  # share of clips
ONE_HANDED = 0.05  # share of clips with the rarer hand
EXAMPLES = 5


def audit(samples: Samples, split: Split, prepare: Prepare) -> dict[str, Any]:
    """Returns what audit.json holds: numbers that JSON can write, and sentences under `warnings`."""
    parts = {name: getattr(split, name) for name in split.parts}
    found = {
        "source": samples.provenance.get("source", "unknown"),
        "form": samples.form,
        "synthetic": "synthetic" in str(samples.provenance.get("source", "")),
        "provenance": samples.provenance,
        "clips": {name: len(indices) for name, indices in parts.items()},
        "groups": {name: list(groups) for name, groups in split.groups.items()},
        "shared_groups": list(split.shared_groups),
        "counts": _counts(samples),
        "clips_by_class": {
            name: dict(zip(samples.class_names, _by_class(samples, indices), strict=True))
            for name, indices in parts.items()
        },
        "imbalance": _imbalance(samples, split),
        "class_weights": {"method": prepare.class_weights, "weights": split.class_weights},
        "frames": _spread(samples.lengths),
        "not_seen": _not_seen(samples),
        "handedness": {
            "right": int((samples.handedness == 1).sum()),
            "left": int((samples.handedness == 0).sum()),
            "unknown": int(np.isnan(samples.handedness).sum()),
        },
        "aspect": _spread(samples.aspect),
        "unmeasured": list(split.unmeasured),
        "leakage": _leakage(samples, parts, prepare),
        "feedback": _feedback(samples, split),
    }
    return {**found, "warnings": _warnings(found)}


def _by_class(samples: Samples, indices: NDArray[np.int64]) -> list[int]:
    return np.bincount(samples.target[indices], minlength=len(samples.class_names)).tolist()


def _counts(samples: Samples) -> dict[str, dict[str, int]]:
    """Clips by class, then by group; a pair that does not occur is left out."""
    pairs = Counter(zip(samples.target.tolist(), samples.group.astype(str).tolist(), strict=True))
    counts: dict[str, dict[str, int]] = {name: {} for name in samples.class_names}
    for (target, group), count in sorted(pairs.items()):
        counts[samples.class_names[target]][group] = count
    return counts


def _imbalance(samples: Samples, split: Split) -> dict[str, Any]:
    counts = np.asarray(_by_class(samples, split.train))
    largest, smallest = int(counts.argmax()), int(counts.argmin())
    return {
        "ratio": float(counts[largest] / counts[smallest]),
        "largest": {"class": samples.class_names[largest], "clips": int(counts[largest])},
        "smallest": {"class": samples.class_names[smallest], "clips": int(counts[smallest])},
    }


def _spread(values: NDArray[Any]) -> dict[str, float]:
    return {name: round(float(f(values)), 4) for name, f in (("min", np.min), ("median", np.median), ("max", np.max))}


def _not_seen(samples: Samples) -> dict[str, Any]:
    """Shares of points (channels of a series) that were not seen, of frames that lack a part; and clips without a hand.

    Of samples that have no parts the latter counts those that show nothing.
    """
    if not _can_lack(samples):
        return {"points": 0.0, "parts": {}, "clips_without_hand": int((~samples.shown).sum())} | _none_by(samples)
    parts = skeleton(samples.form).parts if form(samples.form).has_points else {}
    hidden = np.add.reduceat((~samples.seen).mean(-1), samples.offsets[:-1])
    shown = {part: samples.seen[:, skeleton(samples.form).part(part)].any(-1) for part in parts}
    hands = [frames for part, frames in shown.items() if part.endswith("hand")]
    showing = np.logical_or.reduceat(np.logical_or.reduce(hands), samples.offsets[:-1]) if hands else samples.shown
    group = samples.group.astype(str)

    def share(clips: NDArray[np.bool_]) -> float:
        return float(hidden[clips].sum() / max(1, samples.lengths[clips].sum()))

    return {
        "points": share(np.ones(len(samples), bool)),
        "parts": {part: float(1 - frames.mean()) for part, frames in shown.items()},
        "clips_without_hand": int((~showing).sum()),
        "by_class": {name: share(samples.target == i) for i, name in enumerate(samples.class_names)},
        "by_group": {str(name): share(group == name) for name in np.unique(group)},
    }


def _can_lack(samples: Samples) -> bool:
    return samples.values.dtype.kind == "f"


def _none_by(samples: Samples) -> dict[str, dict[str, float]]:
    """Nothing is missing where nothing can be."""
    groups = np.unique(samples.group.astype(str)).tolist()
    return {"by_class": dict.fromkeys(samples.class_names, 0.0), "by_group": dict.fromkeys(groups, 0.0)}


def _feedback(samples: Samples, split: Split) -> dict[str, int]:
    """Counts corrected clips by what becomes of them; `copies` repeat others and are in no part."""
    feedback = ~of_source(samples.group)
    counts = {name: int(feedback[getattr(split, name)].sum()) for name in ("train", RESTING, RECENT)}
    return {**counts, "copies": int(feedback.sum()) - sum(counts.values())}


def _leakage(samples: Samples, parts: dict[str, NDArray[np.int64]], prepare: Prepare) -> dict[str, Any]:
    """Copies across the split; `share` is what `prepare.max_leakage` limits.

    Blocks of one video are neighbours by nature: who asks for `val_from: blocks` knows that validation is near train,
    so only test clips then count.
    """
    prints = fingerprints(samples)
    known = Counter(digest for digest in prints.digests if digest)
    labels = {(digest, int(target)) for digest, target in zip(prints.digests, samples.target, strict=True) if digest}
    found: dict[str, Any] = {
        "near_duplicate": prepare.near_duplicate,
        "max_leakage": prepare.max_leakage,
        "one_video": ONE_VIDEO,
        "copies_anywhere": sum(known.values()) - len(known),
        "copies_with_another_label": len(labels) - len(known),
        "examples": [],
    }
    compared = [(RECENT, "train"), (RECENT, "val")] if RECENT in parts else []
    for asked, others in (("test", "train"), ("val", "train"), ("test", "val"), *compared):
        one, two = parts[asked], parts[others]
        copies = duplicates(prints.select(one), prints.select(two), prepare.near_duplicate)
        similar = duplicates(prints.select(one), prints.select(two), ONE_VIDEO)
        found[f"{asked}_in_{others}"] = {
            "clips": len(one),
            "exact": int(copies.exact.sum()),
            "near": int((copies.near & ~copies.exact).sum()),
            "similar": int(similar.near.sum()),
        }
        for i in np.flatnonzero(copies.near)[:EXAMPLES]:
            found["examples"].append({"clip": str(samples.id[one[i]]), "copy": str(samples.id[two[copies.copy[i]]])})
    leaking = [found["test_in_train"]] + [found["val_in_train"]] * (prepare.val_from == "groups")
    clips = sum(pair["clips"] for pair in leaking)
    found["share"] = sum(pair["exact"] + pair["near"] for pair in leaking) / max(1, clips)
    found["similar_share"] = sum(pair["similar"] for pair in leaking) / max(1, clips)
    found["refused"] = found["share"] > prepare.max_leakage
    return found


def _warnings(found: dict[str, Any]) -> list[str]:
    """Sentences for what no rule refuses and a person should weigh."""
    clips, leakage, hands = sum(found["clips"].values()), found["leakage"], found["handedness"]
    few = [name for name, count in found["clips_by_class"]["train"].items() if count < FEW_CLIPS]
    unwatched = [name for name, count in found["clips_by_class"]["val"].items() if not count]
    train = set(found["groups"]["train"])
    rarer = min(hands["right"], hands["left"])
    known = hands["right"] + hands["left"]
    one_handed = len(found["not_seen"]["parts"]) == 1
    left_out = {
        of: ", ".join(f"{n:,} ({why})" for why, n in found["provenance"].get(f"{of}_left_out", {}).items())
        for of in ("rows", "clips", "feedback")
    }
    said = {
        "Test clips are by signers that the model trains on: the figures do not say how it does on new ones.": train
        & set(found["groups"]["test"]),
        "Validation clips are by signers that the model trains on: early stopping sees an easier task than "
        "new signers.": train & set(found["groups"]["val"]),
        f"{leakage['similar_share']:.1%} of held-out clips look like a frame of the same video as a "
        f"training clip (nearer than {ONE_VIDEO} hand lengths).": leakage["similar_share"] > leakage["max_leakage"],
        f"{leakage['copies_with_another_label']} clip(s) are exact copies of another with another label.": leakage[
            "copies_with_another_label"
        ],
        f"No test clip of {', '.join(found['unmeasured'])}: no figure speaks for it.": found["unmeasured"],
        f"No validation clip of {', '.join(unwatched)}: early stopping does not see it.": unwatched,
        f"Fewer than {FEW_CLIPS} training clips of {', '.join(few)}.": few,
        f"The largest class has {found['imbalance']['ratio']:.0f} times the clips of the smallest; class weights are "
        f"`{found['class_weights']['method']}`.": found["imbalance"]["ratio"] > IMBALANCE,
        f"{found['not_seen']['clips_without_hand']} clip(s) {form(found['form']).blank}.": found["not_seen"][
            "clips_without_hand"
        ]
        > NO_HAND * clips,
        f"Only {rarer} of {known} clips with a known hand show the rarer one.": rarer < ONE_HANDED * known,
        f"{found['feedback']['copies']} corrected clip(s) repeat others, and are in no part.": found["feedback"][
            "copies"
        ],
        f"No clip says which hand it shows ({hands['unknown']} unknown).": known == 0 and one_handed,
        **{f"The source left out {of}: {why}.": why for of, why in left_out.items()},
    }
    return [sentence for sentence, applies in said.items() if applies]
