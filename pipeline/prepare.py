"""Stage `prepare`: which clips train, validate and test, and a report on that which a person reads.

A split that leaks is refused after its report was written, and without split.json: nothing can train on it by mistake.
Corrected clips give way instead: people send the same example, or a test clip, and no retraining should fail of that.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline import samples as store
from pipeline import split as splits
from pipeline.audit import audit
from pipeline.audit_report import report
from pipeline.errors import InputError
from pipeline.feedback import of_source
from pipeline.files import replacing, write_json, write_text
from pipeline.leakage import duplicates, fingerprints
from pipeline.params import Prepare
from pipeline.samples import Samples
from pipeline.split import Split


def prepare(prepare: Prepare, *, samples: Path, out: Path) -> None:
    """Writes the folder `out`: split.json, audit.json, audit.md.

    Raises: InputError when too many clips held out have a copy in train.
    """
    stored = store.read(samples)
    split = splits.assign(stored, prepare)
    if len(copies := _copies(stored, split, prepare)):
        split = splits.assign(stored, prepare, without=copies)
    found = audit(stored, split, prepare)
    leakage = found["leakage"]
    with replacing(out) as beside:
        beside.mkdir()
        write_json(beside / "audit.json", found)
        write_text(beside / "audit.md", report(found))
        if not leakage["refused"]:
            splits.write(beside / "split.json", split)
    if leakage["refused"]:
        test, val = leakage["test_in_train"], leakage["val_in_train"]
        raise InputError(
            f"the split leaks: {test['exact'] + test['near']} of {test['clips']} test clips and "
            f"{val['exact'] + val['near']} of {val['clips']} validation clips have a copy in train, "
            f"{leakage['share']:.1%} where prepare.max_leakage accepts {leakage['max_leakage']:.1%}. Put recordings "
            "that share clips into one group (`data`), remove the copies, or raise the limit. "
            f"'{out / 'audit.md'}' says more."
        )


def _copies(samples: Samples, split: Split, prepare: Prepare) -> NDArray[np.int64]:
    """Returns corrected clips that repeat others: to train on, ones held out; to compare on, ones that are learned."""
    feedback = ~of_source(samples.group)
    if not feedback.any():
        return np.zeros(0, np.int64)
    prints = fingerprints(samples)

    def among(asked: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
        return asked[duplicates(prints.select(asked), prints.select(others), prepare.near_duplicate).near]

    learned = np.concatenate([split.train, split.rest])
    held_out = np.concatenate([split.val, split.test])
    copies = among(learned[feedback[learned]], held_out)
    kept = np.setdiff1d(np.concatenate([learned, split.val]), copies)
    return np.concatenate([copies, among(split.recent, kept)])
