"""What `signloop serve` refuses before it listens, and what it makes of the environment."""

from pathlib import Path

import pytest

from flows import serving
from pipeline.errors import InputError
from serving.guards.connections import options

KEY = "0123456789abcdef0123"


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "SIGNLOOP_API_KEYS", serving.TRACKS, serving.DEVICE, serving.LOG):
        monkeypatch.setenv(name, "")  # and what a test sets is put back
    (tmp_path / "dvc.yaml").touch()
    ours = (Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(ours.replace("  threads: 2", "  max_connections: 7"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "signs.example"])
def test_nobody_else_is_listened_to_without_keys(project, host):
    with pytest.raises(InputError, match=r"expected keys .* SIGNLOOP_API_KEYS .*127\.0\.0\.1"):
        serving.run(host=host, port=0, workers=1, device="cpu", tracks=[], log=None)


def test_keys_come_from_the_environment(project, monkeypatch):
    monkeypatch.setenv("SIGNLOOP_API_KEYS", f"ada:predict:{KEY}")
    assert [(key.name, key.roles) for key in serving.settings().keys] == [("ada", {"predict"})]
    monkeypatch.setenv("SIGNLOOP_API_KEYS", "ada:predict:short")
    with pytest.raises(InputError, match="SIGNLOOP_API_KEYS, entry 1, 'ada'"):
        serving.run(host="127.0.0.1", port=0, workers=1, device="cpu", tracks=[], log=None)


def test_the_bounds_of_connections_reach_uvicorn(project):
    told = options(serving.settings().serve)
    assert told["limit_concurrency"] == 8
    assert not told["proxy_headers"]
