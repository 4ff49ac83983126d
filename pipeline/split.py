"""Which clips train, validate and test: by group, so that nobody is tested on whom the model was trained on.

Groups are ranked by a seeded hash of their own name. Test groups are dealt from one end of the ranking, validation from
the other: a group that joins later moves at most one other for each part, and never one from validation to test.
Under three groups whole groups cannot be spared; then blocks of consecutive clips are, never random ones.
Clips that people corrected change none of that: their clients are trained on, or, if they never are, make `recent`.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.feedback import of_source
from pipeline.files import read_json, write_json
from pipeline.params import Prepare
from pipeline.samples import Samples, evenly

PARTS = ("train", "val", "test")
RESTING, RECENT = "rest", "recent"
FEWEST_GROUPS = 3  # one each for train, val and test


@dataclass(frozen=True, kw_only=True)
class Split:
    """Clip indices of each part, sorted, and what follows from them.

    rest           training clips above prepare.max_per_class or prepare.labelled: in no part, but `pretrain` sees them
    class_weights  by class name; their mean over the training clips is 1
    unmeasured     classes without a test clip: no figure speaks for them
    groups         of each part; a group in two parts was split into blocks
    recent         corrected clips of clients who are never trained on; empty without such
    """

    train: NDArray[np.int64]
    val: NDArray[np.int64]
    test: NDArray[np.int64]
    rest: NDArray[np.int64]
    class_weights: dict[str, float]
    unmeasured: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    recent: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that there are."""
        return (*PARTS, RECENT) if len(self.recent) else PARTS

    @property
    def shared_groups(self) -> tuple[str, ...]:
        """Groups in train that val or test hold clips of, too."""
        return tuple(sorted(set(self.groups["train"]) & {*self.groups["val"], *self.groups["test"]}))


def assign(samples: Samples, prepare: Prepare, *, without: NDArray[np.int64] | None = None) -> Split:
    """Assigns each clip to one part; `without` are clips of feedback that are to be in none.

    Raises: InputError when a named group is unknown or named twice, a part would be empty, or a class is missing
    from train.
    """
    group, own = samples.group.astype(str), of_source(samples.group)
    part = np.where(np.isin(group, samples.recent), RECENT, "train")
    part[own] = _dealt(group[own], samples.target[own], prepare)
    part[[] if without is None else without] = ""
    if prepare.max_per_class is not None:
        train = np.flatnonzero(part == "train")
        kept = evenly(group[train], samples.target[train], prepare.max_per_class)
        part[np.setdiff1d(train, train[kept])] = RESTING
    if prepare.labelled is not None:
        for name, surplus in (("train", RESTING), ("val", "")):
            clips = np.flatnonzero(part == name)
            part[np.setdiff1d(clips, _drawn(clips, samples.target, prepare.labelled, prepare.seed))] = surplus
    return _split(samples, group, part, prepare)


def _dealt(group: NDArray[Any], target: NDArray[np.int64], prepare: Prepare) -> NDArray[Any]:
    """Returns the part of each of the source's own clips, before any of them rests."""
    groups = sorted(set(group))
    _check_names(groups, prepare)
    ranked = sorted(groups, key=lambda name: hashlib.sha256(f"{prepare.seed}:{name}".encode()).hexdigest())
    free = [name for name in ranked if name not in {*prepare.test, *prepare.val}]
    test, val = list(prepare.test), list(prepare.val)
    if not test and len(groups) >= FEWEST_GROUPS:
        spared = 1 if val or prepare.val_from == "blocks" else 2
        test, free = _deal(free, prepare.test_share, len(groups), spared)
    if test and not val and prepare.val_from == "groups":
        val, free = _deal(free[::-1], prepare.val_share, len(groups), 1)
    if not free:
        raise InputError(f"prepare: all {len(groups)} groups are named in `test` or `val`. Leave one to train on.")
    part = np.select([np.isin(group, test), np.isin(group, val)], ["test", "val"], "train")
    _cut_blocks(part, group, target, test=None if test else prepare.test_share, val=None if val else prepare.val_share)
    return part


def _check_names(groups: list[str], prepare: Prepare) -> None:
    for key, names in (("test", prepare.test), ("val", prepare.val)):
        unknown = sorted(set(names) - set(groups))
        if unknown:
            raise InputError(
                f"prepare.{key}: unknown group {', '.join(unknown)}. The samples have: {', '.join(groups)}."
            )
    both = sorted(set(prepare.test) & set(prepare.val))
    if both:
        raise InputError(f"prepare: group {', '.join(both)} is named in both `test` and `val`. Leave it in one.")


def _deal(ranked: list[str], share: float, total: int, spared: int) -> tuple[list[str], list[str]]:
    """Takes a share of all groups from the front, at least one, and leaves `spared` of them."""
    quota = max(0, min(max(1, int(share * total + 0.5)), len(ranked) - spared))
    return ranked[:quota], ranked[quota:]


def _cut_blocks(
    part: NDArray[Any], group: NDArray[Any], target: NDArray[np.int64], *, test: float | None, val: float | None
) -> None:
    """Gives the last `test` share of each group's and class's training clips to test, `val` of them before it to val.

    Stored order is recorded order: clips of one block are neighbours in time, and only its border is close to train.
    """
    if test is None and val is None:
        return
    for name in np.unique(group[part == "train"]):
        of_group = np.flatnonzero((group == name) & (part == "train"))
        for label in np.unique(target[of_group]):
            run = of_group[target[of_group] == label]
            kept_for_val = 1 if val is not None and len(run) > 2 else 0
            num_test = _block_length(len(run), len(run) - kept_for_val, test)
            num_val = _block_length(len(run), len(run) - num_test, val)
            end = len(run) - num_test
            part[run[end:]] = "test"
            part[run[end - num_val : end]] = "val"


def _block_length(count: int, left: int, share: float | None) -> int:
    """At least one clip, and at least one left to train on."""
    return 0 if share is None else max(0, min(max(1, int(share * count + 0.5)), left - 1))


def _drawn(clips: NDArray[np.int64], target: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """Draws at most `most` clips of each class."""
    drawn = np.random.default_rng(seed).permutation(clips)
    return np.concatenate([drawn[target[drawn] == label][:most] for label in np.unique(target[drawn])])


def _split(samples: Samples, group: NDArray[Any], part: NDArray[Any], prepare: Prepare) -> Split:
    """Returns the parts with their class weights, when every class can be trained on."""
    names = np.asarray(samples.class_names, object)
    counts = np.bincount(samples.target[part == "train"], minlength=len(names))
    if not counts.all():
        absent = names[counts == 0]
        where = sorted(set(group[np.isin(samples.target, np.flatnonzero(counts == 0))]))
        raise InputError(
            f"prepare: no training clip of class {', '.join(absent)}; "
            + (f"only test and val groups have it: {', '.join(where)}. " if where else "the samples have none. ")
            + "Record more clips, leave it out of `data.classes`, or name other groups in prepare.test and prepare.val."
        )
    empty = [name for name in PARTS if name not in part]
    if empty:
        raise InputError(
            f"prepare: no clip is left for {' and '.join(empty)}: {len(part)} clips of {len(names)} classes are too "
            f"few to cut blocks from. Record at least {len(PARTS)} clips of a class."
        )
    tested = np.bincount(samples.target[part == "test"], minlength=len(names))
    clips = {name: np.flatnonzero(part == name).astype(np.int64) for name in (*PARTS, RESTING, RECENT)}
    return Split(
        **clips,
        class_weights=_class_weights(counts, names, prepare.class_weights),
        unmeasured=tuple(names[tested == 0]),
        groups={
            name: tuple(sorted({str(g) for g in group[part == name]}))
            for name in (*PARTS, RECENT)
            if name in PARTS or len(clips[name])
        },
    )


def _class_weights(counts: NDArray[np.int64], names: NDArray[Any], method: str) -> dict[str, float]:
    """Weighs a class by its inverse frequency (`balanced`) or the root of it (`sqrt`), mean over clips 1."""
    power = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}[method]
    weights = counts.astype(float) ** -power
    weights *= counts.sum() / (counts * weights).sum()
    return {str(name): float(weight) for name, weight in zip(names, weights, strict=True)}


def freeze(samples: Samples, prepare: Prepare) -> tuple[str, ...]:
    """Returns the test groups, to be named in params.yaml so that the test set stays when data grows.

    Raises: InputError when the test clips are blocks of training groups, which no name can hold.
    """
    split = assign(samples, prepare)
    if set(split.groups["test"]) & set(split.groups["train"]):
        raise InputError(
            f"the samples have {len(set(samples.group))} group(s), too few to spare one: the test clips are blocks of "
            f"training groups, and there is nothing to freeze. Add recordings until there are {FEWEST_GROUPS} groups."
        )
    return split.groups["test"]


def write(path: Path, split: Split) -> None:
    """Writes split.json; the same split gives the same bytes, and `recent` is in it only where there is one."""
    value: dict[str, Any] = {name: getattr(split, name).tolist() for name in (*split.parts, RESTING)}
    value |= {"class_weights": split.class_weights, "unmeasured": split.unmeasured, "groups": split.groups}
    write_json(path, value)


def read(path: Path) -> Split:
    """Reads split.json.

    Raises: InputError naming the file when it is missing, cut off, or not a split.
    """
    value = read_json(path)
    try:
        return Split(
            **{name: np.asarray(value[name], np.int64) for name in (*PARTS, RESTING)},
            recent=np.asarray(value.get(RECENT, []), np.int64),
            class_weights=value["class_weights"],
            unmeasured=tuple(value["unmeasured"]),
            groups={name: tuple(value["groups"][name]) for name in (*PARTS, *([RECENT] if RECENT in value else []))},
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"'{path}' is not a split ({error!r}). Delete it and run `dvc repro`.") from None
