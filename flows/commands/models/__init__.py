"""`signloop models`: what the registry holds, what moves Production, and whether all of it is as it says."""

import typer

from flows.commands.models import checking, moving, reading

app = typer.Typer(help="What the registry holds, which version answers, and why.", no_args_is_help=True)
app.command("list", rich_help_panel="Look")(reading.list_)
app.command(rich_help_panel="Look")(reading.show)
app.command(rich_help_panel="Look")(reading.history)
app.command(rich_help_panel="Look")(checking.compare)
app.command(rich_help_panel="Look")(checking.shadow)
app.command(rich_help_panel="Move")(moving.promote)
app.command(rich_help_panel="Move")(moving.rollback)
app.command(rich_help_panel="Move")(moving.delete)
app.command(rich_help_panel="Check")(checking.verify)
app.command(rich_help_panel="Check")(checking.reproduce)
