"""What comes from the Hub is kept whole, or refused and not kept at all."""

import json
from pathlib import Path

import pytest

from flows import hub as hubs
from flows import published
from flows.environment import Hub
from pipeline.errors import InputError, TransientError
from pipeline.files import sha256
from tests.flows.hub.published_version import REPO, Written, push
from tests.flows.hub.stand_in import StandIn
from tests.registry.factories import write_onnx

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed: pip install '.[hub]'")


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


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
