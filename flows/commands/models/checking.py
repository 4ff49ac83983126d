from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from flows import environment
from pipeline.errors import InputError


def compare(
    track: Annotated[str, typer.Argument(help="A track of the registry.")],
    candidate: Annotated[int | None, typer.Option(help="This version, instead of the last candidate.")] = None,
    against: Annotated[int | None, typer.Option(help="This version, instead of the one in Production.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page as well; it loads nothing.")] = None,
) -> None:
    """Draw a candidate against Production: the paired difference, over all, by class and by group."""
    from rich.console import Console

    from flows import comparison as shown
    from pipeline.files import write_text
    from registry import versions
    from registry.comparison import compare

    store = environment.store()
    ours = versions.named(store, track, alias=versions.CANDIDATE, number=candidate)
    theirs = versions.named(store, track, number=against)
    if ours.number == theirs.number:
        raise InputError(
            f"version {ours.number} of '{track}' is both the candidate and in Production. "
            f"Name another: signloop models compare {track} --against VERSION"
        )
    found = compare(store, ours, theirs)
    console, scale = Console(), shown.scale_of(found)
    for line in shown.lines(found):
        typer.echo(line)
    for title, rows in (("all", (found.whole,)), ("class", found.classes), ("group", found.groups)):
        console.print(shown.table(title, rows, scale))
    if html:
        write_text(html, shown.page(found))
        typer.echo(f"Written: {html}")


def shadow(
    track: Annotated[str, typer.Argument(help="A track of the registry.")],
    candidate: Annotated[int | None, typer.Option(help="This version, instead of the last candidate.")] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Both answer the kept inputs now, instead of what was shadowed.")
    ] = False,
    alpha: Annotated[
        float, typer.Option(min=0.0001, max=0.5, help="Chance to decide falsely, however often one looks.")
    ] = 0.05,
) -> None:
    """Test a candidate against Production by what people said of the same questions: better, worse, or continue."""
    from flows.shadow import lines, shadowed
    from monitoring.log.database import Database

    with Database.open(environment.database_url()) as database:
        found = shadowed(environment.store(), database, track, candidate=candidate, replay=replay, alpha=alpha)
    for line in lines(found):
        typer.echo(line)


def verify(
    track: Annotated[str | None, typer.Argument(help="Only this track.")] = None,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="First finish what was begun, and record what was done outside.")
    ] = False,
) -> None:
    """Recompute every hash, and compare ledger and aliases; status 1 when something is not as it says."""
    from registry import verify as checks
    from registry import versions

    store = environment.store()
    if track and not versions.versions(store, track):
        versions.named(store, track)  # raises, and says what is registered
    findings = 0
    for name in [track] if track else versions.tracks(store):
        if adopt:
            checks.adopt(store, name)
        for found in checks.verify(store, name):
            findings += 1
            typer.secho(f"{name}: {found.found}", fg="red")
            typer.echo(f"  {found.mend}")
    if findings:
        raise typer.Exit(1)
    typer.echo("Every file, alias and entry is as the registry says.")


def reproduce(
    track: Annotated[str, typer.Argument(help="A track of the registry.")],
    version: Annotated[int, typer.Argument(help="The version to make once more.")],
    keep: Annotated[Path | None, typer.Option(help="Work in this new folder and leave it there.")] = None,
) -> None:
    """Make a version again from its commit, and compare the logits; status 1 when they differ."""
    from flows import reproduce as again
    from registry import versions

    root, store = environment.project_root(), environment.store()
    found = versions.named(store, track, number=version)
    with TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        if keep and keep.exists() and any(keep.iterdir()):
            raise InputError(f"'{keep}' is not empty. Give a new folder.")
        folder.mkdir(parents=True, exist_ok=True)
        commit = found.tags.get("signloop.git_commit", "")[:12]
        typer.echo(f"{track} version {version}, from {commit or 'no commit'}, in {folder} …", err=True)
        outcome = again.reproduce(store, root, found, folder.absolute())
    for name, same in outcome.same.items():
        typer.echo(f"  {name:<10} {'identical' if same else 'differs'}")
    if outcome.packages:
        typer.echo(f"  not as locked then: {', '.join(outcome.packages)}")
    verdict = "reproduced" if outcome.reproduced else "NOT reproduced"
    typer.echo(
        f"{track} version {version}: {verdict}. Largest difference of a logit {outcome.difference:.2g} (at most "
        f"{again.TOLERANCE:g}), same label for {100 * outcome.agreement:.1f} % of {outcome.clips} test clips"
    )
    if not outcome.reproduced:
        raise typer.Exit(1)
