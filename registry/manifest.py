"""A version's own list of its files with their hashes: what it was registered with can be checked later.

Left out are the decision and its card, which each judgement writes anew; the decision is a tag as well.
"""

from pathlib import Path

from pipeline.files import read_json, sha256, write_json
from registry.store import Store
from registry.versions import EXTRAS, Version, files

MANIFEST = "manifest.json"
SHA256 = "signloop.manifest_sha256"  # the tag that vouches for the list
JUDGED_ANEW = {f"{EXTRAS}/{name}" for name in ("decision.json", "card.md", MANIFEST)}


def write(bundle: Path, *, known: dict[str, str] | None = None) -> dict[str, str]:
    """Writes the manifest into a bundle's extras; returns the tag for it.

    known  hashes of the version's files that are not in this bundle, since they stay as they are
    """
    own = {path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*") if path.is_file()}
    hashes = {name: sha256(path) for name, path in own.items() if name not in JUDGED_ANEW}
    path = bundle / EXTRAS / MANIFEST
    write_json(path, (known or {}) | hashes)
    return {SHA256: sha256(path)}


def of(store: Store, version: Version) -> dict[str, str]:
    """Returns {file: sha256} as a version's own list says; empty for one that was registered without."""
    if SHA256 not in version.tags:
        return {}
    with files(store, version, f"{EXTRAS}/{MANIFEST}") as path:
        return read_json(path)


def differences(folder: Path, expected: dict[str, str]) -> list[str]:
    """Says of each listed file that is lost or changed what is wrong with it."""
    found = {name: sha256(folder / name) if (folder / name).is_file() else "" for name in expected}
    return [
        f"{name} is missing"
        if not found[name]
        else f"{name} was changed (expected sha256 {wanted[:12]}…, got {found[name][:12]}…)"
        for name, wanted in sorted(expected.items())
        if found[name] != wanted
    ]
