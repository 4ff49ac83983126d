"""What /metrics says after known requests; and that several processes count together."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.registry.ledgers import roll_back
from tests.serving.answering.test_host import ask, made, said, wait_for
from tests.serving.factories import clip, serving, settings

ROOT = Path(__file__).parents[2]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def scraped(client: httpx.Client) -> Samples:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    return samples(response.text)


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"signloop_{name}", frozenset(labels.items())))


def test_each_request_and_answer_is_counted_once(store, tmp_path):
    roll_back(store)
    with serving(made(store, tmp_path, shadow=1)) as client:
        for _ in range(3):
            said(ask(client))
        said(ask(client, version=1))
        assert client.post("/v1/letters/predict", json={"clips": [clip(1).tolist()] * 5}).status_code == 200
        assert client.post("/v1/letters/predict", json={}).status_code == 422
        assert client.get("/nowhere").status_code == 404
        by = {"track": "letters", "role": "shadow", "version": "3"}
        while value(found := scraped(client), "answer_seconds_count", **by) != 4:
            pass
    route = {"route": "/v1/{track}/predict"}
    assert value(found, "requests_total", **route, method="POST", status="200") == 5
    assert value(found, "requests_total", **route, method="POST", status="422") == 1
    assert value(found, "requests_total", route="", method="GET", status="404") == 1
    assert value(found, "request_seconds_count", **route) == 6
    for version, role, count in (("2", "production", 4), ("1", "pinned", 1), ("3", "shadow", 4)):
        assert value(found, "answer_seconds_count", track="letters", role=role, version=version) == count
    assert value(found, "batch_clips_sum", track="letters") == 4 + 5 + 3 + 5
    assert value(found, "log_wait_seconds_count") == 9
    commits = value(found, "log_commits_total")
    assert commits
    assert 1 <= commits <= 9
    for idle in ("clips_waiting", "log_waiting", "streams_open", "registry_away_seconds"):
        assert value(found, idle) == 0
    assert found["process_resident_memory_bytes", frozenset()] > 1e6


def test_it_says_who_stands_where_and_who_stood_there(store, tmp_path):
    with serving(made(store, tmp_path)) as client:
        place = {"track": "letters", "model": "mlp"}
        found = scraped(client)
        assert value(found, "version_serving", **place, role="production", version="3") == 1
        roll_back(store)
        wait_for(client, 2)
        while value(found := scraped(client), "version_serving", **place, role="candidate", version="3") != 1:
            pass
        assert value(found, "version_serving", **place, role="production", version="2") == 1
        assert value(found, "version_serving", **place, role="production", version="3") == 0
        assert value(found, "versions_refused", track="letters") == 0


def test_openmetrics_is_spoken_to_whom_reads_it(store, tmp_path):
    with serving(settings(store, tmp_path)) as client:
        response = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
        assert response.headers["content-type"].startswith("application/openmetrics-text")
        assert response.text.endswith("# EOF\n")


COUNTS = """
import os, sys
from pathlib import Path
from serving.metrics import Metrics

metrics = Metrics(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
for _ in range(int(sys.argv[1])):
    metrics.request("/v1", "POST", 200, 0.01)
metrics.streams.inc()
print(flush=True)
sys.stdin.readline()
sys.stdout.buffer.write(metrics.exposition("")[0])
"""


@pytest.mark.parametrize("dead", [False, True])
def test_several_processes_count_together(tmp_path, dead):
    own = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    started = [
        subprocess.Popen([sys.executable, "-c", COUNTS, str(count)], env=own, **pipes, text=True) for count in (3, 4)
    ]
    first, second = started
    for process in started:
        assert process.stdout
        process.stdout.readline()
    if dead:
        second.kill()
        second.wait()
    told, _ = first.communicate("\n")
    second.communicate("\n")
    found = samples(told)
    assert value(found, "requests_total", route="/v1", method="POST", status="200") == 7
    assert value(found, "request_seconds_count", route="/v1") == 7
    assert value(found, "streams_open") == (1 if dead else 2)  # what a process that is no more had open is closed
