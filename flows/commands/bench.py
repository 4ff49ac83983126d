from pathlib import Path
from typing import Annotated

import typer


def bench(
    data: Annotated[Path | None, typer.Option(help="Folder of landmark tables, one a source; default ../shared/data/letters.")] = None,
) -> None:
    """Print the figures that the README quotes, measured here and now."""
