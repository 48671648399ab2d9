"""The committed reference against the application: stable names, every refusal a problem document."""

import json

from server.api.description import operations, text
from server.app import create_app
from server.settings import Settings
from tests.parts import ROOT

COMMITTED = ROOT / "docs/openapi.json"


def test_the_committed_reference_is_the_application_s():
    app = create_app(Settings(database_url="postgresql://pet@127.0.0.1/pet"))
    made = text(app.openapi())
    app.state.engine.dispose()
    committed = COMMITTED.read_text(encoding="utf-8")
    assert made == committed, "renew it: .venv/bin/python -m server.api.description docs/openapi.json"


def test_every_operation_has_a_name_of_its_own_and_documents_its_refusals():
    document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, operation in operations(document):
        refusals = {status: each for status, each in operation["responses"].items() if status.startswith("4")}
        if path.startswith("/api/"):
            assert {"401", "403", "404", "422"} <= refusals.keys(), path
        for response in refusals.values():
            assert list(response["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
