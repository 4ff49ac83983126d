"""Models go to a stand-in of the Hub by the real client, and come back; who may not is told why."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from flows import hub as hubs
from flows import published
from flows.environment import Hub
from pipeline.errors import InputError, TransientError
from pipeline.files import write_json
from pipeline.predictor import Predictor
from tests.factories import make_hand
from tests.flows.hub.published_version import REPO, Written, files, push
from tests.flows.hub.stand_in import READER, TOKEN, StandIn

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed: pip install '.[hub]'")


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
