"""A real registry, packed, brought back elsewhere and asked for its model."""

import io
import json
import os
import shutil
import tarfile
from pathlib import Path
from uuid import uuid4

import mlflow.onnx
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from flows import backup as backups
from flows import restore as restores
from flows.command import app
from pipeline.errors import InputError, RegistryError
from pipeline.files import write_json, write_text
from registry import database, versions
from registry.load import load
from registry.store import Store, local_store, open_store
from tests.flows.registries import Project


def brought_back(archive: Path, root: Path, *, force: bool = False) -> Store:
    store = local_store(root / ".signloop")
    (root / ".signloop").mkdir(parents=True, exist_ok=True)
    restores.restore(store, archive, root=root, state=root / ".signloop", force=force)
    return store


@pytest.fixture(scope="module")
def archive(untouched: Project) -> Path:
    return packed(untouched)


def packed(project: Project) -> Path:
    out = project.root.parent / "backup.tar.gz"
    backups.backup(project.store, state=project.state, out=out)
    return out


def rewritten(archive: Path, change: dict[str, bytes | None], extra: tarfile.TarInfo | None = None) -> Path:
    """Writes the archive again with other contents; None leaves a file out."""
    out = Path(archive.parent, f"rewritten-{uuid4().hex}.tar.gz")
    with tarfile.open(archive) as old, tarfile.open(out, "w:gz") as new:
        for member in old.getmembers():
            stream = old.extractfile(member)
            assert stream is not None
            data = change.get(member.name, stream.read())
            if data is not None:
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))
        if extra is not None:
            new.addfile(extra)
    return out


def test_production_loads_in_another_folder_after_the_first_is_deleted(project: Project, tmp_path: Path) -> None:
    archive = packed(project)
    shutil.rmtree(project.root)
    store = brought_back(archive, tmp_path / "second place")
    assert load("letters", store=store).version == 1
    open_store(store)
    assert mlflow.onnx.load_model("models:/letters@production").ir_version > 0
    assert {a: v.number for v in versions.versions(store, "letters") for a in v.aliases} == {
        "candidate": 2,
        "production": 1,
    }


def test_no_path_leads_back_and_no_text_is_changed(project: Project, tmp_path: Path) -> None:
    note = f"{project.store.artifacts}/x was here\nand is no path"
    versions.set_tags(project.store, versions.named(project.store, "letters", number=1), {"note": note})
    store = brought_back(packed(project), tmp_path / "second")
    held = database.contents(tmp_path / "second/.signloop/mlflow/mlflow.db")
    assert held.locations
    assert all(path.is_relative_to(store.artifacts) for path in held.locations if path.parts)
    assert versions.named(store, "letters", number=1).tags["note"] == note


def test_new_versions_can_be_registered_after_a_restore(project: Project, tmp_path: Path) -> None:
    archive = packed(project)
    shutil.rmtree(project.root)
    store = brought_back(archive, tmp_path / "second")
    Project(tmp_path / "second", store).register("third")
    with versions.files(store, versions.named(store, "letters", number=3), versions.ONNX) as path:
        assert path.is_relative_to(store.artifacts)


def test_the_manifest_tells_versions_aliases_and_hashes(project: Project) -> None:
    with tarfile.open(packed(project)) as tar:
        names = tar.getnames()
        stream = tar.extractfile("manifest.json")
        assert stream is not None
        manifest = json.loads(stream.read())
    assert manifest["versions"] == {"letters": {"versions": [1, 2], "aliases": {"candidate": 2, "production": 1}}}
    assert set(manifest["files"]) == set(names) - {"manifest.json"}
    assert "params.before-use.yaml" in names
    assert not [n for n in names if n.endswith((".lock", ".pt", ".html", ".part"))]


def test_a_writer_at_the_same_time_does_no_harm(project: Project, tmp_path: Path) -> None:
    with database.opened(project.state / "mlflow/mlflow.db") as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE registered_models SET description = 'half'")
        archive = packed(project)
        writer.execute("COMMIT")
    store = brought_back(archive, tmp_path / "second")
    assert open_store(store).get_registered_model("letters").description != "half"


def test_restore_asks_for_force_and_keeps_the_former_registry(project: Project) -> None:
    archive = packed(project)
    project.register("third")
    with pytest.raises(InputError, match="not empty"):
        brought_back(archive, project.root)
    assert len(versions.versions(project.store, "letters")) == 3
    brought_back(archive, project.root, force=True)
    assert len(versions.versions(project.store, "letters")) == 2
    (aside,) = project.state.glob("mlflow.before-restore-*")
    assert database.contents(aside / "mlflow.db").versions["letters"].versions == [1, 2, 3]


def test_a_database_that_stays_locked_leaves_all_as_it_was(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(project)
    project.register("third")
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with database.opened(project.state / "mlflow/mlflow.db") as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(RegistryError, match="locked"):
            brought_back(archive, project.root, force=True)
    assert load("letters", version=3, store=project.store).version == 3
    assert not list(project.state.glob("*.before-restore-*"))


def test_a_damaged_database_is_kept_aside_too(project: Project) -> None:
    archive = packed(project)
    (project.state / "mlflow/mlflow.db").write_bytes(b"damaged" * 1000)
    with pytest.raises(RegistryError, match="restore FILE --force"):
        database.contents(project.state / "mlflow/mlflow.db")
    brought_back(archive, project.root, force=True)
    assert database.contents(project.state / "mlflow/mlflow.db").versions["letters"].aliases["production"] == 1
    (aside,) = project.state.glob("mlflow.before-restore-*")
    assert (aside / "mlflow.db").read_bytes() == b"damaged" * 1000


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("artifacts/extra", "differ in 'artifacts/extra'"),
        ("artifacts/../../outside", "holds 'artifacts/../../outside'"),
        ("/etc/outside", "holds '/etc/outside'"),
        (".", "holds '.'"),
        ("mlflow.db/inside", "is not a whole backup"),
    ],
)
def test_a_strange_file_in_the_archive_is_refused(archive: Path, untouched: Project, name: str, message: str) -> None:
    refused(rewritten(archive, {}, tarfile.TarInfo(name)), untouched, message)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(archive: Path, untouched: Project, kind: bytes) -> None:
    member = tarfile.TarInfo("artifacts/link")
    member.type, member.linkname = kind, "/etc/passwd"
    refused(rewritten(archive, {}, member), untouched, "holds 'artifacts/link'")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mlflow.db": b"damaged"}, "'mlflow.db' is damaged"),
        ({"mlflow.db": None}, "differ in 'mlflow.db'"),
        ({"manifest.json": None}, "has no manifest.json"),
        ({"manifest.json": b"{}"}, "is not a whole backup"),
    ],
)
def test_a_damaged_archive_changes_nothing(
    archive: Path, untouched: Project, change: dict[str, bytes | None], message: str
) -> None:
    refused(rewritten(archive, change), untouched, message)


def test_a_cut_off_archive_changes_nothing(archive: Path, untouched: Project, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[:-2000])
    refused(cut, untouched, "is not a whole backup")


def test_a_flipped_byte_is_noticed(archive: Path, untouched: Project, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    for place in (len(data) // 4, len(data) // 2, 3 * len(data) // 4):
        flipped = bytearray(data)
        flipped[place] ^= 0xFF
        write = tmp_path / f"flipped-{place}.tar.gz"
        write.write_bytes(flipped)
        refused(write, untouched, "is not a whole backup|is damaged|damaged, or not ours")


def refused(archive: Path, project: Project, message: str) -> None:
    before = (project.state / "mlflow/mlflow.db").read_bytes()
    with pytest.raises(InputError, match=message):
        brought_back(archive, project.root, force=True)
    assert (project.state / "mlflow/mlflow.db").read_bytes() == before
    assert not list(project.state.rglob("*.part"))
    assert not list(project.state.glob("*.before-restore-*"))


def test_an_existing_archive_is_not_overwritten_and_a_missing_registry_is_named(
    archive: Path, untouched: Project, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="exists already"):
        backups.backup(untouched.store, state=untouched.state, out=archive)
    with pytest.raises(InputError, match="nothing to back up"):
        backups.backup(local_store(tmp_path / "empty"), state=tmp_path, out=tmp_path / "none.tar.gz")
    with pytest.raises(InputError, match="does not exist"):
        brought_back(archive.with_name("nothing.tar.gz"), tmp_path / "second")


def test_a_server_is_not_backed_up_from_here(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="nothing of it lies here"):
        backups.backup(Store("http://127.0.0.1:9", tmp_path), state=tmp_path)


def test_restore_does_not_disturb_a_promotion(archive: Path, untouched: Project) -> None:
    held = FileLock(untouched.state / "mlflow/promote-letters.lock")
    with held, pytest.raises(RegistryError, match="a promotion is running"):
        brought_back(archive, untouched.root, force=True)


def test_a_moved_project_is_mended_in_place(project: Project, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    project.root.rename(moved)
    store = local_store(moved / ".signloop")
    with pytest.raises(RegistryError, match="lost its files"):
        load("letters", store=store)
    former, changed = restores.restore_here(store, root=moved)
    assert former == [project.store.artifacts]
    assert changed > 0
    assert load("letters", store=store).version == 1
    assert restores.restore_here(store, root=moved) == ([], 0)


def test_a_copied_project_stops_using_the_files_of_the_first(project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project.root, copy)
    store = local_store(copy / ".signloop")
    restores.restore_here(store, root=copy)
    with versions.files(store, versions.named(store, "letters"), versions.ONNX) as path:
        assert path.is_relative_to(copy)


def test_bytes_that_stayed_behind_stop_the_mending(project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project.root, copy)
    store = local_store(copy / ".signloop")
    shutil.rmtree(next((store.artifacts / "models").iterdir()))
    before = database.contents(copy / ".signloop/mlflow/mlflow.db")
    with pytest.raises(RegistryError, match="cp -a -n"):
        restores.restore_here(store, root=copy)
    assert database.contents(copy / ".signloop/mlflow/mlflow.db") == before


def test_the_commands_pack_in_one_project_and_bring_back_in_another(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, archive = tmp_path / "other", tmp_path / "packed.tar.gz"
    for root in (project.root, other):
        write_text(root / "params.yaml", "tracks: {}\n")
        write_text(root / "dvc.yaml", "stages: {}\n")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(project.root)
    told = CliRunner().invoke(app, ["backup", str(archive)])
    assert "letters: 2 version(s); candidate 2, production 1" in told.output
    shutil.rmtree(project.root)
    monkeypatch.chdir(other)
    assert "Next: signloop doctor" in CliRunner().invoke(app, ["restore", str(archive)]).output
    assert (other / ".signloop/params.before-use.yaml").exists()
    assert "is kept in" in CliRunner().invoke(app, ["restore", str(archive), "--force"]).output
    assert "Every path leads here already." in CliRunner().invoke(app, ["restore", "--here"]).output
    moved = other.rename(tmp_path / "moved")
    monkeypatch.chdir(moved)
    assert f"now lead to {moved}" in CliRunner().invoke(app, ["restore", "--here"]).output
    assert load("letters").version == 1
    assert isinstance(CliRunner().invoke(app, ["restore"]).exception, InputError)


def test_files_are_not_replaced_while_dvc_is_at_work(archive: Path, untouched: Project, tmp_path: Path) -> None:
    write_json(tmp_path / ".dvc/tmp/rwlock", {"write": {"x": {"pid": os.getpid(), "cmd": "dvc repro"}}})
    with pytest.raises(InputError, match="DVC is at work"):
        restores.restore(untouched.store, archive, root=tmp_path, state=untouched.state, force=True)
