from flows import environment


def architectures() -> None:
    """List the models, with the parameters they really have."""
    from rich.console import Console
    from rich.table import Table

    from flows.architectures import sizes
    from pipeline import params

    table = Table("model", "as in", "settings", "parameters", "what it is", box=None, header_style="bold")
    for size in sizes(params.read(environment.project_root() / "params.yaml")):
        table.add_row(size.name, size.where, size.settings, f"{size.num_parameters:,}", size.about)
    Console().print(table)
