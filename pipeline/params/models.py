"""`model`: an architecture with its sizes, a section a name."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.section import Section, Share

Features = Literal["planar", "oriented", "invariant", "raw"]


class Mlp(Section):
    """A perceptron on the features of each frame; a clip's answer is the mean over seen frames."""

    name: Literal["mlp"]
    features: Features = "oriented"
    hidden: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = (256, 256, 256)
    dropout: Share = 0.2


class Linear(Section):
    """Logistic regression on the features of each frame: the baseline that every model must beat."""

    name: Literal["linear"]
    features: Features = "oriented"


class Strm(Section):
    """A stateful tiny recursive model: a memory from frame to frame, so that movements tell; a stream's model."""

    name: Literal["strm"]
    features: Features = "oriented"  # the hand's velocity comes besides
    hidden: Annotated[int, Field(ge=2, le=1024)] = 64
    latent_steps: Annotated[int, Field(ge=1, le=64)] = 6  # n, refinements of the latent before each answer
    deep_steps: Annotated[int, Field(ge=1, le=16)] = 3  # T, answers in a frame; all are trained, the last one counts
    discount: Annotated[float, Field(gt=0, le=1)] = 0.9  # λ, what an answer's loss counts beside the next one's
    dropout: Share = 0.2


Model = Annotated[Mlp | Strm | Linear, Field(discriminator="name")]
