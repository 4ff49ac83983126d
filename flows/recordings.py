"""Videos and photographs that a person names on the command line: the section of parameters that they are read by."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from flows import environment
from flows.workshop import furnished
from pipeline import sources
from pipeline.errors import InputError
from pipeline.params import Detection, Images, Videos
from pipeline.samples import Samples
from pipeline.sources.media import IMAGES, VIDEOS

INDEXES = (".csv", ".parquet", ".json")
Kind = Literal["videos", "images"]
SECTIONS: dict[str, Any] = {"videos": Videos, "images": Images}
DETECTION = {kind: taken.model_fields["detection"].default.model_dump() for kind, taken in SECTIONS.items()}
SUFFIXES: dict[Kind, frozenset[str]] = {"videos": VIDEOS, "images": IMAGES}


def section(path: Path, *, kind: Kind | None = None, detection: dict[str, Any], **options: Any) -> Videos | Images:
    """Returns the parameters for a folder, a table or index, or one file; what is None takes its default.

    Raises: InputError when it cannot be told whether these are videos or photographs.
    """
    if not path.exists():
        raise InputError(f"'{path}' does not exist. Give a folder, a table of files, or one file.")
    said: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    folder = path
    if path.is_file() and path.suffix.lower() in INDEXES:
        folder, said["index"] = path.parent, path.name
    elif path.is_file():
        said["labelled"] = False
    kind = kind or _kind(path, folder)
    wanted = DETECTION[kind] | {name: value for name, value in detection.items() if value is not None}
    if wanted["points"] == "holistic":
        wanted["num_hands"] = 2
    try:
        return SECTIONS[kind](source=kind, path=str(folder), detection=Detection(**wanted), **said)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise InputError(f"'{path}', read as {kind}: {wrong}. Leave that option out.") from None


def _kind(path: Path, folder: Path) -> Kind:
    """Says what there is, by how the files' names end."""
    files = folder.rglob("[!.]*") if path.is_dir() or path.suffix.lower() in INDEXES else [path]
    suffixes = {file.suffix.lower() for file in files}
    there: list[Kind] = [kind for kind, known in SUFFIXES.items() if suffixes & known]
    if not there:
        known = ", ".join(sorted(VIDEOS | IMAGES))
        raise InputError(f"'{path}': expected videos or photographs, got neither. Give files that end in {known}.")
    if len(there) > 1:
        raise InputError(f"'{path}': expected videos or photographs, got both. Say which: --source videos|images.")
    return there[0]


def read(data: Videos | Images, name: str) -> Samples:
    """Looks at recordings; finished clips lie in the project's state folder, or outside of one in the user's cache."""
    with furnished(data, name, state=environment.state_or_cache()) as workshop:
        return sources.read(data, workshop)


def labels(samples: Samples, known: Collection[str]) -> list[str]:
    """Returns the label of each clip as its store says, or its folder or name: what is none of the known is empty."""
    if samples.class_names != ("",):
        said = [samples.class_names[target] for target in samples.target]
        return [label if label in known else "" for label in said]
    return [_label(Path(name), known) for name in samples.id]


def _label(file: Path, known: Collection[str]) -> str:
    """Of LABEL/FILE, GROUP/LABEL/FILE or LABEL_…; a file that says neither has none."""
    return next((label for label in (file.parent.name, file.name.split("_")[0]) if label in known), "")


def scored(truth: Sequence[str], answers: Sequence[str], seen: Sequence[bool]) -> str:
    """Says how many of the labelled clips are answered right, in one line."""
    right = [label == answer for label, answer in zip(truth, answers, strict=True) if label]
    shown = [label == answer for label, answer, one in zip(truth, answers, seen, strict=True) if label and one]
    line = f"accuracy {sum(right) / len(right):.3f} of {len(right)} labelled clips"
    if 0 < len(shown) < len(right):
        line += f", {sum(shown) / len(shown):.3f} of the {len(shown)} in which a hand is seen"
    unknown = len(truth) - len(right)
    return line + (f"; {unknown} more have no label that the model knows" if unknown else "")
