from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from flows import environment

app = typer.Typer(help="Models on a Hugging Face Hub: ONNX, safetensors, contract, card.", no_args_is_help=True)

Repo = Annotated[str, typer.Argument(help="OWNER/NAME of a model repository.")]


@app.command()
def push(
    track: Annotated[str, typer.Argument(help="A track of the registry.")],
    repo: Repo,
    version: Annotated[int | None, typer.Option(help="This version, instead of the one in Production.")] = None,
    private: Annotated[bool, typer.Option("--private", help="Make the repository private, where it is new.")] = False,
) -> None:
    """Publish a version; HF_TOKEN must allow writing. The commit that it prints pins what others pull."""
    from flows import hub as hubs
    from flows import published
    from registry import versions

    store = environment.store()
    found = versions.named(store, track, number=version)
    with TemporaryDirectory() as temporary:
        contents = published.write(store, found, repo, Path(temporary))
        commit = hubs.push(environment.hub(), repo, Path(temporary), contents, private=private)
    typer.echo(f"{track} version {found.number}: {len(contents.files)} files in {repo}")
    typer.echo(f"  signloop hub pull {repo} --revision {commit}")


@app.command()
def pull(
    repo: Repo,
    revision: Annotated[str | None, typer.Option(help="Exactly this commit; without it the newest.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A new folder; default: NAME.")] = None,
) -> None:
    """Fetch a published model and compare the sha256 of every file; nothing is kept where one differs."""
    from flows import hub as hubs

    folder = out or Path(repo.rpartition("/")[2])
    pulled = hubs.pull(environment.hub(), repo, folder, revision=revision)
    contents = pulled.contents
    typer.echo(f"{contents.track} version {contents.version} at {pulled.revision}: {len(contents.files)} files")
    typer.echo(f"  signloop predict {contents.track} FILE --model {folder}/model.onnx")
