"""`export`, `evaluate` and `gates`: what is measured of a model, and what it must reach."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.params.section import Positive, Section

Precision = Literal["fp32", "int8"]


class Export(Section):
    """The ONNX files to write, in order of preference: the first that passes the gates is promoted."""

    precision: Annotated[tuple[Precision, ...], Field(min_length=1)] = ("fp32",)
    views: Literal[1, 5] = (
        1  # 5: the mean of five views of a clip, mirrored, faster, slower, leant; at five times the price
    )
    tolerance: Annotated[float, Field(gt=0, le=1)] = 1e-4  # largest difference of fp32 logits from Torch's


class Evaluate(Section):
    """How the exported model is measured."""

    bootstrap: Annotated[int, Field(ge=100, le=1_000_000)] = 1000  # resamples of groups
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    calibration_bins: Annotated[int, Field(ge=2, le=1000)] = 15
    calibration_support: Positive = 30  # answered validation clips without which nothing is calibrated
    certain_accuracy: Annotated[float, Field(gt=0, lt=1)] = 0.95  # of answers not called uncertain, by its lower bound
    min_support: Positive = 10  # clips that a class or group needs to count as worst
    confused_pairs: Positive = 30  # how many are listed
    importance_clips: Positive = 5  # of each class, that are answered again with one part after another unseen
    seed: int = 0


class Rule(Section):
    """A floor or a ceiling on one metric."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give `min`, `max` or both")
        return self


class AgainstProduction(Section):
    """Non-inferiority to the model in Production, on the same test samples."""

    metric: Literal["accuracy"] = "accuracy"
    margin: Annotated[float, Field(ge=0, lt=1)] = 0.02  # may be worse by less than this; 0 asks for better
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    min_units: Annotated[int, Field(ge=2)] = 10  # fewer test groups: not enough evidence
    allow_lost_classes: bool = False
    bootstrap: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    seed: int = 0


class OnRecent(Section):
    """Better than the model in Production on corrected clips of clients whom neither learned from.

    Asked of a candidate that drift called for; of any other the test groups say enough.
    """

    min_units: Annotated[int, Field(ge=2)] = 5  # fewer clients: not enough evidence, a person decides
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    bootstrap: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    seed: int = 0


WHO_PROMOTES = {"promotion", "allow_dirty"}  # fields of Gates by which nothing is judged


class Gates(Section):
    """Rules by metric, one against the model in Production, and who promotes what passes them.

    A metric that is missing or NaN fails its rule.
    """

    accuracy: Rule | None = None
    accuracy_low: Rule | None = None  # lower end of the interval, groups resampled
    top3_accuracy: Rule | None = None
    top5_accuracy: Rule | None = None
    macro_f1: Rule | None = None
    worst_class_recall: Rule | None = None  # among classes with min_support
    worst_class_recall_low: Rule | None = None
    worst_group_accuracy: Rule | None = None
    worst_group_accuracy_low: Rule | None = None
    ece: Rule | None = None  # expected calibration error
    against_production: AgainstProduction | None = AgainstProduction()
    recent: OnRecent | None = OnRecent()  # of a candidate that drift called for
    promotion: Literal["automatic", "manual"] = "automatic"  # manual: what passes awaits `signloop models promote`
    allow_dirty: bool = True  # False: what uncommitted code made is not promoted by itself

    @property
    def rules(self) -> dict[str, Rule]:
        """Returns the metric rules that are set, in the order of the fields."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Rule)}
