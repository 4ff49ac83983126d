"""A drift report for a person: a table of its columns, those that fired first, and what stands beside it in words."""

from collections.abc import Iterator

from rich.table import Table

from monitoring.drift.report import ColumnDrift, Interval, Report


def table(report: Report) -> Table:
    """Shows every compared column, the furthest off first."""
    heads = ("", "column", "of", "distance / threshold", "reference", "window", "missing", "method")
    shown = Table(*heads, box=None, header_style="bold", title=f"{report.track} version {report.version}")
    for column in sorted(report.columns, key=lambda one: (not one.fired, -one.excess, one.name)):
        missing = f"{column.missing[0]:.1%}" if max(column.missing) > 0 else ""
        values = (_value(column.reference, column), _value(column.window, column))
        fired = "drift" if column.fired else ""
        shown.add_row(fired, column.name, column.family, _against(column), *values, missing, column.method)
    return shown


def lines(report: Report) -> Iterator[str]:
    """Yields what the table does not say."""
    span = f", {report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M}" if report.since and report.until else ""
    of = f", {report.sampled} of them compared" if report.sampled < report.predictions else ""
    yield f"{report.predictions} predictions of {report.clients} clients{of}{span}"
    if not report.calibrated:
        yield f"uncalibrated, nothing fires: {report.why_not}"
    elif report.why_not:
        yield f"without thresholds: {report.why_not}"
    fired = [column.name for column in report.columns if column.fired]
    if fired or report.calibrated:  # without thresholds nobody knows
        yield f"drift: {', '.join(fired)}" if fired else "no drift"
    if report.usual is not None:
        yield f"accuracy on the test clips    {report.usual:.1%}"
    for what, found in (
        ("as the scores promise        ", report.expected),
        ("as people say                ", report.corrected),
    ):
        if found is not None:
            yield f"{what} {_interval(found)}"


def _against(column: ColumnDrift) -> str:
    if column.distance is None:
        return "–"
    return (
        f"{column.distance:.3g} / {column.threshold:.3g}"
        if column.threshold is not None
        else f"{column.distance:.3g} / –"
    )


def _value(value: float | str | None, column: ColumnDrift) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:.1%}" if column.kind == "share" else f"{value:.4g}"


def _interval(found: Interval) -> str:
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%}, {found.count} answers)"
