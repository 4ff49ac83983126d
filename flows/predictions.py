"""The prediction log as a person reads it: tables for the terminal."""

from typing import TYPE_CHECKING

import pandas as pd
from rich.table import Table

from flows.history import local

if TYPE_CHECKING:
    from flows.trained_on import Trained
    from monitoring.log.exporting import Export
    from monitoring.log.feedback import Correction
    from monitoring.log.review import Doubtful


def counted(counts: pd.DataFrame) -> Table:
    """Shows how many predictions there are, a line a track, version, role and day."""
    shown = Table(*counts.columns, box=None, header_style="bold")
    for row in counts.itertuples(index=False):
        shown.add_row(*(str(value) for value in row))
    return shown


def newest(track: str, table: pd.DataFrame) -> Table:
    """Shows predictions, the newest first; what people said it was stands beside what was answered."""
    heads = ("when", "id", "version", "role", "label", "truth", "confidence", "uncertain", "ms", "client", "by")
    shown = Table(*heads, box=None, header_style="bold", title=track)
    for row in table.iloc[::-1].to_dict("records"):
        shown.add_row(
            local(row["time"].to_pydatetime()),
            row["id"],
            str(row["version"]),
            row["role"],
            row["label"],
            _text(row["truth"]),
            _share(row["confidence"]),
            "yes" if row["uncertain"] is True else "",
            f"{row['latency_ms']:.1f}",
            row["client"][:8],
            row["source"],
        )
    return shown


def corrected(given: "list[Correction]") -> Table:
    shown = Table("when", "id", "", "label", "who", "note", box=None, header_style="bold")
    for one in given:
        shown.add_row(local(one.time), one.id, one.kind, one.label or "", one.who, one.note)
    return shown


def doubtful(track: str, found: "list[Doubtful]") -> Table:
    """Shows the answers to be looked at, the first one first."""
    heads = ("doubt", "id", "when", "version", "answers", "uncertain", "input")
    shown = Table(*heads, box=None, header_style="bold", title=track)
    for one in found:
        answers = ", ".join(f"{label} {share:.2f}" for label, share in one.top[:3])
        uncertain, kept = "yes" if one.uncertain else "", "kept" if one.kept else ""
        shown.add_row(f"{one.doubt:.2f}", one.id, local(one.time), str(one.version), answers, uncertain, kept)
    return shown


def exported(found: "list[Export]", trained: "list[Trained]") -> Table:
    heads = ("when", "track", "clips", "erased since", "file", "sha256", "trained on it")
    shown = Table(*heads, box=None, header_style="bold")
    for one in found:
        whose = ", ".join(str(version) for version in trained if one.sha256 in version.exports)
        counts = (str(one.clips), str(one.erased or ""))
        shown.add_row(local(one.time), one.track, *counts, one.path, one.sha256[:12], whose)
    return shown


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _share(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f}"
