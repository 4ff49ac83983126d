"""What is published of a version, and whether a folder is what was: files of fixed names, each with its hash.

Nothing here is pickled. A published list may name these files alone, so that a stranger's list brings nothing else
along and writes nowhere else. Left out is what tells of single people: predictions, groups, the reference of drift, and
the names of the recordings, which the version's own card lists.
"""

import shutil
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline import contract as contracts
from pipeline.errors import InputError, RegistryError
from pipeline.files import sha256, write_json, write_text
from registry import manifest, verify, versions
from registry.store import Store
from registry.versions import EXTRAS, ONNX, STEP, Version

LIST, CARD, CONTRACT = "signloop.json", "README.md", "contract.json"
SOURCES = {  # published name → name in the version's files
    ONNX: ONNX,
    "model.safetensors": f"{EXTRAS}/model.safetensors",
    "model.json": f"{EXTRAS}/model.json",
    CONTRACT: f"{EXTRAS}/contract.json",
}
RECURRENT = {"step.onnx": STEP}  # of a model with a memory
TOLD_OF_DATA = ("tested on", "learned from", "source", "synthetic", "extractor")  # lines of the card's section Data
NAMES = frozenset({*SOURCES, *RECURRENT, CARD, LIST})

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Contents(BaseModel):
    """The list that is published beside the files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    track: Annotated[str, Field(pattern=r"^[\w.-]{1,100}$")]
    version: Annotated[int, Field(ge=1)]
    files: dict[str, Sha256]

    @field_validator("files")
    @classmethod
    def _are_ours(cls, files: dict[str, str]) -> dict[str, str]:
        if strange := sorted(set(files) - NAMES | {LIST} & set(files)):
            raise ValueError(f"names files that are never published: {', '.join(strange)}")
        if missing := sorted({*SOURCES, CARD} - set(files)):
            raise ValueError(f"lacks {', '.join(missing)}")
        return files


def write(store: Store, version: Version, repo: str, folder: Path) -> Contents:
    """Writes what is published of a version into a folder, after its own hashes were compared.

    Raises: RegistryError when its files are damaged or lost, or were registered by another tool.
    """
    if damage := next(verify.files(store, version), None):
        raise RegistryError(f"'{version.track}' is not published: {damage.found}. {damage.mend}")
    with versions.files(store, version) as held:
        wanted = SOURCES | {name: source for name, source in RECURRENT.items() if (held / source).is_file()}
        card = held / EXTRAS / "card.md"
        lacks = [source for source in [*wanted.values(), f"{EXTRAS}/card.md"] if not (held / source).is_file()]
        if lacks:
            raise RegistryError(
                f"version {version.number} of '{version.track}' lacks {', '.join(lacks)}: it was registered by another "
                "tool, or half. Give one that `dvc repro` registered."
            )
        for name, source in wanted.items():
            shutil.copyfile(held / source, folder / name)
        write_text(folder / CARD, _card(card.read_text(encoding="utf-8"), version, repo))
    hashes = {name: sha256(folder / name) for name in sorted([*wanted, CARD])}
    contents = Contents(track=version.track, version=version.number, files=hashes)
    write_json(folder / LIST, contents.model_dump(mode="json"))
    return contents


def read(path: Path) -> Contents:
    """Reads a published list.

    Raises: InputError when it is damaged, or names what is never published.
    """
    try:
        return Contents.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"'{path.name}' is not a list of Signloop's: {where}: {first['msg']}") from None


def check(folder: Path, contents: Contents) -> None:
    """Compares every file with the list, and what the model says of itself with the contract beside it.

    Raises: InputError that names each file that differs.
    """
    if differences := manifest.differences(folder, contents.files):
        raise InputError("; ".join(differences))
    beside = contracts.loads((folder / CONTRACT).read_text(encoding="utf-8"), CONTRACT)
    if contracts.read(folder / ONNX) != beside:
        raise InputError(f"{CONTRACT} does not say what {ONNX} says of itself")


def _card(card: str, version: Version, repo: str) -> str:
    """The version's own card, under the header and the section that a Hub's page begins with."""
    tags = ["signloop", "landmarks", *(["synthetic"] if version.tags.get("signloop.synthetic") == "true" else [])]
    header = "\n".join(["---", "library_name: onnx", "tags:", *(f"- {tag}" for tag in tags), "---"])
    name = repo.rpartition("/")[2]
    use = (
        f"## From here\n\n```\nsignloop hub pull {repo} --revision COMMIT\n"
        f"signloop predict {version.track} FILE --model {name}/{ONNX}\n```\n\n"
        f"`{LIST}` has the sha256 of every file; `pull` compares them. `{ONNX}` runs in any ONNX Runtime and carries "
        "its contract (class names, points, preprocessing) in its metadata."
    )
    title, _, rest = _without_names(card).partition("\n")
    return f"{header}\n\n{title}\n\n{use}\n{rest}"


def _without_names(card: str) -> str:
    """Leaves in the section Data what names no recording: a file is often called after who signs in it."""
    before, heading, rest = card.partition("\n## Data\n")
    data, following, after = rest.partition("\n## ")
    told = [line for line in data.splitlines() if not line.startswith("- ") or _key(line) in TOLD_OF_DATA]
    return before + heading + "\n".join([*told, ""]) + following + after


def _key(line: str) -> str:
    return line.removeprefix("- ").partition(":")[0]
