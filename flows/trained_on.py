"""Which versions were trained on exported feedback: the log knows the files' hashes, the registry their readers.

A version carries the provenance of its samples, and that names each file which `extract` read, with its hash. What was
converted or merged before has another hash: nothing leads from there.
"""

from collections.abc import Collection
from dataclasses import dataclass

from registry import versions
from registry.store import Store
from registry.versions import EXTRAS, Version

PROVENANCE = f"{EXTRAS}/provenance.json"


@dataclass(frozen=True)
class Trained:
    """A version and the exports that are among its sources, by their hashes."""

    version: Version
    exports: tuple[str, ...]

    def __str__(self) -> str:
        aliases = f" ({', '.join(self.version.aliases)})" if self.version.aliases else ""
        return f"{self.version.track} version {self.version.number}{aliases}"


def trained_on(store: Store, hashes: Collection[str]) -> list[Trained]:
    """Returns the versions of all tracks that were trained on files of these hashes."""
    if not hashes:
        return []
    found = []
    for track in versions.tracks(store):
        for version in versions.versions(store, track):
            said = _provenance(store, version)
            if among := tuple(sha for sha in hashes if sha in said):
                found.append(Trained(version, among))
    return found


def _provenance(store: Store, version: Version) -> str:
    """Returns provenance.json as text; empty for a version that was registered elsewhere."""
    if not version.fingerprint:
        return ""
    with versions.files(store, version) as folder:
        file = folder / PROVENANCE
        return file.read_text(encoding="utf-8") if file.is_file() else ""
