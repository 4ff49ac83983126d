"""What the dashboard and the alerts ask Prometheus for is what /metrics says, label by label."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from serving.routes import metrics as route
from tests.registry.ledgers import roll_back
from tests.serving.factories import clip, serving, settings

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"\b(?:signloop|process)_[a-z_]+")
OF_PROMETHEUS = {"le", "job", "instance"}


def queries() -> list[str]:
    dashboard = json.loads((DEPLOY / "grafana/signloop.json").read_text(encoding="utf-8"))
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    variables = [v["query"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    alerts = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text(encoding="utf-8"))
    return panels + variables + [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]


@pytest.fixture
def told(store, tmp_path) -> dict[str, set[str]]:
    """Returns the labels of every series that /metrics tells of, by its name."""
    roll_back(store)
    with serving(settings(store, tmp_path)) as client:
        for status, id in ((200, "short"), (422, "x" * 64)):  # ID.0 is no id then: a failure to count
            sent = {"clips": [clip(1).tolist()] * 2, "id": id}
            assert client.post("/v1/letters/predict", json=sent).status_code == status
        text = client.get("/metrics").text
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_metric_that_is_asked_for_is_told(told):
    asked = {name for query in queries() for name in NAME.findall(query)}
    assert len(asked) > 10
    assert asked - told.keys() == set()


def test_every_metric_that_is_told_is_asked_for(told):
    asked = {re.sub(r"_(bucket|count|sum)$", "", name) for query in queries() for name in NAME.findall(query)}
    ours = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in told if name.startswith("signloop_")}
    assert {name for name in ours - asked if f"{name}_total" not in asked} == {"signloop_build_info"}


def test_every_label_that_is_asked_for_is_there(told):
    for query in queries():
        labels = {label for name in NAME.findall(query) for label in told[name]} | OF_PROMETHEUS
        named = re.findall(r"by \(([^)]+)\)", query) + re.findall(r"([a-z]+)\s*(?:=~|!=|=)\s*\"", query)
        assert {label.strip() for names in named for label in names.split(",")} <= labels, query


def test_the_legends_name_labels_that_are_there(told):
    dashboard = json.loads((DEPLOY / "grafana/signloop.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            labels = {label for name in NAME.findall(target["expr"]) for label in told[name]} | OF_PROMETHEUS
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels, panel["title"]


def test_prometheus_asks_where_metrics_are():
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    assert job["metrics_path"] in {getattr(r, "path", "") for r in route.router.routes}
    assert all((DEPLOY / "prometheus" / name).exists() for name in config["rule_files"])
