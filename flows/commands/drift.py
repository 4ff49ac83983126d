"""`signloop drift`: what is served against what the model was made with."""

import json
from pathlib import Path
from typing import Annotated

import typer

from flows import environment


def drift(
    track: Annotated[str, typer.Argument(help="A track with a version in Production.")],
    window: Annotated[int | None, typer.Option(min=1, help="So many of the newest predictions.")] = None,
    since: Annotated[str | None, typer.Option(help="From then on: 30d, 12h, 2w ago, or a date.")] = None,
    until: Annotated[str | None, typer.Option(help="Before then.")] = None,
    html: Annotated[Path | None, typer.Option(help="Draw Evidently's page into this file.")] = None,
    workspace: Annotated[Path | None, typer.Option(help="Add the look to this workspace, for `evidently ui`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    quiet: Annotated[
        str | None, typer.Option(help="SINCE..UNTIL: take the traffic of that time for the reference from now on.")
    ] = None,
    fail_on: Annotated[str | None, typer.Option(help="drift: exit with status 1 where a column fires.")] = None,
) -> None:
    """Compare what was served with what the model was made with."""
    from rich.console import Console

    from flows import drift as looking
    from flows.looks import lines, table
    from flows.watching import decided
    from monitoring.drift import keeping
    from monitoring.log.database import Database
    from monitoring.policy import WEEK, decide
    from pipeline import params
    from pipeline.errors import InputError

    if fail_on not in (None, "drift"):
        raise InputError(f"--fail-on: expected drift, got '{fail_on}'.")
    store = environment.store()
    written = params.read(environment.project_root() / "params.yaml")
    watch = written.watch
    start, end = _moment(since), _moment(until)
    with Database.open(environment.database_url()) as database:
        if quiet is not None:
            found = looking.call_quiet(store, database, track, watch, *_span(quiet))
            typer.echo(f"{found.predictions} predictions are the reference of '{track}' from now on", err=as_json)
        seen = looking.look(store, database, track, watch, window=window, since=start, until=end)
        keeping.keep(database, seen.report)  # without a verdict: what a person looks at is no window of the policy's
        report = seen.report
        said = decide(report, decided(database, track, report.made - WEEK), written.policy, watch, now=report.made)
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        console = Console()
        if report.predictions:
            console.print(table(report))
        for line in lines(report):
            console.print(line, highlight=False, markup=False)
        console.print(f"policy: {said.action} ({said.cause}): {'; '.join(said.reasons)}", highlight=False, markup=False)
    if report.fired and html is None and not as_json:
        html = looking.page_of(report)
    if html is not None or workspace is not None:
        looking.draw(seen, html=html, workspace=workspace)
        for what, where in (("page", html), ("workspace", workspace)):
            if where is not None:
                typer.echo(f"{what}: {where}", err=as_json)
    if workspace is not None:
        typer.echo(f"history: evidently ui --workspace {workspace}", err=as_json)
    if fail_on and report.fired:
        raise typer.Exit(1)


def _moment(text: str | None):
    from flows.past import before

    return before(text) if text is not None else None


def _span(text: str):
    """Reads SINCE..UNTIL; what is left out after the dots is now."""
    from datetime import UTC, datetime

    from flows.past import before
    from pipeline.errors import InputError

    first, dots, last = text.partition("..")
    if not dots or not first:
        raise InputError(f"--quiet: expected SINCE..UNTIL, as 2w..1w or 2026-05-01..2026-05-08, got '{text}'.")
    return before(first), before(last) if last else datetime.now(UTC)
