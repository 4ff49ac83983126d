"""The OpenAPI document says what the server does: its examples are sent, and what it allows and forbids is tried."""

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pipeline.params import Serve
from serving.problems import MEDIA_TYPE
from serving.schemas import ANSWERED, ONE_FRAME
from tests.serving import factories
from tests.serving.factories import serving

ROOMY = Serve(**factories.QUICK.model_dump() | {"max_clips": 8, "max_frames": 64, "max_body_mb": 1})
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def client(shelf, tmp_path_factory):
    with serving(factories.settings(shelf[0], tmp_path_factory.mktemp("serving"), serve=ROOMY)) as client:
        yield client


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path.format(track="letters", version="1", id=ANSWERED), operation


def valid(document, schema, value) -> None:
    jsonschema.validate(value, {**schema, "components": document["components"]})


def test_every_example_can_be_sent_and_is_answered_as_described(client, document):
    sent = 0
    assert client.post("/v1/letters/predict", json={**ONE_FRAME, "id": ANSWERED}).status_code == 200  # to be spoken of
    for method, path, operation in operations(document):
        kinds = operation.get("requestBody", {}).get("content", {"": {}})
        examples = [each["value"] for kind in kinds.values() for each in kind.get("examples", {}).values()]
        answer = operation["responses"]["200"]["content"]["application/json"]
        for body in examples or [None]:
            response = client.request(method, path, json=body)
            assert response.status_code == 200, (path, response.text)
            valid(document, answer["schema"], response.json())
            if body is not None:
                valid(document, kinds["application/json"]["schema"], body)
            sent += 1
        for example in answer.get("examples", {}).values():
            valid(document, answer["schema"], example["value"])
    assert sent >= 14


def test_every_operation_names_its_problems(document):
    for _, path, operation in operations(document):
        problems = {status: said for status, said in operation["responses"].items() if status != "200"}
        assert {"401", "403", "429", "503"} <= set(problems), path
        assert all(list(said["content"]) == [MEDIA_TYPE] for said in problems.values()), path
        assert operation["summary"]


def attempt(client, document, examples: int) -> None:
    """Sends what the document allows, and what it does not, to every operation."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=str(client.base_url).rstrip("/"))
    tried = 0
    for found in schema.get_all_operations():
        cases = [found.ok().as_strategy(generation_mode=mode) for mode in GenerationMode]
        once = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )

        @once
        @given(case=strategies.one_of(cases))
        def hold(case):
            case.call_and_validate(checks=CHECKS)

        hold()
        tried += 1
    assert tried >= 12
    assert client.get("/v2/health/ready").status_code == 200


def test_nothing_that_is_sent_makes_the_server_fail(client, document):
    attempt(client, document, 6)


@pytest.mark.slow
def test_nothing_that_is_sent_makes_the_server_fail_at_length(client, document):
    attempt(client, document, 100)
