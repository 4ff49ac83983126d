from typing import Annotated

import typer

from flows import environment


def bench(
    only: Annotated[list[str] | None, typer.Option(help="A section, as `serve`; may be repeated.")] = None,
    others: Annotated[
        list[str] | None,
        typer.Option(help="An interpreter that has BentoML, LitServe or MLServer; may be repeated."),
    ] = None,
) -> None:
    """Print the figures that the README quotes, measured here and now."""
    from flows.bench import figures

    for what, value in figures(environment.project_root(), only=only or (), others=others or ()):
        typer.echo(f"{what:<48} {value}")
    if not only:
        typer.echo("\nPeople never seen, some minutes: needs landmark tables, one a source")
        typer.echo("  signloop leave-one-out letters --with examples/letters_tables.yaml")
