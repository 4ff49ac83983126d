"""`prepare`, `pretrain` and `train`: which clips a model learns from, and how."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.data import Data
from pipeline.params.section import Device, Positive, Section, Share

Half = Annotated[float, Field(ge=0, le=0.5)]  # a share that leaves half, and makes one and a half, at most


class Prepare(Section):
    """The split by group, and what the audit refuses."""

    test: tuple[str, ...] = ()  # groups that are always tested on; `signloop split freeze` fills it
    val: tuple[str, ...] = ()
    test_share: Share = 0.2  # of the groups, where none are named; at least one
    val_share: Share = 0.15
    val_from: Literal["groups", "blocks"] = "groups"  # blocks: contiguous pieces of every training group
    max_per_class: Positive | None = None  # training clips of a class from one group, evenly spaced; the rest rests
    labelled: Positive | None = None  # training clips of a class in all, and as many to validate on, drawn by `seed`
    class_weights: Literal["none", "balanced", "sqrt"] = "sqrt"
    near_duplicate: Annotated[float, Field(ge=0, le=1)] = 0.01  # mean point distance, in hand lengths
    max_leakage: Share = 0.01  # share of held-out clips with a duplicate in train
    seed: int = 0


class Augment(Section):
    """Random changes to training clips; 0 switches one off."""

    rotate_deg: Annotated[float, Field(ge=0, le=180)] = 15.0  # about each of three axes, standard deviation
    turn_deg: Annotated[float, Field(ge=0, le=180)] = 0.0  # besides, about the vertical: how a person faces the camera
    shear: Share = 0.0  # sideways, a share of height; standard deviation
    scale: Share = 0.1  # standard deviation of the log of each axis' scale
    shift: Share = 0.0  # of a drawing, a share of the picture's sides, standard deviation
    perspective: Annotated[float, Field(ge=0, le=1)] = 0.1
    mirror: Annotated[float, Field(ge=0, le=1)] = 0.5  # share of clips; handedness is mirrored too
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.01  # in hand lengths (or body sizes), standard deviation
    drop_points: Share = 0.02  # share of points
    drop_frames: Share = 0.0  # share of frames
    drop_hands: Share = 0.0  # share of clips in which a hand is lost for a run of frames, of each hand by itself
    time_warp: Annotated[float, Field(ge=0, lt=1)] = 0.2  # speed changes by up to this share, the length stays
    speed: Half = 0.0  # signed faster or slower by up to this share, from end to end
    tempo: Share = 0.0  # faster here and slower there within a clip by up to this share
    resample: Half = 0.0  # frames a second more or fewer by up to this share; the movement lasts as long
    cut: Annotated[float, Field(ge=0, lt=0.5)] = 0.0  # up to this share is cut off at the start, and at the end


class Pretrain(Section):
    """Self-supervised pretraining of an encoder; with `none` what follows is not read."""

    method: Literal["none", "masked_landmarks"] = "none"
    data: Data | None = None  # a further source of unlabelled clips: as many again each epoch, of a stream new ones
    points: Annotated[float, Field(gt=0, lt=1)] = 0.15  # share of the seen points that is asked for
    mask: Literal["points", "spans", "parts"] = "points"  # one by one; a point, or a whole part, for `span` frames
    span: Positive = 8  # frames in a row
    decoder: Literal["sequence", "frame_wise"] = "sequence"  # frame_wise: each frame by itself, without the pooling
    smoothness: Annotated[float, Field(ge=0, le=10)] = 0.1  # weight of what told points move by from frame to frame
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 30
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 32
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 0.001
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.05
    sequence_length: Positive | None = 64  # most frames of a clip at once; null: whole clips
    augment: Augment = Augment(drop_points=0.0)
    device: Device = "auto"
    memory_mb: Annotated[float, Field(ge=0)] = 2048.0  # a larger store is streamed from disk
    seed: int = 0


Weights = Annotated[int, Field(ge=1)] | str  # production, a version's number, or a model folder from the root


class Teacher(Section):
    """A trained model whose answers a smaller one learns besides the labels; it must know the same classes."""

    weights: Weights
    temperature: Annotated[float, Field(gt=0, le=100)] = 2.0  # softens both models' answers
    share: Annotated[float, Field(gt=0, le=1)] = 0.5  # of the loss; the labels have the rest


class Train(Section):
    """The loop: AdamW, a schedule, early stopping that restores the best."""

    epochs: Annotated[int, Field(ge=1, le=100_000)] = 60
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 0.002
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.05
    schedule: Literal["one_cycle", "plateau"] = "one_cycle"
    patience: Positive = 15  # epochs without a better validation loss
    plateau_patience: Positive | None = None  # of them, before `plateau` halves the rate; None: a third
    label_smoothing: Share = 0.1
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0  # a pretrained layer's learning rate beside the next one's
    freeze_epochs: Annotated[int, Field(ge=0)] = 0  # first epochs in which what was pretrained stays as it is
    sequence_length: Positive | None = 1  # frames of a clip seen at once; null: whole clips, similar lengths together
    curriculum: Annotated[int, Field(ge=0)] = (
        0  # epochs over which the longest cut grows to the whole; 0: whole at once
    )
    init_from: Weights | None = None  # weights to start from; classes that those lack are added to the head
    freeze: tuple[str, ...] = ()  # parts of the network that stay as they are, as `convs`; for what init_from brought
    teacher: Teacher | None = None
    augment: Augment = Augment()
    device: Device = "auto"
    threads: Positive | None = None  # of the processor; None: 1 for a recurrent model, whose steps are small, else all
    precision: Literal["fp32", "bf16"] = "fp32"  # of the network's products; bf16 where the processor has it
    checkpoint_activations: bool = False  # a layer's inside is computed twice instead of kept: less memory, more time
    memory_mb: Annotated[float, Field(ge=0)] = 2048.0  # a larger store is streamed from disk
    seed: int = 0
