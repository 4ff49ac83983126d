import typer

from flows import environment


def bench() -> None:
    """Print the figures that the README quotes, measured here and now."""
    from flows.bench import figures

    for what, value in figures(environment.project_root()):
        typer.echo(f"{what:<48} {value}")
    typer.echo("\nPeople never seen, some minutes: needs landmark tables, one a source")
    typer.echo("  signloop leave-one-out letters --with examples/letters_tables.yaml")
