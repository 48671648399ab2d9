"""The reference of the interface as OpenAPI: complete in its refusals, the same from every start, and committed.

`python -m server.api.description docs/openapi.json` renews the committed one.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from server.api.access import COOKIE
from server.api.problems import MEDIA_TYPE, Problem
from server.api.reference import PREFIX

METHODS = ("get", "post", "put", "patch", "delete")
OF_FRAMEWORK = ("HTTPValidationError", "ValidationError")  # our refusals are problem documents
SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "an API token: POST /api/v1/tokens makes one"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "as the pages sign in; __Host-pet with TLS",
    },
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in OF_FRAMEWORK:
        schemas.pop(name, None)
    schemas["Problem"], inner = _problem_schema()
    schemas.update(inner)
    components["securitySchemes"] = SECURITY
    document["security"] = [{scheme: []} for scheme in SECURITY]
    for path, operation in operations(document):
        if not path.startswith((PREFIX, "/metrics")):
            operation["security"] = []
        _refuse_by_problem(operation)
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, operation) of each."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, methods[method]


def install(app: FastAPI) -> None:
    """Have the application describe itself so."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def text(document: dict[str, Any]) -> str:
    """As it is committed."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _problem_schema() -> tuple[dict[str, Any], dict[str, Any]]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = schema.pop("$defs", {})
    return schema, inner


def _refuse_by_problem(operation: dict[str, Any]) -> None:
    """Every refusal is application/problem+json, whatever a route or the framework says of it."""
    if "requestBody" in operation:
        operation["responses"]["400"] = {"description": "The body cannot be read at all"}
    for status, response in operation["responses"].items():
        if status.startswith(("4", "5")):
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def main(path: Path) -> None:
    """Write the reference of this tree's application; it asks no database."""
    from server.app import create_app  # noqa: PLC0415, the application imports this module
    from server.settings import Settings  # noqa: PLC0415

    app = create_app(Settings(database_url="postgresql://pet@127.0.0.1/pet"))
    path.write_text(text(app.openapi()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
