from typing import Annotated, Literal

import typer

from flows import serving


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; another than this machine's own needs keys.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8080,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; each loads the models.")] = 1,
    device: Annotated[Literal["auto", "cpu", "cuda"] | None, typer.Option(help="In place of `serve.device`.")] = None,
    log: Annotated[
        Literal["json", "text", "quiet"] | None,
        typer.Option(help="A line a request on stderr; quiet: only failures. Text on a terminal, else JSON."),
    ] = None,
    track: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
) -> None:
    """Answer over HTTP and WebSocket with what is in Production; follows promotions and rollbacks."""
    serving.run(host=host, port=port, workers=workers, device=device or "", tracks=track or [], log=log)
