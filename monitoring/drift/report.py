"""A drift report as a value: what was compared, how far it was off, and what that amounts to."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["number", "share", "category"]
Family = Literal["seen", "input", "label", "score", "embedding"]


@dataclass(frozen=True, kw_only=True)
class ColumnDrift:
    """One column of a window against the reference.

    family     seen: how much was seen of hands and body; input: other figures; label: which answers; score: how sure
    kind       number; share: a number in 0 to 1; category: a name
    method     of the distance, by Evidently's name
    distance   between window and reference; None where the window has no value of it
    threshold  above which it fires, so that all columns together rarely do; None where uncalibrated
    reference  mean, or of a category the commonest one
    window     the same of the window
    missing    share of the window's rows that lack a value, and of the reference's
    """

    name: str
    family: Family
    kind: Kind
    method: str
    distance: float | None
    threshold: float | None
    reference: float | str | None
    window: float | str | None
    missing: tuple[float, float]

    @property
    def fired(self) -> bool:
        return self.distance is not None and self.threshold is not None and self.distance > self.threshold

    @property
    def excess(self) -> float:
        """Distance in thresholds; 0 where either is missing."""
        return self.distance / self.threshold if self.distance is not None and self.threshold else 0.0


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A share with its 95 % interval, and how many answers it is of."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one look at a track's traffic found.

    made          when
    since, until  of the first and last prediction of the window
    predictions   in the window; `sampled` of them were compared
    clients       in the window
    calibrated    whether the thresholds hold the stated rate of false alarms; else `why_not` says what is missing
    columns       every compared column
    corrected     accuracy on the answers of the window that people spoke of; None where nobody did
    expected      accuracy that the scores promise, before anybody speaks; None where it cannot be said
    usual         accuracy on the test clips of the version
    groups        by client or group: predictions, share not seen, mean confidence, corrected accuracy; the largest ones
    form          of what is sent: which chain it has come through
    fired         whether any column is above its threshold in this window
    """

    track: str
    version: int
    made: datetime
    since: datetime | None
    until: datetime | None
    predictions: int
    sampled: int
    clients: int
    calibrated: bool
    why_not: str
    columns: tuple[ColumnDrift, ...]
    corrected: Interval | None
    expected: Interval | None
    usual: float | None
    groups: tuple[dict[str, Any], ...] = ()
    form: str = "hand"

    @property
    def classifies(self) -> bool:
        """Whether the answers are classes, which people can say to be right or wrong."""
        return self.usual is not None or any(column.family in ("label", "score") for column in self.columns)

    @property
    def fired(self) -> bool:
        return any(column.fired for column in self.columns)

    def of(self, name: str) -> ColumnDrift | None:
        """Returns a column by its name; None where it was not compared."""
        return next((column for column in self.columns if column.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Returns it as JSON takes it, times in ISO 8601."""
        fields: dict[str, Any] = asdict(self) | {"fired": self.fired}
        for name in ("made", "since", "until"):
            fields[name] = fields[name].isoformat() if fields[name] else None
        for column, found in zip(fields["columns"], self.columns, strict=True):
            column["fired"] = found.fired
        return fields

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Report":
        """Reads what `to_json` wrote."""
        own: Any = {name: value for name, value in fields.items() if name != "fired"}
        for name in ("made", "since", "until"):
            own[name] = datetime.fromisoformat(own[name]) if own[name] else None
        own |= {"columns": tuple(map(_column, fields["columns"])), "groups": tuple(fields["groups"])}
        for name in ("corrected", "expected"):
            own[name] = Interval(**own[name]) if own[name] else None
        return cls(**own)


def _column(fields: dict[str, Any]) -> ColumnDrift:
    own: Any = {name: value for name, value in fields.items() if name != "fired"}
    own["missing"] = tuple(fields["missing"])
    return ColumnDrift(**own)
