"""What several commands show in the same way."""

import statistics
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from registry.versions import Version


HEADLINES = ("accuracy", "mae", "mse")  # by which versions are told apart, the first that they have


def difference(text: str) -> None:
    """Prints a unified diff in colours, or that there is none."""
    for line in text.splitlines() or ["params.yaml is as it was."]:
        typer.secho(line, fg={"+": "green", "-": "red", "@": "cyan"}.get(line[0]))


def leave_one_out_table(table: "pd.DataFrame") -> "Table":
    """Shows accuracies of left-out groups (rows) and seeds (columns), with means, the worst group, and an interval."""
    from rich.table import Table

    from flows.crossval import interval

    shown = Table("left out", *(f"seed {seed}" for seed in table.columns), "mean", box=None, header_style="bold")
    for name, row in table.iterrows():
        shown.add_row(str(name), *(f"{value:.3f}" for value in row), f"{row.mean():.3f}")
    shown.add_section()
    shown.add_row(
        "mean", *(f"{table[s].mean():.3f}" for s in table.columns), f"{table.to_numpy().mean():.3f}", style="bold"
    )
    shown.add_row(
        "worst",
        *(f"{table[s].min():.3f}" for s in table.columns),
        f"{table.to_numpy().mean(axis=1).min():.3f}",
        style="bold",
    )
    shown.add_row("95 % interval of the mean", *("" for _ in table.columns), _between(interval(table)))
    return shown


def _between(ends: tuple[float, float] | None) -> str:
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else "of one alone, none"


def cross_validation_table(folds: "pd.DataFrame", models: list[str]) -> "Table":
    """Shows each model's accuracy in every fold, their mean and interval, and what the model costs."""
    from rich.table import Table

    from flows.crossval import interval

    names = sorted(folds["fold"].unique(), key=int)
    heads = (
        "model",
        *(f"fold {name}" for name in names),
        "mean",
        "95 % interval",
        "parameters",
        "ONNX",
        "a clip",
        "training",
    )
    shown = Table(*heads, box=None, header_style="bold")
    for model in models:
        own = folds.query("model == @model")
        table = own.pivot_table(index="fold", columns="seed", values="accuracy").loc[names]
        ends = interval(table) if len(names) > 1 else interval(table.T)
        shown.add_row(
            model,
            *(f"{value:.3f}" for value in table.mean(axis=1)),
            f"{table.to_numpy().mean():.4f}",
            _between(ends),
            f"{own['parameters'].iloc[0]:,}",
            f"{own['onnx_bytes'].iloc[0] / 1e6:.1f} MB",
            f"{statistics.median(own['milliseconds']):.2f} ms",
            f"{statistics.median(own['seconds']):.0f} s",
        )
    return shown


def versions_table(track: str, versions: "list[Version]") -> "Table":
    """Shows a track's versions with their aliases, verdicts and what is measured first of them."""
    from rich.table import Table

    known = {name for version in versions for name in version.tags}
    metric = next((name for name in HEADLINES if f"metric.{name}" in known), HEADLINES[0])
    shown = Table(track, "aliases", "verdict", "precision", metric, "commit", box=None, header_style="bold")
    for version in versions:
        tags = version.tags
        accuracy = f"{float(tags[f'metric.{metric}']):.3f}" if f"metric.{metric}" in tags else ""
        verdict, precision = tags.get("signloop.status", ""), tags.get("signloop.precision", "")
        commit = tags.get("signloop.git_commit", "")[:10] + ("+" if tags.get("signloop.git_dirty") == "true" else "")
        shown.add_row(str(version.number), ", ".join(version.aliases), verdict, precision, accuracy, commit)
    return shown
