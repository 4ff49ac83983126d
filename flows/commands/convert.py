from pathlib import Path
from typing import Annotated

import typer


def convert(
    file: Annotated[Path, typer.Argument(metavar="IN", help="Samples: .h5, .npz, .parquet, .csv, .pose, or a folder.")],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="What to write, by its suffix; without one, a folder of .pose.")
    ],
    aspect: Annotated[float, typer.Option(help="Picture width / height, where the file does not say.")] = 4 / 3,
    fps: Annotated[float | None, typer.Option(help="Frames per second, where the file does not say.")] = None,
    layout: Annotated[str, typer.Option(help="Of keypoint arrays, as in data.layout.")] = "auto",
) -> None:
    """Convert samples between our store, NumPy, tables and .pose; what a format cannot hold is said."""
    from pipeline import formats
    from pipeline.formats.keeping import Otherwise

    samples = formats.read(file, Otherwise(aspect=aspect, fps=float("nan") if fps is None else fps, layout=layout))
    lost = formats.write(out, samples)
    typer.echo(f"{out}: {len(samples):,} clips, {len(samples.values):,} frames")
    if lost:
        typer.secho(f"not kept: {'; '.join(lost)}", fg="yellow", err=True)
