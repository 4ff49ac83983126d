"""`model`: an architecture with its sizes, a section a name."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pipeline.params.section import Positive, Section, Share

Features = Literal["planar", "oriented", "invariant", "raw"]  # of one hand
Pixels = Literal["centred", "plain"]  # of a drawing: its centre of mass in the middle, or as it was drawn
TransformerSize = Literal["lightweight", "baseline", "medium", "large", "xlarge"]


class Mlp(Section):
    """A perceptron on the features of each frame; a clip's answer is the mean over seen frames."""

    form: ClassVar[str] = "hand"
    name: Literal["mlp"]
    features: Features = "oriented"
    hidden: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = (256, 256, 256)
    dropout: Share = 0.2


class Linear(Section):
    """Logistic regression on the features of each frame: the baseline that every model must beat."""

    form: ClassVar[str] = "hand"
    name: Literal["linear"]
    features: Features = "oriented"


class Strm(Section):
    """A stateful tiny recursive model: a memory from frame to frame, so that movements tell; a stream's model."""

    form: ClassVar[str] = "hand"
    name: Literal["strm"]
    features: Features = "oriented"  # the hand's velocity comes besides
    hidden: Annotated[int, Field(ge=2, le=1024)] = 64
    latent_steps: Annotated[int, Field(ge=1, le=64)] = 6  # n, refinements of the latent before each answer
    deep_steps: Annotated[int, Field(ge=1, le=16)] = 3  # T, answers in a frame; all are trained, the last one counts
    discount: Annotated[float, Field(gt=0, le=1)] = 0.9  # λ, what an answer's loss counts beside the next one's
    dropout: Share = 0.2


class SignTransformer(Section):
    """A transformer with a class token over the hand-made numbers of each frame of a whole-body clip."""

    form: ClassVar[str] = "holistic"
    name: Literal["sign_transformer"]
    features: Literal["handmade_469"] = "handmade_469"
    size: TransformerSize = "baseline"
    dropout: Share = 0.1


class CnnTransformer(Section):
    """Causal convolutions with channel attention between transformer blocks, on points and how they move."""

    form: ClassVar[str] = "holistic"
    name: Literal["cnn_transformer"]
    features: Literal["points"] = "points"
    size: Literal["small", "baseline"] = "baseline"  # small: a student of at most 300 k parameters
    dropout: Share = 0.2
    head_dropout: Share = 0.5  # of the pooled clip


class SpatialTemporal(Section):
    """Graph convolutions over 75 points, learned temporal pooling, a transformer with a class token."""

    form: ClassVar[str] = "holistic"
    name: Literal["spatial_temporal"]
    features: Literal["points"] = "points"
    conv: Literal["gcn", "gat", "sage"] = "gcn"  # gat attends to neighbours, and takes several times as long
    graph_width: Annotated[int, Field(ge=4, le=1024)] = 128
    graph_layers: Annotated[int, Field(ge=1, le=8)] = 2
    mean: Literal["all", "parts"] = "parts"  # over a frame's seen points; parts: of each hand and the pose
    pooling: Literal["none", "tcn", "attention", "hybrid"] = "tcn"
    tokens: Annotated[int, Field(ge=2, le=1024)] = 64  # at most; none has one a frame
    d_model: Annotated[int, Field(ge=4, le=4096)] = 256
    layers: Annotated[int, Field(ge=1, le=48)] = 2
    heads: Positive = 4
    dropout: Share = 0.2

    @model_validator(mode="after")
    def _widths_divide(self) -> Self:
        if self.d_model % (2 * self.heads):
            raise ValueError(f"d_model: expected a multiple of twice the heads, 2 × {self.heads}, got {self.d_model}")
        if self.conv == "gat" and self.graph_width % 4:
            raise ValueError(f"graph_width: expected a multiple of gat's 4 heads, got {self.graph_width}")
        return self


class SketchCnn(Section):
    """Two convolutions and a dense layer on the pixels of a drawing: 50,836 parameters at 28×28 and 20 classes."""

    form: ClassVar[str] = "bitmap"
    name: Literal["sketch_cnn"]
    features: Pixels = "centred"
    dropout: Share = 0.5


class SketchNet(Section):
    """Five convolutions with batch norm on the pixels of a drawing, made for eight bits and one core."""

    form: ClassVar[str] = "bitmap"
    name: Literal["sketch_net"]
    features: Pixels = "centred"
    width: Annotated[int, Field(ge=4, le=128)] = 32  # of the first convolution; twice and four times it follow
    dropout: Share = 0.3


Model = Annotated[
    Mlp | Strm | Linear | SignTransformer | SpatialTemporal | CnnTransformer | SketchCnn | SketchNet,
    Field(discriminator="name"),
]


def form_of(model: Model) -> str:
    """Returns the name of the form of samples that a model reads."""
    return model.form
