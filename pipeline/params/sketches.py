"""`data` of drawings: simulated ones, Quick Draw's bitmaps, strokes that are drawn here."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.section import Positive, Section

Side = Annotated[int, Field(ge=8, le=512)]  # of a square bitmap, in pixels


class SyntheticSketches(Section):
    """Drawings of named things by simulated people: the embedded data, no recording needed."""

    source: Literal["synthetic_sketches"]
    path: str = "pipeline/sources/synthetic_sketches.yaml"  # the strokes of each thing
    num_drawers: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    drawings_per_class: Positive = 5  # by each drawer
    size: Side = 28
    difficulty: Annotated[float, Field(ge=0, le=3)] = 1.0  # scales habits, wobble, what is forgotten; 0 is the table
    classes: tuple[str, ...] = ()  # empty: all of the table
    seed: int = 0


class QuickDraw(Section):
    """Quick Draw's bitmaps, a .npy a class; `signloop sketches fetch` brings them, and nothing else does."""

    source: Literal["quickdraw"]
    path: str  # a folder of CLASS.npy, [N, 784] uint8
    classes: tuple[str, ...] = ()  # as Quick Draw spells them, with blanks; empty: all that lie in the folder
    max_per_class: Positive | None = 70_000  # the first drawings of each; None: all
    keep_raw: bool = False  # fetch and keep whole files, where only the first drawings are read
    blocks: Positive = 50  # contiguous pieces of each file that stand for its drawers, whom nobody named


class Strokes(Section):
    """Quick Draw's strokes, .ndjson or .ndjson.gz, drawn here at any size."""

    source: Literal["strokes"]
    path: str  # a file, or a folder of them
    classes: tuple[str, ...] = ()  # empty: all that occur; else drawings of other words are left out
    max_per_class: Positive | None = None  # the first drawings of each
    recognized_only: bool = True  # leave out what Quick Draw's own model did not recognise
    size: Side = 28
    pen: Annotated[float, Field(gt=0, le=0.5)] = 1 / 16  # width of a line, as a share of the drawing's longer side
    margin: Annotated[float, Field(ge=0, lt=0.5)] = 0.053  # of the bitmap, free on each side; as Quick Draw's own
    blocks: Positive = 50  # contiguous pieces of each class that stand for its drawers
