from typing import Annotated

import typer

Port = Annotated[int, typer.Option(min=1, max=65535)]


def up(
    mlflow: Annotated[bool, typer.Option(help="MLflow: runs, curves, versions.")] = True,
    prefect: Annotated[bool, typer.Option(help="Prefect's server: flows and schedules.")] = True,
    serve: Annotated[bool, typer.Option(help="Our server, with the live page and the dashboard.")] = True,
    evidently: Annotated[bool, typer.Option(help="Evidently: the drift reports that were drawn.")] = True,
    mlflow_port: Port = 5000,
    prefect_port: Port = 4200,
    port: Port = 8080,
    evidently_port: Port = 8000,
) -> None:
    """Start all pages of this project on this machine, and stop them together with Ctrl-C."""
    from flows import services, up
    from pipeline.errors import InputError

    wanted = {"mlflow": mlflow, "prefect": prefect, "serve": serve, "evidently": evidently}
    ports = {"mlflow": mlflow_port, "prefect": prefect_port, "serve": port, "evidently": evidently_port}
    made = list(services.all_of({name: ports[name] for name, on in wanted.items() if on}))
    started = [service for service in made if service is not None]
    if not started:
        raise InputError("nothing is left to start. Leave out some of the --no-… options.")
    up.run(started, say=typer.echo)
