"""`model`: an architecture with its sizes, a section a name."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from pipeline.params.section import Section, Share

Features = Literal["planar", "oriented", "invariant", "raw"]  # of one hand
TransformerSize = Literal["lightweight", "baseline", "medium", "large", "xlarge"]


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


class SignTransformer(Section):
    """A transformer with a class token over the hand-made numbers of each frame of a whole-body clip."""

    name: Literal["sign_transformer"]
    features: Literal["handmade_469"] = "handmade_469"
    size: TransformerSize = "baseline"
    dropout: Share = 0.1


class CnnTransformer(Section):
    """Causal convolutions with channel attention between transformer blocks, on points and how they move."""

    name: Literal["cnn_transformer"]
    features: Literal["points"] = "points"
    size: Literal["small", "baseline"] = "baseline"  # small: a student of at most 300 k parameters
    dropout: Share = 0.2
    head_dropout: Share = 0.5  # of the pooled clip


Model = Annotated[Mlp | Strm | Linear | SignTransformer | CnnTransformer, Field(discriminator="name")]


def skeleton_of(model: Model) -> str:
    """Returns the name of the skeleton that a model's features are measured on."""
    return "hand" if model.features in get_args(Features) else "holistic"
