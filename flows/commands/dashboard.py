from pathlib import Path
from typing import Annotated

import typer


def dashboard(
    out: Annotated[Path, typer.Option(help="File to write: one page, with all that it needs in it.")] = Path(
        "dashboard.html"
    ),
    track: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
) -> None:
    """Write what is in Production, why, and how it does, to one HTML file; `signloop serve` shows it at /dashboard."""
    from flows import dashboard as written

    written.write(out, track or [])
    typer.echo(out.absolute().as_uri())
