"""`data`: where recordings come from, a section a source."""

from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from pipeline.params.section import Positive, Section
from pipeline.params.sketches import QuickDraw, Strokes, SyntheticSketches


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


class LandmarkClips(Section):
    """Whole-body clips: label/clip.npy or label/clip/frame.npy, .npz, Google's isolated signs, .pose."""

    source: Literal["landmark_clips"]
    path: str  # a folder of label folders or with a train.csv; or one .npz
    format: Literal["auto", "npy", "npz", "islr", "pose"] = "auto"  # auto: by what lies at `path`
    layout: str = (
        "auto"  # of a frame's numbers, npy and npz: auto goes by how many; pipeline/sources/keypoint_layouts.py
    )
    labelled: bool = True  # False: any clip is taken and none has a label; for pretraining
    group_folder: bool = False  # npy and pose: group/label/clip instead of label/clip
    seq_block: Positive | None = (
        None  # npy, npz and pose: clips of so many consecutive numbers are one recording session
    )
    aspect: Annotated[float, Field(gt=0, le=10)] = 4 / 3  # picture width / height where the file does not say
    fps: Annotated[float, Field(gt=0, le=1000)] | None = None  # where the file does not say
    classes: tuple[str, ...] = ()  # empty: all that occur; else clips of other labels are left out
    max_per_class: Positive | None = None  # of each group, evenly spaced; for training alone: prepare.max_per_class
    min_seen: Annotated[int, Field(ge=0)] = 0  # frames that show a hand or the pose; clips with fewer are left out

    @model_validator(mode="after")
    def _labels_are_read_or_not(self) -> Self:
        if not self.labelled and (self.classes or self.group_folder):
            raise ValueError("labelled: false reads no labels; leave out `classes` and `group_folder`")
        return self


class Detection(Section):
    """How MediaPipe looks at pictures; together with the bundles' hashes it names what was extracted."""

    points: Literal["hand", "holistic"] = "holistic"  # hand: 21 of one hand; holistic: two hands and the pose, 75
    mode: Literal["image", "video"] = "video"  # image: each frame for itself, exactly reproducible; video: tracked
    num_hands: Annotated[int, Field(ge=1, le=4)] = 2  # looked for; which one is whose is decided afterwards
    hand_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    pose_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    presence: Annotated[float, Field(ge=0, le=1)] = 0.5  # below it a tracked hand or pose is looked for anew
    tracking: Annotated[float, Field(ge=0, le=1)] = 0.5
    fps: Annotated[float, Field(gt=0, le=1000)] | None = None  # frames a second that are kept; None: as recorded
    max_pixels: Positive = 33_177_600  # of a frame: 8K; larger ones are refused before they are decoded
    max_frames: Positive = 20_000  # of a clip


class Videos(Section):
    """Recorded clips: LABEL/CLIP.mp4, a table of files, or WLASL's index."""

    source: Literal["videos"]
    path: str  # a folder of label folders, or one that holds such an index; DVC watches what lies in it
    index: str | None = None  # within path: a .csv or .parquet (file, label, group, start, end), or WLASL's .json
    files: str | None = None  # within path: where the index's files lie; None: beside the index
    group_column: str | None = None  # of the index; None: `group`, WLASL's `signer_id`
    cut: bool = True  # WLASL: by frame_start and frame_end; False: files are cut already, as its own tool leaves them
    labelled: bool = True  # False: any video is taken and none has a label; for pretraining
    group_folder: bool = False  # GROUP/LABEL/CLIP instead of LABEL/CLIP
    detection: Detection = Detection()
    classes: tuple[str, ...] = ()  # empty: all that occur; else clips of other labels are left out
    max_per_class: Positive | None = None  # of each group, evenly spaced
    min_seen: Annotated[int, Field(ge=0)] = 1  # frames that show a hand; clips with fewer are left out
    max_failed: Annotated[float, Field(ge=0, le=1)] = 0.1  # of the clips, for broken files; above it the run fails
    timeout_s: Annotated[float, Field(gt=0)] = 600.0  # for one clip

    @model_validator(mode="after")
    def _labels_are_read_or_not(self) -> Self:
        return _labels_or_not(self)


class Images(Section):
    """Photographs: LABEL/PHOTO.jpg, or a table of files; each is a clip of one frame."""

    source: Literal["images"]
    path: str  # a folder of label folders, of photos named LABEL_…, or one that holds such an index
    index: str | None = None  # within path: a .csv or .parquet (file, label, group)
    files: str | None = None  # within path: where the index's files lie; None: beside the index
    group_column: str | None = None  # of the index; None: `group`
    labelled: bool = True
    label_from: Literal["folder", "name"] = "folder"  # name: what precedes the file name's first _
    group_folder: bool = False
    detection: Detection = Detection(points="hand", mode="image", num_hands=1)
    classes: tuple[str, ...] = ()
    max_per_class: Positive | None = None
    min_seen: Annotated[int, Field(ge=0)] = 1
    max_failed: Annotated[float, Field(ge=0, le=1)] = 0.1
    timeout_s: Annotated[float, Field(gt=0)] = 60.0

    @model_validator(mode="after")
    def _labels_are_read_or_not(self) -> Self:
        return _labels_or_not(self)


Media = TypeVar("Media", Videos, Images)


def _labels_or_not(data: Media) -> Media:
    if not data.labelled and data.classes:
        raise ValueError("labelled: false reads no labels; leave out `classes`")
    if data.files and not data.index:
        raise ValueError("`files` says where the files of an index lie; name `index`, or leave `files` out")
    return data


Data = Annotated[
    SyntheticLetters
    | SyntheticSigns
    | LandmarkTable
    | LandmarkClips
    | Videos
    | Images
    | SyntheticSketches
    | QuickDraw
    | Strokes,
    Field(discriminator="source"),
]
