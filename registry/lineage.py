"""Which code a version was made with: the commit, what was changed since, and the locked packages."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import sha256

UNTRACKED_BYTES = 1_000_000  # larger new files are data, not code
WRITTEN_BY_THE_RUN = ":(exclude)dvc.lock"  # DVC rewrites it while it runs, so every tree would look dirty


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """`diff` is a patch that `git apply` takes, new files included; empty in a clean tree."""

    commit: str  # empty outside of git
    diff: str
    lock_sha256: str  # of requirements.lock; empty without one

    @property
    def dirty(self) -> bool:
        return bool(self.diff)

    def tags(self) -> dict[str, str]:
        return {
            "signloop.git_commit": self.commit,
            "signloop.git_dirty": str(self.dirty).lower(),
            "signloop.diff_sha256": hashlib.sha256(self.diff.encode()).hexdigest() if self.diff else "",
            "signloop.lock_sha256": self.lock_sha256,
        }


def read(root: Path) -> Lineage:
    """Reads the lineage of a working tree; outside of git, or before its first commit, only the lock file speaks."""
    lock = root / "requirements.lock"
    commit = _git(root, "rev-parse", "--verify", "HEAD") if shutil.which("git") else None
    return Lineage(
        commit=(commit or "").strip(),
        diff=_diff(root) if commit else "",
        lock_sha256=sha256(lock) if lock.exists() else "",
    )


def _diff(root: Path) -> str:
    """Diffs through a copy of the index, which new files join by name: the user's own index is left alone."""
    listed = _git(root, "ls-files", "--others", "--exclude-standard", "-z") or ""
    new = [name for name in listed.split("\0") if name and (root / name).stat().st_size <= UNTRACKED_BYTES]
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        own = root / (_git(root, "rev-parse", "--git-path", "index") or "").strip()
        if own.is_file():
            shutil.copy2(own, index)  # with its time, by which git knows which files to compare by their bytes
        if new:
            names = Path(folder) / "new"
            names.write_bytes("\0".join(new).encode())
            _git(root, "add", "--intent-to-add", f"--pathspec-from-file={names}", "--pathspec-file-nul", index=index)
        return (
            _git(
                root,
                "diff",
                "--binary",
                "--no-ext-diff",
                "--no-color",
                "HEAD",
                "--",
                ".",
                WRITTEN_BY_THE_RUN,
                index=index,
            )
            or ""
        )


def _git(root: Path, *arguments: str, index: Path | None = None) -> str | None:
    """Returns what git says; None where it refuses, as outside of a repository."""
    environment = {**os.environ, "GIT_LITERAL_PATHSPECS": "0"} | ({"GIT_INDEX_FILE": str(index)} if index else {})
    answer = subprocess.run(["git", *arguments], cwd=root, env=environment, capture_output=True, check=False)
    return answer.stdout.decode(errors="surrogateescape") if answer.returncode == 0 else None
