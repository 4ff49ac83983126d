from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.errors import InputError


def extract(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="LABEL/CLIP files; or a table (file, label, group, start, end), or WLASL's."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The sample store to write.")] = Path("clips.h5"),
    source: Annotated[Literal["videos", "images"] | None, typer.Option(help="Where both lie there.")] = None,
    points: Annotated[
        Literal["hand", "holistic"] | None, typer.Option(help="hand (photographs), or hands and pose (videos).")
    ] = None,
    mode: Annotated[
        Literal["image", "video"] | None, typer.Option(help="image: exactly reproducible; video: tracked, quicker.")
    ] = None,
    fps: Annotated[float | None, typer.Option(min=0.1, max=1000, help="Keep so many frames a second.")] = None,
    unlabelled: Annotated[bool, typer.Option("--unlabelled", help="Take any file; for pretraining.")] = False,
    names: Annotated[bool, typer.Option("--names", help="Photographs are named LABEL_….")] = False,
    groups: Annotated[bool, typer.Option("--groups", help="Folders are GROUP/LABEL/CLIP.")] = False,
    files: Annotated[Path | None, typer.Option(help="Where a table's files lie, from its own folder.")] = None,
    cut: Annotated[bool, typer.Option(help="Cut WLASL's videos by its frame numbers.")] = True,
    min_seen: Annotated[int, typer.Option(min=0, help="Leave out clips that show a hand in fewer frames.")] = 1,
    max_failed: Annotated[float, typer.Option(min=0, max=1, help="Fail above this share of broken files.")] = 0.1,
) -> None:
    """Make a sample store of videos or photographs, by MediaPipe; a second run looks only at what is new."""
    from flows.recordings import read, section
    from pipeline import samples as store

    if out.suffix != ".h5":
        raise InputError(f"'{out}': expected a name that ends in .h5. Another format: signloop convert.")
    data = section(
        path,
        kind=source,
        detection={"points": points, "mode": mode, "fps": fps},
        labelled=not unlabelled,
        group_folder=groups,
        files=str(files) if files else None,
        label_from="name" if names else None,
        cut=None if cut else False,
        min_seen=min_seen,
        max_failed=max_failed,
    )
    samples = read(data, out.stem)
    store.write(out, samples)
    labels = len(samples.class_names) if data.labelled else "no"
    others = samples.provenance["clips_left_out"] | samples.provenance["clips_failed"]
    why = ", ".join(f"{kind} {count:,}" for kind, count in others.items())
    typer.echo(f"{out}: {len(samples):,} clips, {len(samples.values):,} frames, {labels} labels")
    if why:
        typer.echo(f"left out: {why}")
