"""MediaPipe's model bundles: which there are, and finding one whose bytes are the pinned ones.

The landmarks that a bundle finds are training data: another file under the same name would mix extractors unseen, so
that a bundle is refused unless its hash is the one written here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files import sha256
from pipeline.params.data import Detection


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One of MediaPipe's published files: what it is called in a folder of assets, and its bytes' hash."""

    file: str
    sha256: str


BUNDLES = {
    "hand_landmarker": Bundle(
        file="hand_landmarker.task", sha256="fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1"
    ),
    "pose_landmarker": Bundle(  # the model that Google publishes as pose_landmarker_full.task
        file="pose_landmarker.task", sha256="4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad"
    ),
}


def needed(detection: Detection) -> tuple[str, ...]:
    """Names the bundles that find these points."""
    return ("hand_landmarker",) if detection.points == "hand" else ("hand_landmarker", "pose_landmarker")


def find(name: str, folders: Sequence[Path], bundles: Mapping[str, Bundle] = BUNDLES) -> Path:
    """Returns the first file of that bundle in these folders.

    Raises: InputError when no folder has it, and when the file that would be taken is not the pinned one.
    """
    bundle = _bundle(name, bundles)
    for path in (folder / bundle.file for folder in folders):
        if path.is_file():
            verify(name, path, bundles)
            return path
    looked = ", ".join(f"'{folder}'" for folder in folders) or "no folder at all"
    raise InputError(
        f"the bundle '{name}' is missing: looked for {bundle.file} in {looked}. Run `{remedy(name)}`, or set "
        "SIGNLOOP_ASSETS to the folder that has it."
    )


def found(names: Iterable[str], folders: Sequence[Path]) -> dict[str, Path]:
    """Returns where each of these bundles lies, by name; raises as `find` does."""
    return {name: find(name, folders) for name in names}


def verify(name: str, path: Path, bundles: Mapping[str, Bundle] = BUNDLES) -> None:
    """Raises: InputError when the file's bytes are not those of the bundle."""
    if (got := sha256(path)) != (expected := _bundle(name, bundles).sha256):
        raise InputError(
            f"'{path}' is not the bundle '{name}': expected sha256 {expected}, got {got}. Another model would give "
            f"other landmarks under the same name; move the file away and run `{remedy(name)}`."
        )


def _bundle(name: str, bundles: Mapping[str, Bundle]) -> Bundle:
    if name not in bundles:
        raise InputError(f"unknown bundle '{name}'. Valid: {', '.join(bundles)}.")
    return bundles[name]


def remedy(name: str) -> str:
    """Returns the command that fetches an asset."""
    return "signloop assets fetch" + ("" if name in BUNDLES else f" {name}")
