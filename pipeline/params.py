"""`params.yaml`, read once, here, into frozen sections; every mistake in it is reported together with the others.

A stage takes its own sections, never the whole. A section's fields are what `dvc exp run -S` can set.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

from pipeline.cron import well_formed
from pipeline.errors import InputError

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Device = Literal["auto", "cpu", "cuda", "mps"]
Features = Literal["planar", "oriented", "invariant", "raw"]
Precision = Literal["fp32", "int8"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


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


Data = Annotated[SyntheticLetters | LandmarkTable, Field(discriminator="source")]


class Prepare(Section):
    """The split by group, and what the audit refuses."""

    test: tuple[str, ...] = ()  # groups that are always tested on; `signloop split freeze` fills it
    val: tuple[str, ...] = ()
    test_share: Share = 0.2  # of the groups, where none are named; at least one
    val_share: Share = 0.15
    val_from: Literal["groups", "blocks"] = "groups"  # blocks: contiguous pieces of every training group
    max_per_class: Positive | None = None  # training clips of a class from one group, evenly spaced; the rest rests
    class_weights: Literal["none", "balanced", "sqrt"] = "sqrt"
    near_duplicate: Annotated[float, Field(ge=0, le=1)] = 0.01  # mean point distance, in hand lengths
    max_leakage: Share = 0.01  # share of held-out clips with a duplicate in train
    seed: int = 0


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


class Pretrain(Section):
    """Self-supervised pretraining of an encoder."""

    method: Literal["none"] = "none"


class Augment(Section):
    """Random changes to training clips; 0 switches one off."""

    rotate_deg: Annotated[float, Field(ge=0, le=180)] = 15.0  # about each of three axes, standard deviation
    turn_deg: Annotated[float, Field(ge=0, le=180)] = 0.0  # besides, about the vertical: how a person faces the camera
    scale: Share = 0.1  # standard deviation of the log of each axis' scale
    perspective: Annotated[float, Field(ge=0, le=1)] = 0.1
    mirror: Annotated[float, Field(ge=0, le=1)] = 0.5  # share of clips; handedness is mirrored too
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.01  # in hand lengths, standard deviation
    drop_points: Share = 0.02  # share of points
    time_warp: Annotated[float, Field(ge=0, lt=1)] = 0.2  # speed changes by up to this share


class Train(Section):
    """The loop: AdamW, a schedule, early stopping that restores the best."""

    epochs: Annotated[int, Field(ge=1, le=100_000)] = 60
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 0.002
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.05
    schedule: Literal["one_cycle", "plateau"] = "one_cycle"
    patience: Positive = 15  # epochs without a better validation loss
    label_smoothing: Share = 0.1
    sequence_length: Positive = 1  # frames of a clip seen at once
    augment: Augment = Augment()
    device: Device = "auto"
    memory_mb: Annotated[float, Field(ge=0)] = 2048.0  # a larger store is streamed from disk
    seed: int = 0


class Export(Section):
    """The ONNX files to write, in order of preference: the first that passes the gates is promoted."""

    precision: Annotated[tuple[Precision, ...], Field(min_length=1)] = ("fp32",)
    tolerance: Annotated[float, Field(gt=0, le=1)] = 1e-4  # largest difference of fp32 logits from Torch's


class Evaluate(Section):
    """How the exported model is measured."""

    bootstrap: Annotated[int, Field(ge=100, le=1_000_000)] = 1000  # resamples of groups
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    calibration_bins: Annotated[int, Field(ge=2, le=1000)] = 15
    min_support: Positive = 10  # clips that a class or group needs to count as worst
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


WHO_PROMOTES = {"promotion", "allow_dirty"}  # fields of Gates by which nothing is judged


class Gates(Section):
    """Rules by metric, one against the model in Production, and who promotes what passes them.

    A metric that is missing or NaN fails its rule.
    """

    accuracy: Rule | None = None
    accuracy_low: Rule | None = None  # lower end of the interval, groups resampled
    top3_accuracy: Rule | None = None
    macro_f1: Rule | None = None
    worst_class_recall: Rule | None = None  # among classes with min_support
    worst_class_recall_low: Rule | None = None
    worst_group_accuracy: Rule | None = None
    worst_group_accuracy_low: Rule | None = None
    ece: Rule | None = None  # expected calibration error
    against_production: AgainstProduction | None = AgainstProduction()
    promotion: Literal["automatic", "manual"] = "automatic"  # manual: what passes awaits `signloop models promote`
    allow_dirty: bool = True  # False: what uncommitted code made is not promoted by itself

    @property
    def rules(self) -> dict[str, Rule]:
        """Returns the metric rules that are set, in the order of the fields."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Rule)}


class Track(Section):
    """One model kept in Production."""

    data: Data
    prepare: Prepare = Prepare()
    model: Model
    pretrain: Pretrain = Pretrain()
    train: Train = Train()
    export: Export = Export()
    evaluate: Evaluate = Evaluate()
    gates: Gates = Gates()


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown; a folder; a path
        raise ValueError("expected a name of the time zone database, as in Europe/Berlin") from None
    return name


class Retrain(Section):
    """When models are made anew, and how patiently; no stage sees any of it."""

    cron: Annotated[str, AfterValidator(well_formed)] = "0 3 * * 1"  # minute hour day month weekday
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    tracks: tuple[str, ...] = ()  # empty: all
    retries: Annotated[int, Field(ge=0, le=20)] = 2  # of a stage whose exit status says that a second try may succeed
    retry_delay_s: Annotated[tuple[Annotated[float, Field(ge=0, le=86_400)], ...], Field(min_length=1)] = (10, 60)
    wait_for_dvc_s: Annotated[float, Field(ge=0, le=86_400)] = 3600  # for a `dvc repro` that is at work


class Params(Section):
    """All of params.yaml."""

    tracking: Literal["mlflow", "none"] = "mlflow"  # none: no runs and curves; the registry stays
    retrain: Retrain = Retrain()
    tracks: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Track], Field(min_length=1)]

    @model_validator(mode="after")
    def _retrains_what_is_there(self) -> Self:
        if unknown := [name for name in self.retrain.tracks if name not in self.tracks]:
            raise ValueError(f"retrain.tracks: unknown track '{unknown[0]}'. Valid: {', '.join(self.tracks)}")
        return self

    def track(self, name: str) -> Track:
        """Returns one track's sections.

        Raises: InputError with the valid names.
        """
        if name not in self.tracks:
            raise InputError(f"unknown track '{name}'. params.yaml has: {', '.join(self.tracks)}.")
        return self.tracks[name]

    def named(self, names: list[str]) -> list[str]:
        """Returns the tracks to make anew: those named, else those of `retrain.tracks`, else all.

        Raises: InputError with the valid names.
        """
        for name in names:
            self.track(name)
        return names or list(self.retrain.tracks or self.tracks)


def with_model(track: Track, name: str | None) -> Track:
    """Returns the track with a model of another name on the same features, else at its defaults; no name: as it is.

    Raises: InputError with the valid names.
    """
    if name in (None, track.model.name):
        return track
    tree = track.model_dump(mode="json") | {"model": {"name": name, "features": track.model.features}}
    return parse({"tracks": {"t": tree}}, "--model").track("t")


def read(path: Path) -> Params:
    """Reads and checks params.yaml.

    Raises: InputError that lists every mistake by its full path, with the valid choices.
    """
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Run from the project's root.") from None
    except YAMLError as error:
        raise InputError(f"'{path}' is not valid YAML: {error}") from None
    return parse(raw, str(path))


def parse(raw: Any, where: str = "params.yaml") -> Params:
    """Checks an already loaded tree, as `read` does."""
    try:
        return Params.model_validate(raw)
    except ValidationError as error:
        lines = [_line(raw, e) for e in error.errors(include_url=False)]
        raise InputError(f"{where}: {len(lines)} mistake(s)\n" + "\n".join(f"  {line}" for line in lines)) from None


def _line(raw: Any, error: Any) -> str:
    """One mistake: its path as written in the file, what is wrong, what would be right."""
    path, section, key = [], Params, ""
    for part in error["loc"]:
        if isinstance(raw, dict) and part not in raw and part in raw.values():
            continue  # pydantic names the chosen member of a union in the path; the file does not
        path.append(str(part))
        raw = raw.get(part) if isinstance(raw, dict) else raw
        key = str(part)
    message, context = error["msg"].removeprefix("Value error, "), error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        section = _section(error["loc"][:-1])
        valid = list(section.model_fields) if section else []
        near = get_close_matches(key, valid, 1)
        message = "unknown key" + (f"; did you mean `{near[0]}`?" if near else ".") + f" Valid: {', '.join(valid)}."
    elif error["type"] == "union_tag_invalid":
        path.append(context["discriminator"].strip("'"))
        message = f"unknown name {context['tag']!r}. Valid: {context['expected_tags']}."
    elif error["type"] == "union_tag_not_found":
        message = f"needs `{context['discriminator'].strip(chr(39))}`"
    elif error["type"] != "missing" and path:
        message += f" (got {error['input']!r})"
    where = ".".join(path)
    return f"{where}: {message}" if where else message if ": " in message else f"the file: {message}"


def _section(loc: tuple[Any, ...]) -> type[BaseModel] | None:
    """The section that a pydantic location lies in."""
    members = {m.model_fields[tag].annotation: m for m, tag in _UNION_MEMBERS}
    by_tag = {get_args(literal)[0]: member for literal, member in members.items()}
    current: Any = Params
    for part in loc:
        if part in by_tag:
            current = by_tag[part]
        elif current is Params and part == "tracks":
            current = "tracks"
        elif current == "tracks":
            current = Track
        elif isinstance(current, type) and part in current.model_fields:
            annotation = current.model_fields[part].annotation
            nested = [
                a for a in (annotation, *get_args(annotation)) if isinstance(a, type) and issubclass(a, BaseModel)
            ]
            current = nested[0] if nested else current
    return current if isinstance(current, type) else None


_UNION_MEMBERS: list[tuple[type[BaseModel], str]] = [
    (SyntheticLetters, "source"),
    (LandmarkTable, "source"),
    (Mlp, "name"),
    (Strm, "name"),
    (Linear, "name"),
]
