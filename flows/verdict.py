"""What came of a track, for a page of its own: the decision as Markdown, the metrics as a table."""

from pathlib import Path
from typing import Any

from flows.layout import Layout
from pipeline.files import read_json


def decision(root: Path, track: str) -> str:
    """Returns decision.json as Markdown: what was decided, why, and what answers now."""
    made = read_json(Layout(root, track).decision)
    production = f"version {made['production']}" if made["production"] else "nothing"
    lines = [
        f"# {track}: version {made['version']} {made['status']}",
        f"In Production: {production}. Judged against: {_incumbent(made)}.",
        "\n".join(f"- {reason}" for reason in made["reasons"]),
        f"Precision {made['precision']}, fingerprint `{made['fingerprint'][:16]}`, "
        f"decisions on this test set before: {made['decisions_before']}.",
    ]
    return "\n\n".join(lines) + "\n"


def metrics(root: Path, track: str) -> list[dict[str, Any]]:
    """Returns metrics.json as rows: a metric, and its value for each precision."""
    found = read_json(Layout(root, track).evaluation / "metrics.json")
    measured = {precision: _flat(values) for precision, values in found.items()}
    names = sorted({name for values in measured.values() for name in values})
    return [{"metric": name} | {p: values.get(name) for p, values in measured.items()} for name in names]


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Names what is measured on recent clips as DVC does: recent.accuracy."""
    recent = {f"recent.{name}": value for name, value in values.get("recent", {}).items()}
    return {name: value for name, value in values.items() if name != "recent"} | recent


def line(root: Path, track: str) -> str:
    """Returns the decision in a line."""
    made = read_json(Layout(root, track).decision)
    production = f"version {made['production']}" if made["production"] else "nothing"
    return f"{track}: version {made['version']} {made['status']}, {production} in Production"


def _incumbent(made: dict[str, Any]) -> str:
    return f"version {made['incumbent']}" if made["incumbent"] else "floors alone"
