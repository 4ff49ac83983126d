"""Stage `prepare`: which clips train, validate and test, and a report on that which a person reads.

A split that leaks is refused after its report was written, and without split.json: nothing can train on it by mistake.
"""

from pathlib import Path

from pipeline import samples as store
from pipeline import split as splits
from pipeline.audit import audit
from pipeline.audit_report import report
from pipeline.errors import InputError
from pipeline.files import replacing, write_json, write_text
from pipeline.params import Prepare


def prepare(prepare: Prepare, *, samples: Path, out: Path) -> None:
    """Writes the folder `out`: split.json, audit.json, audit.md.

    Raises: InputError when too many clips held out have a copy in train.
    """
    stored = store.read(samples)
    split = splits.assign(stored, prepare)
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
