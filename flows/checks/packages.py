"""Python and its packages: against the lock file, and pairs that are known to break each other."""

import platform
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from flows.checks import Check, Place

INSTALL = "python -m pip install -r requirements.lock"
ALSO = ("evidently", "fastapi", "prefect")  # checked where the lock file has them


class Pair(NamedTuple):
    """`package` outside of `works` breaks `partner`."""

    package: str
    works: str
    partner: str
    partner_version: str
    breaks: str


PAIRS = (  # each was seen, with the versions named
    Pair(
        "fastapi", ">=0.139,<0.151", "prefect", "==3.8.*", "every flow fails: Body() got an unexpected keyword argument"
    ),
    Pair("sqlalchemy", "<2.1", "prefect", "==3.8.*", "flows run, but no scheduled run is ever created"),
    Pair("pandas", "<3.1", "evidently", "==0.7.*", "its import fails: infer_dtype_from_object"),
)


def python(place: Place) -> Iterator[Check]:
    """Compares the interpreter with what the package asks for."""
    wanted, have = metadata.metadata("signloop")["Requires-Python"], platform.python_version()
    fits = SpecifierSet(wanted).contains(have, prereleases=True)
    mend = "" if fits else "make clean && make run PYTHON=python3.11"
    yield Check("python", "ok" if fits else "problem", f"{have}" + ("" if fits else f", expected {wanted}"), mend)


def locked(place: Place) -> Iterator[Check]:
    """Compares the main packages with requirements.lock: what it was tested with."""
    lock = place.root / "requirements.lock"
    if not lock.exists():
        yield Check("packages", "warning", "requirements.lock is missing", "git checkout requirements.lock")
        return
    requirements = [Requirement(line) for line in metadata.requires("signloop") or []]
    asked = {str(canonicalize_name(r.name)): r.specifier for r in requirements if not r.marker}
    yield from compare(asked, read_lock(lock), installed())


def compare(asked: Mapping[str, SpecifierSet], pins: Mapping[str, str], have: Mapping[str, str]) -> Iterator[Check]:
    """Compares installed versions with what the project asks for (`asked`) and what it was tested with (`pins`)."""
    names = sorted({*asked, *(name for name in ALSO if name in pins)})
    missing = [name for name in names if name not in have]
    there = [name for name in names if name in have]
    unfit = [name for name in there if name in asked and not asked[name].contains(have[name], prereleases=True)]
    other = [name for name in there if name not in unfit and have[name] != pins.get(name, have[name])]
    if missing:
        yield Check("packages", "problem", f"not installed: {', '.join(missing)}", INSTALL)
    if unfit:
        found = ", ".join(f"{name} {have[name]} (needs {asked[name]})" for name in unfit)
        yield Check("packages", "problem", f"out of range: {found}", INSTALL)
    if other:
        found = ", ".join(f"{name} {have[name]} (locked {pins[name]})" for name in other)
        yield Check("packages", "warning", f"not as locked: {found}", INSTALL)
    if not (missing or unfit or other):
        yield Check("packages", "ok", f"{len(names)} as in requirements.lock")


def pairs(place: Place) -> Iterator[Check]:
    """Looks for versions that are each fine and do not go together."""
    bad = bad_pairs(installed())
    for pair, found in bad:
        yield Check("known bad pair", "problem", found, f'python -m pip install "{pair.package}{pair.works}"')
    if not bad:
        yield Check("known bad pairs", "ok", "none installed")


def bad_pairs(have: Mapping[str, str]) -> list[tuple[Pair, str]]:
    """Returns the pairs of which both are installed, in versions that do not go together."""
    return [
        (pair, f"{pair.package} {have[pair.package]} with {pair.partner} {have[pair.partner]}: {pair.breaks}")
        for pair in PAIRS
        if pair.package in have
        and pair.partner in have
        and SpecifierSet(pair.partner_version).contains(have[pair.partner])
        and not SpecifierSet(pair.works).contains(have[pair.package], prereleases=True)
    ]


def read_lock(path: Path) -> dict[str, str]:
    """Returns the pinned versions by package."""
    lines = (line.split("#")[0].split(";")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    pins = (line.partition("==") for line in lines if "==" in line)
    return {canonicalize_name(name.partition("[")[0]): _public(version) for name, _, version in pins}


def installed() -> dict[str, str]:
    """Returns the installed versions by package, without a build's own suffix such as +cpu."""
    return {
        canonicalize_name(d.metadata["Name"]): _public(d.version)
        for d in metadata.distributions()
        if d.metadata["Name"]
    }


def _public(version: str) -> str:
    return version.strip().partition("+")[0]
