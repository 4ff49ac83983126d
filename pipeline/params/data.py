"""`data`: where recordings come from, a section a source."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.section import Positive, Section


class SyntheticLetters(Section):
    """Letters formed by a kinematic hand: the embedded data, no recording needed."""

    source: Literal["synthetic_letters"]
    path: str = "pipeline/sources/synthetic_letters.yaml"  # the joint angles of each letter
    num_signers: Annotated[int, Field(ge=1, le=100_000)] = 60
    clips_per_letter: Positive = 4  # by each signer
    frames: Annotated[int, Field(ge=1, le=1000)] = 16
    fps: Annotated[float, Field(gt=0, le=1000)] = 15.0
    difficulty: Annotated[float, Field(ge=0, le=3)] = (
        1.0  # scales habits, camera and detector errors; 0 is a perfect hand
    )
    classes: tuple[str, ...] = ()  # empty: all 26
    seed: int = 0


class SyntheticSigns(Section):
    """Signs of an invented vocabulary by a kinematic body: the embedded data, no recording needed."""

    source: Literal["synthetic_signs"]
    path: str = "pipeline/sources/synthetic_signs.yaml"  # handshapes, locations, movements and the signs made of them
    num_signers: Annotated[int, Field(ge=1, le=100_000)] = 60
    clips_per_sign: Positive = 1  # by each signer
    difficulty: Annotated[float, Field(ge=0, le=3)] = 1.0  # scales habits, camera and detector errors; 0 has none
    classes: tuple[str, ...] = ()  # empty: all of the table
    seed: int = 0


class LandmarkTable(Section):
    """CSV or Parquet with a row a frame: label, x0 y0 z0 … x20 y20 z20."""

    source: Literal["landmark_table"]
    path: str  # a file, or a folder of them
    label_column: str | None = (
        "label"  # None: nothing is labelled, which `signloop predict` takes and `extract` refuses
    )
    group_column: str | None = None  # None: each file is a group
    clip_column: str | None = None  # rows of one value are the frames of one clip; None: each row is a clip
    aspect: Annotated[float, Field(gt=0, le=10)] = (
        4 / 3
    )  # picture width / height where the table has no width and height
    fps: Annotated[float, Field(gt=0, le=1000)] | None = None
    classes: tuple[str, ...] = ()  # empty: all that occur; else rows of other labels are left out
    max_per_class: Positive | None = None  # of each group, evenly spaced; for training alone: prepare.max_per_class


Data = Annotated[SyntheticLetters | SyntheticSigns | LandmarkTable, Field(discriminator="source")]
