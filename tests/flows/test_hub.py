"""Models go to a stand-in of the Hub by the real client, and come back whole or not at all."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from flows import environment, published
from flows import hub as hubs
from flows.environment import Hub
from pipeline.errors import InputError, RegistryError, TransientError
from pipeline.files import read_json, sha256, write_json
from pipeline.models import build, weights
from pipeline.params import Mlp
from pipeline.predictor import Predictor
from registry import versions
from registry.store import Store, local_store
from tests.factories import make_hand
from tests.flows.hub_stand_in import READER, TOKEN, StandIn, stand_in
from tests.flows.project import HERE, Project, invoke
from tests.registry.factories import CLASSES, make_track, never, write_onnx

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed: pip install '.[hub]'")
REPO = "ada/letters"


@dataclass(frozen=True)
class Written:
    """A registered version, and the folder of what is published of it; nobody may change either."""

    root: Path
    store: Store
    folder: Path
    contents: published.Contents


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Written:
    root = tmp_path_factory.mktemp("published")
    store = local_store(root / ".signloop")
    store.artifacts.mkdir(parents=True)
    shutil.copyfile(migrated, store.artifacts.parent / "mlflow.db")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(HERE / name, root / name)
    track = make_track(root / "track", misses={"fp32": never})
    torch.manual_seed(0)
    config = Mlp(name="mlp", hidden=(4,))
    network = build(config, skeleton="hand", num_classes=len(CLASSES))
    trained = weights.Trained(recognizer=network, config=config, class_names=CLASSES, skeleton="hand")
    weights.save(root / "track/model", trained)
    report = read_json(root / "track/export/export.json")
    write_onnx(root / "track/export/step.onnx", 3)
    report["precision"]["fp32"]["step"] = {"file": "step.onnx"}  # as of a model with a memory
    write_json(root / "track/export/export.json", report)
    track.promote(store)
    folder = root / "folder"
    folder.mkdir()
    return Written(root, store, folder, published.write(store, versions.named(store, "letters"), REPO, folder))


@pytest.fixture
def served() -> Iterator[StandIn]:
    with stand_in() as hub:
        yield hub


@pytest.fixture
def hub(served: StandIn, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The Hub as the environment names it."""
    monkeypatch.setenv("HF_ENDPOINT", served.endpoint + "/")
    monkeypatch.setenv("HF_TOKEN", f" {TOKEN}\n")
    for name in environment.PLAIN_HTTP:
        monkeypatch.setenv(name, "1")
    return environment.hub()


def push(hub: Hub, written: Written, **options: bool) -> str:
    return hubs.push(hub, REPO, written.folder, written.contents, **options)


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256(path) for path in folder.rglob("*") if path.is_file()}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_pushed_comes_back_and_answers(served: StandIn, hub: Hub, written: Written, tmp_path: Path) -> None:
    commit = push(hub, written)
    pulled = hubs.pull(hub, REPO, tmp_path / "here/letters", revision=commit)
    assert pulled == hubs.Pulled(written.contents, commit)
    assert files(tmp_path / "here/letters") == files(written.folder)
    assert set(files(written.folder)) == published.NAMES
    assert list((tmp_path / "here").iterdir()) == [tmp_path / "here/letters"]
    frame = np.zeros((21, 3), np.float32)
    frame[0, 0] = 1
    assert Predictor.open(tmp_path / "here/letters/model.onnx").predict(frame).label == "B"
    ours, theirs = (Predictor.open(path) for path in (written.root / "track/model", tmp_path / "here/letters"))
    assert theirs.predict(make_hand()) == ours.predict(make_hand())
    assert not served.repositories[REPO].private


def test_the_token_goes_to_the_hub_alone_and_a_reader_needs_none(
    served: StandIn, hub: Hub, written: Written, tmp_path: Path
) -> None:
    commit = push(hub, written)
    asked = [request for request in served.requests if request.path != "/health"]
    assert {(request.where, request.authorization) for request in asked} == {
        ("hub", f"Bearer {TOKEN}"),
        ("storage", None),
    }
    served.requests.clear()
    hubs.pull(hub, REPO, tmp_path / "with", revision=commit)
    assert {request.authorization for request in served.requests if request.where == "storage"} == {None}
    served.requests.clear()
    hubs.pull(Hub(hub.endpoint), REPO, tmp_path / "without")
    assert {request.authorization for request in served.requests} == {None}
    assert TOKEN not in repr(hub)


def test_the_page_begins_with_a_header_and_says_how_to_get_it(written: Written) -> None:
    card = (written.folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlibrary_name: onnx\ntags:\n- signloop\n- landmarks\n---\n\n# letters, version 1\n")
    assert f"signloop hub pull {REPO} --revision COMMIT" in card
    assert "## Decision\n\n**passed**" in card
    assert "predictions.parquet" not in files(written.folder)


def test_no_recording_is_named(written: Written, tmp_path: Path) -> None:
    """A file is often called after who signs in it."""
    version = versions.named(written.store, "letters")
    with versions.files(written.store, version, "signloop/card.md") as path:
        own = path.read_text(encoding="utf-8")
        path.write_text(
            own.replace("- source: tiny", "- files: {'ada_lovelace.csv': 12}\n- source: tiny"), encoding="utf-8"
        )
        published.write(written.store, version, REPO, tmp_path)
        path.write_text(own, encoding="utf-8")
    assert "- source: tiny" in own
    assert (tmp_path / "README.md").read_bytes() == (written.folder / "README.md").read_bytes()
    for text in own.split("\n\n"):
        assert text.strip() in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_the_same_again_is_no_new_commit_and_others_files_stay(
    served: StandIn, hub: Hub, written: Written, tmp_path: Path
) -> None:
    first = push(hub, written)
    assert push(hub, written) == first
    served.publish(REPO, {"LICENSE": b"MIT"})
    less = tmp_path / "less"
    shutil.copytree(written.folder, less)
    (less / "step.onnx").unlink()
    kept = {name: value for name, value in written.contents.files.items() if name != "step.onnx"}
    contents = written.contents.model_copy(update={"files": kept, "version": 2})
    write_json(less / published.LIST, contents.model_dump(mode="json"))
    second = hubs.push(hub, REPO, less, contents)
    held = served.repositories[REPO].commits[second]
    assert set(held) == {*published.NAMES, "LICENSE", ".gitattributes"} - {"step.onnx"}
    newest, pinned = (hubs.pull(hub, REPO, tmp_path / name, revision=r) for name, r in (("new", None), ("old", first)))
    assert (newest.revision, newest.contents.version) == (second, 2)
    assert (pinned.revision, pinned.contents.version) == (first, 1)
    assert files(tmp_path / "new") == files(less)
    assert files(tmp_path / "old") == files(written.folder)


@pytest.mark.parametrize("name", sorted(published.NAMES - {published.LIST}))
def test_a_changed_file_is_refused_and_nothing_is_kept(
    served: StandIn, hub: Hub, written: Written, tmp_path: Path, name: str
) -> None:
    push(hub, written)
    whole = (written.folder / name).read_bytes()
    served.served = lambda path, data: data[:-1] + bytes([data[-1] ^ 1]) if data == whole else data
    with pytest.raises(InputError, match=f"was refused, nothing is kept: {name} was changed"):
        hubs.pull(hub, REPO, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_broken_off_download_is_no_model(served: StandIn, hub: Hub, written: Written, tmp_path: Path) -> None:
    push(hub, written)
    served.served = lambda path, data: data[:-9] if path.startswith("sha256:") else data
    with pytest.raises(TransientError, match="does not answer as it should"):
        hubs.pull(hub, REPO, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["weights.pkl", "../outside.txt", "/etc/passwd", "signloop.json", ".cache/x"])
def test_a_list_that_names_other_files_is_refused_unread(
    served: StandIn, hub: Hub, written: Written, tmp_path: Path, name: str
) -> None:
    told = written.contents.model_dump(mode="json")
    told["files"][name] = "0" * 64
    served.publish(REPO, {name: b"harm", **bytes_of(written.folder), published.LIST: json.dumps(told).encode()})
    with pytest.raises(InputError, match="names files that are never published"):
        hubs.pull(hub, REPO, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    resolved = {request.path.partition("/resolve/")[2].partition("/")[2] for request in served.requests}
    assert resolved - {""} == {published.LIST}


def test_a_model_that_says_something_else_of_itself_is_refused(
    served: StandIn, hub: Hub, written: Written, tmp_path: Path
) -> None:
    other = tmp_path / "other.onnx"
    write_onnx(other, 0, classes=("X", "Y", "Z"))
    told = written.contents.model_dump(mode="json")
    told["files"]["model.onnx"] = sha256(other)
    listed = json.dumps(told).encode()
    served.publish(REPO, {**bytes_of(written.folder), "model.onnx": other.read_bytes(), published.LIST: listed})
    with pytest.raises(InputError, match=r"contract.json does not say what model.onnx says"):
        hubs.pull(hub, REPO, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_of_another_tool_is_named_as_such(served: StandIn, hub: Hub, tmp_path: Path) -> None:
    served.publish(REPO, {"pytorch_model.bin": b"\x80\x04pickled", "README.md": b"a card"})
    with pytest.raises(InputError, match=r"lacks a file: .*Was it pushed by `signloop hub push`"):
        hubs.pull(hub, REPO, tmp_path / "out")
    served.publish(REPO, {published.LIST: b"{"})
    with pytest.raises(InputError, match="is not a list of Signloop's"):
        hubs.pull(hub, REPO, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_only_a_whole_commit_pins(hub: Hub, written: Written, tmp_path: Path) -> None:
    commit = push(hub, written)
    for revision in ("main", commit[:7], commit.upper() + "\n"):
        with pytest.raises(InputError, match="expected the 40 digits of a commit"):
            hubs.pull(hub, REPO, tmp_path / "out", revision=revision)
    with pytest.raises(InputError, match=f"has no commit {'0' * 40}"):
        hubs.pull(hub, REPO, tmp_path / "out", revision="0" * 40)
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="is there already"):
        hubs.pull(hub, REPO, tmp_path / "out", revision=commit)


def test_who_may_not_is_told_why(served: StandIn, hub: Hub, written: Written, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="HF_TOKEN is not set: pushing needs a token"):
        push(Hub(hub.endpoint), written)
    with pytest.raises(InputError, match=r"\(403\).*HF_TOKEN does not allow it"):
        push(Hub(hub.endpoint, READER), written)
    with pytest.raises(InputError, match="expected OWNER/NAME"):
        hubs.push(hub, "letters", written.folder, written.contents)
    with pytest.raises(InputError, match=r"\(404\).*no such model, or HF_TOKEN does not allow it"):
        hubs.pull(hub, "ada/nothing", tmp_path / "out")
    push(hub, written, private=True)
    assert served.repositories[REPO].private
    with pytest.raises(InputError, match=r"\(401\).*it is private and HF_TOKEN is not set"):
        hubs.pull(Hub(hub.endpoint), REPO, tmp_path / "out")
    hubs.pull(Hub(hub.endpoint, READER), REPO, tmp_path / "out")


def test_what_is_public_already_is_not_pushed_to_as_private(served: StandIn, hub: Hub, written: Written) -> None:
    before = served.publish(REPO, {})
    with pytest.raises(InputError, match="exists and is public"):
        push(hub, written, private=True)
    assert served.repositories[REPO].head == before


def test_a_hub_that_is_away_busy_or_changed_meanwhile_is_worth_a_second_try(
    served: StandIn, hub: Hub, written: Written, tmp_path: Path
) -> None:
    with pytest.raises(TransientError, match="cannot be reached"):
        hubs.pull(Hub("http://127.0.0.1:9"), REPO, tmp_path / "out")
    served.failing = {"POST /api/repos/create": 503}
    with pytest.raises(TransientError, match="does not answer as it should \\(503\\)"):
        push(hub, written)
    served.failing = {"POST /api/models/.*/commit/main": 422}
    with pytest.raises(InputError, match=r"refuses 'ada/letters' \(422\): as the test wants it"):
        push(hub, written)
    served.failing = {}
    served.before_commit = lambda: bool(served.publish(REPO, {"LICENSE": b"by another"})) and None
    with pytest.raises(TransientError, match="was changed meanwhile"):
        push(hub, written)
    served.before_commit = lambda: None
    served.failing = {f"HEAD /{REPO}/resolve/.*": 403}
    push(hub, written)
    with pytest.raises(InputError, match=r"\(403\)"):
        hubs.pull(hub, REPO, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_or_foreign_version_is_not_published(written: Written, tmp_path: Path) -> None:
    version = versions.named(written.store, "letters")
    with versions.files(written.store, version, "signloop/model.json") as path:
        whole = path.read_bytes()
        path.write_bytes(whole + b" ")
        with pytest.raises(RegistryError, match=r"is not published: version 1: signloop/model.json was changed"):
            published.write(written.store, version, REPO, tmp_path)
        path.write_bytes(whole)
    card = path.with_name("card.md")
    card.rename(tmp_path / "card.md")
    with pytest.raises(RegistryError, match=r"lacks signloop/card.md: it was registered by another tool"):
        published.write(written.store, version, REPO, tmp_path)
    (tmp_path / "card.md").rename(card)


def test_without_the_client_one_is_told_how_to_get_it(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match="pip install"):
        hubs.pull(hub, REPO, tmp_path / "out")


def test_by_the_command_line(
    served: StandIn, hub: Hub, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = invoke(Project(written.root), "hub", "push", "letters", REPO, "--version", "1", "--private")
    commit = served.repositories[REPO].head
    assert said == f"letters version 1: 6 files in {REPO}\n  signloop hub pull {REPO} --revision {commit}\n"
    monkeypatch.chdir(tmp_path)
    said = invoke(Project(tmp_path), "hub", "pull", REPO, "--revision", commit)
    assert said.startswith(f"letters version 1 at {commit}: 6 files\n")
    assert "predict letters FILE --model letters/model.onnx" in said
    assert files(tmp_path / "letters") == files(written.folder)
    invoke(Project(tmp_path), "hub", "pull", REPO, "-o", "elsewhere")
    assert files(tmp_path / "elsewhere") == files(written.folder)


def test_a_process_shows_no_token_and_uses_none_that_was_saved(served: StandIn, tmp_path: Path) -> None:
    """With --debug, which shows what libraries log; without HF_TOKEN, but with a token in the client's own folder."""
    served.publish(REPO, {"README.md": b"a card"})
    (tmp_path / "client").mkdir()
    (tmp_path / "client/token").write_text("hf_saved_here")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "DISABLE_", "DO_NOT"))}
    for token in ("", TOKEN):
        served.requests.clear()
        client = {"HF_ENDPOINT": served.endpoint, "HF_HOME": str(tmp_path / "client"), "HF_DEBUG": "1"}
        ours = kept | client | ({"HF_TOKEN": token} if token else {}) | {"PYTHONPATH": str(HERE)}
        command = [sys.executable, "-m", "flows.command", "--debug", "hub", "pull", REPO]
        ended = subprocess.run(
            command, env=ours, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert ended.returncode == 1
        assert "lacks a file" in ended.stderr
        assert f"GET {served.endpoint}/api/models/{REPO}" in ended.stderr  # it does log what it asks
        assert not [said for said in (TOKEN, "hf_saved_here") if said in ended.stdout + ended.stderr]
        expected = f"Bearer {token}" if token else None
        assert {request.authorization for request in served.requests if request.path != "/health"} == {expected}
