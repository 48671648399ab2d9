"""Examples of the pages of questionnaires; those of the interface, before them, make a draft."""

from tests.server.accounts.example import Example
from tests.server.accounts.examples_fleet import AUDIT

HERE = "/questionnaires/{questionnaire}"
VERSION = HERE + "/versions/{version}"
DRAFT = HERE + "/draft"

EXAMPLES = [
    Example("GET /questionnaires", hides=("PET-1",)),
    Example(f"GET {HERE}", hides=("PET-1",)),
    Example(f"GET {VERSION}"),
    Example(f"GET {VERSION}/screens/{{screen}}.png"),
    Example(f"GET {VERSION}/file"),
    # questionnaires are the whole organisation's: who manages a part of the fleet reads them, and has them asked there
    Example("GET /new-questionnaire", inside=403, whole=200),
    Example(
        "POST /new-questionnaire",
        data={"code": "ward-round", "name": "Ward round", "title": "Ward", "like": AUDIT},
        inside=403,
        whole=303,
    ),
    Example("POST /new-questionnaire/file", data={"toml": "code ="}, inside=403, whole=422),
    Example(f"POST {HERE}/draft", inside=403, whole=303),
    Example(f"GET {DRAFT}", inside=403, whole=200),
    Example(f"GET {DRAFT}/screens/{{screen}}.png", inside=403, whole=200),
    Example(f"GET {DRAFT}/toml", inside=403, whole=200),
    Example(f"GET {DRAFT}/file", inside=403, whole=200),
    Example(f"POST {DRAFT}/file", data={"toml": "code ="}, inside=403, whole=422),
    Example(f"GET {DRAFT}/questions/{{position}}", inside=403, whole=200),
    Example(f"POST {DRAFT}/questions/{{position}}", data={"revision": "1"}, inside=403, whole=422),
    Example(f"POST {DRAFT}/questions/{{position}}/{{how}}", data={"revision": "1"}, inside=403, whole=303),
    Example(f"GET {DRAFT}/words/{{language}}", inside=403, whole=200),
    Example(f"POST {DRAFT}/words/{{language}}", data={"revision": "1"}, inside=403, whole=422),
    Example(f"GET {DRAFT}/publish", inside=403, whole=200),
    Example(f"POST {DRAFT}/publish", data={"revision": "1"}, inside=403, whole=303),
    Example(f"GET {HERE}/assign", query={"version": "1", "place": "team:leek"}, outside=422),
    Example(f"POST {HERE}/assign", data={"version": "1", "place": "team:leek"}, inside=303, outside=404),
    Example(f"POST {HERE}/unassign", data={"place": "team:leek", "number": "1"}, inside=422, outside=404),
]
