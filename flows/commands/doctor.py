import json
from dataclasses import asdict
from typing import Annotated

import typer

from flows import environment

MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}
INDENT = 21


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for another program.")] = False) -> None:
    """Look at versions, git, DVC, parameters, registry and disk; name what is wrong and the command that mends it."""
    from flows.checks import Check, Place
    from flows.doctor import examine

    place = Place(root=environment.project_root(), state=environment.state_folder(), store=environment.store)
    found: list[Check] = []
    for check in examine(place):
        found.append(check)
        if not as_json:
            _show(check.state, check.name, check.found, check.mend)
    problems = sum(check.state == "problem" for check in found)
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in found], indent=2, ensure_ascii=False))
    else:
        warnings = sum(check.state == "warning" for check in found)
        typer.echo(f"\n{problems} problem(s), {warnings} warning(s)" if problems + warnings else "\nAll is well.")
    if problems:
        raise typer.Exit(1)


def _show(state: str, name: str, found: str, mend: str) -> None:
    mark, color = MARKS[state]
    typer.secho(f"{mark} ", fg=color, nl=False)
    first, *more = found.splitlines() or [""]
    typer.echo(f"{name:<{INDENT - 2}}{first}")
    for line in more:
        typer.echo(" " * INDENT + line)
    if mend:
        typer.echo(" " * INDENT, nl=False)
        typer.secho(f"→ {mend}", fg="cyan")
