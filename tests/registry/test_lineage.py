import os
import subprocess
from pathlib import Path

from pipeline.files import sha256
from registry import lineage


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def repository(root: Path) -> Path:
    git(root, "init", "-q")
    (root / "code.py").write_text("one\n", encoding="utf-8")
    (root / "dvc.lock").write_text("a\n", encoding="utf-8")
    (root / ".gitignore").write_text("ignored\n", encoding="utf-8")
    (root / "requirements.lock").write_text("numpy==2\n", encoding="utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_a_clean_tree_is_its_commit(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "dvc.lock").write_text("rewritten by the run\n", encoding="utf-8")
    (root / "ignored").write_text("x", encoding="utf-8")
    found = lineage.read(root)
    assert found.commit == git(root, "rev-parse", "HEAD").strip()
    assert (found.diff, found.dirty) == ("", False)
    assert found.lock_sha256 == sha256(root / "requirements.lock")


def test_the_diff_of_a_dirty_tree_restores_it(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    root = repository(tmp_path / "work")
    (root / "code.py").write_text("two\n", encoding="utf-8")
    (root / "ñew file.py").write_text("new\n", encoding="utf-8")
    (root / "data.bin").write_bytes(bytes(2_000_000))
    index = (root / ".git/index").read_bytes()
    found = lineage.read(root)
    assert (root / ".git/index").read_bytes() == index
    git(tmp_path, "clone", "-q", "work", "copy")
    (tmp_path / "dirty.diff").write_text(found.diff, encoding="utf-8")
    git(tmp_path / "copy", "apply", "../dirty.diff")
    assert (tmp_path / "copy/code.py").read_text(encoding="utf-8") == "two\n"
    assert (tmp_path / "copy/ñew file.py").read_text(encoding="utf-8") == "new\n"
    assert not (tmp_path / "copy/data.bin").exists()
    assert found.tags()["signloop.git_dirty"] == "true"


def test_an_edit_of_the_same_size_in_the_same_instant_as_the_index_is_seen(tmp_path: Path) -> None:
    root = repository(tmp_path)
    git(root, "config", "core.trustctime", "false")
    instant = (1_700_000_000, 1_700_000_000)
    os.utime(root / "code.py", instant)
    git(root, "add", "code.py")
    (root / "code.py").write_text("two\n", encoding="utf-8")
    for path in (root / "code.py", root / ".git/index"):
        os.utime(path, instant)
    assert "+two" in lineage.read(root).diff


def test_outside_of_git_only_the_lock_file_speaks(tmp_path: Path) -> None:
    found = lineage.read(tmp_path)
    assert (found.commit, found.diff, found.lock_sha256) == ("", "", "")
