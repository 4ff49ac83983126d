"""The page's files over real HTTP; a browser looks at them in test_browser.py."""

import re
from pathlib import Path

import httpx
import pytest

from serving.page import vision
from serving.routes.page import FOLDER
from tests.bundles import bundle
from tests.serving.factories import serving, settings, store_with


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    return store_with(folder)[0], folder


@pytest.fixture(scope="module")
def client(store):
    with serving(settings(*store)) as client:
        yield client


def test_the_page_and_all_that_it_names_are_there_and_from_here(client: httpx.Client):
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    scripts = [page.text, *(client.get(f"/page/{path.name}").text for path in FOLDER.glob("*.js"))]
    named = {name for text in scripts for name in re.findall(r'(?:from|src=|href=|Worker\()\s*"([^"]+)"', text)}
    assert {"/page/page.css", "/page/page.js", "./stream.js", "/page/detecting.js"} <= named
    for name in named - {"data:,"}:
        assert client.get(name.replace("./", "/page/")).status_code == 200, name
    assert not any("//" in name for name in named)


def test_a_browser_may_load_and_reach_nothing_else(client: httpx.Client):
    for address in ("/", "/page/detecting.js", "/page/setup"):
        headers = client.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "connect-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "microphone=()" in headers["permissions-policy"]


@pytest.mark.parametrize(
    "address",
    [
        "/page/__init__.py",
        "/page/..%2f..%2fapp.py",
        "/page/%2e%2e/setup.py",
        "/assets/..%2f..%2fparams.yaml",
        "/assets/tasks-vision/1.1.0/../../../etc/passwd",
        "/assets/tasks-vision/1.1.0/package.json",
        "/assets/face_landmarker.task",
    ],
)
def test_names_that_are_not_ours_lead_nowhere(client: httpx.Client, address: str):
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_setup_says_what_is_served_and_what_is_missing(client: httpx.Client):
    told = client.get("/page/setup").json()
    track = told["tracks"]["letters"]
    assert (track["classes"], track["points"], track["skeleton"], track["version"]) == (["A", "B", "C"], 21, "hand", 1)
    assert sorted(track["columns"]) == sorted(track["parts"]["hand"]) == list(range(21))
    assert told["missing"] == [
        {"name": "hand_landmarker", "command": "signloop assets fetch"},
        {"name": "pose_landmarker", "command": "signloop assets fetch"},
        {"name": "tasks_vision", "command": "signloop assets fetch tasks_vision"},
    ]
    answer = client.get(told["bundles"]["hand_landmarker"])
    assert (answer.status_code, "signloop assets fetch" in answer.json()["detail"]) == (404, True)


def test_another_archive_is_not_opened(store, tmp_path: Path):
    (tmp_path / vision.BUNDLE.file).write_bytes(b"not it")
    with serving(settings(*store, assets=(tmp_path,))) as client:
        answer = client.get(f"/assets/tasks-vision/{vision.VERSION}/vision_bundle.mjs")
        assert answer.status_code == 404
        assert str(tmp_path) not in answer.text


def test_mediapipes_files_come_out_of_the_archive(store):
    path = bundle("tasks_vision")
    with serving(settings(*store, assets=(path.parent,))) as client:
        for name, (_, media_type) in vision.FILES.items():
            answer = client.get(f"/assets/tasks-vision/{vision.VERSION}/{name}")
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media_type)
        assert answer.content.startswith(b"\0asm")
