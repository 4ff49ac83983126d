"""The OpenAPI document: what each address takes and gives, with examples, and the problems that it may answer with.

Routes read bodies themselves, which is several times as fast as having them validated; so they say here what they read.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serving.problems import MEDIA_TYPE
from serving.schemas import SCHEMAS, Json

ALWAYS = (401, 403, 421, 429, 503)  # without a key, with another's, by another name, too often, at the moment
READING = (400, 408, 413, 415, 422)  # where there is a body
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def ref(name: str) -> Json:
    assert name in SCHEMAS
    return {"$ref": f"#/components/schemas/{name}"}


def content(schema: Json, **examples: Any) -> Json:
    """Returns one kind of body, with examples by their names."""
    return {"schema": schema, "examples": {name: {"value": value} for name, value in examples.items()}}


def described(
    *,
    answers: dict[str, Json],
    takes: dict[str, Json] | None = None,
    parameters: Sequence[Json] = (),
    problems: Sequence[int] = (),
) -> dict[str, Any]:
    """Returns what a route is given besides its path: bodies by their media types, and the statuses of its problems."""
    statuses = sorted({*ALWAYS, *problems, *(READING if takes else ())})
    responses: dict[int | str, Json] = {200: {"description": "The answer", "content": answers}}
    responses |= {status: _problem(status) for status in statuses}
    extra: Json = {"requestBody": {"required": True, "content": takes}} if takes else {}
    if parameters:
        extra["parameters"] = list(parameters)
    return {"responses": responses, "openapi_extra": extra}


def _problem(status: int) -> Json:
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": ref("Problem")}}}


def install(app: FastAPI) -> None:
    """Has the app tell its own schemas in the place of FastAPI's."""

    def document() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document


def _document(app: FastAPI) -> Json:
    said = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    said["components"] = {"schemas": SCHEMAS, "securitySchemes": SECURITY}
    said["security"] = [{}, *({name: []} for name in SECURITY)]  # none where the server has no keys
    for methods in said["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "track":
                    parameter["example"] = "letters"
                elif parameter["name"] == "version" and parameter["in"] == "path":
                    parameter["example"] = "1"
            if operation["responses"].get("422", {}).get("content", {}).keys() == {"application/json"}:
                del operation["responses"]["422"]  # FastAPI's guess
    return said
