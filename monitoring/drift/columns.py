"""What is compared, by which distance, and what each column tells of; a table of figures and answers gives the columns.

Evidently ignores missing values, so how often a figure is missing is a column of its own, a share. Compared by

number     Wasserstein distance over the reference's standard deviation ("wasserstein")
share      energy distance ("ed"): on the scale of 0 to 1 as it stands, since the spread of a share that is nearly
           always 1 says nothing about how large a change is
category   Jensen-Shannon distance ("jensenshannon")
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.drift.report import Family, Kind

METHODS: dict[Kind, str] = {"number": "wasserstein", "share": "ed", "category": "jensenshannon"}
MISSING = " missing"  # after a column's name: how often it has no value
SCORES = ("label", "confidence", "entropy")
SENT = ("num_frames", "fps", "aspect", "handedness")  # with the clip; all other figures are measured on what was seen


@dataclass(frozen=True, kw_only=True)
class Column:
    """A compared column; `method` is the distance's name at Evidently."""

    name: str
    family: Family
    kind: Kind

    @property
    def method(self) -> str:
        return METHODS[self.kind]


def columns(table: pd.DataFrame, names: Sequence[str]) -> tuple[Column, ...]:
    """Returns the columns that these figures or scores are compared by; those without a value give none."""
    found = []
    for name in names:
        if not present(table[name]).any():
            continue
        kind = _kind(name, table[name])
        found.append(Column(name=name, family=_family(name), kind=kind))
        if kind != "category":
            found.append(Column(name=name + MISSING, family="input" if name in SENT else "seen", kind="share"))
    return tuple(found)


def compared(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Returns these columns alone, numbers as floats, names as text; one that the table lacks is missing throughout."""
    made = {}
    for column in columns:
        source = column.name.removesuffix(MISSING)
        values: Any = table[source] if source in table else pd.Series([None] * len(table), index=table.index)
        if column.kind == "category":
            made[column.name] = values.astype(object).where(present(values), None)
        elif column.name.endswith(MISSING):
            made[column.name] = 1.0 - present(values)
        else:
            made[column.name] = np.asarray(pd.to_numeric(values, errors="coerce"), dtype=np.float64)
    return pd.DataFrame(made, index=table.index)


def present(values: Any) -> NDArray[np.bool_]:
    """Returns which values of a column are there."""
    return ~np.asarray(pd.isna(values), dtype=bool)


def right(rows: pd.DataFrame, true: str) -> NDArray[np.float64]:
    """Returns 1 where the answer is what a column says that it was, else 0."""
    return np.asarray(rows["label"].astype(object) == rows[true].astype(object), dtype=np.float64)


def _kind(name: str, values: Any) -> Kind:
    if not pd.api.types.is_numeric_dtype(values):
        return "category"
    return "share" if name.endswith("_share") else "number"


def _family(name: str) -> Family:
    if name in SCORES:
        return "label" if name == "label" else "score"
    return "seen" if name.endswith(("seen_share", "missing_share")) else "input"
