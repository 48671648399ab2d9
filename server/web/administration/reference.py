"""The interface's own description, read for people: routes by part, with parameters, rights, answers and an example."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from server.accounts.rights import Right
from server.api.access import COOKIE, rule_of
from server.api.session import in_person
from server.web.administration.schema_words import Line, Schemas

IN_PERSON = "as a person who signed in: a token is not enough"
METHODS = ("get", "post", "put", "patch", "delete")
PARTS = {  # the tags of the description, in the order of the page
    "figures": "Figures: positivity, series, concerns, comparisons",
    "pictures": "Pictures: the charts as SVG and PNG",
    "responses": "Single responses, and flags on them",
    "improvement": "Improvement: concerns, plans, audits, meetings, credit, texts",
    "league": "The league",
    "reports": "Reports and subscriptions",
    "targets": "Targets, and where limits begin anew",
    "fleet": "Fleet: devices, placements, commands, alerts",
    "questionnaires": "Questionnaires",
    "imports": "Imports",
    "accounts": "Accounts: session, people, tokens, share links",
    "audit": "Audit log and evidence",
    "public": "For anybody",
    "operations": "For monitoring",
}
SAMPLES = {
    "service": "beds",
    "team": "leek",
    "question": "food",
    "period": "last-month",
    "slug": "beds",
    "secret": "pets_…",
    "email": "ruth@example.org",
    "on": "team:leek",
}


class Operation(NamedTuple):
    """One route. `answers`: (status, what it means); `fields`: of what it answers where all is well."""

    id: str
    method: str
    path: str
    sentence: str
    right: str
    parameters: list[Line]
    body: list[Line]
    answers: list[tuple[str, str]]
    fields: list[Line]
    example: str


class Part(NamedTuple):
    """The routes of one tag."""

    tag: str
    title: str
    operations: list[Operation]


def parts(app: FastAPI, site: str) -> list[Part]:
    """Everything that is described; `site`: what examples begin with."""
    document = app.openapi()
    rules = _rules(app)
    schemas = Schemas(document["components"]["schemas"])
    found: dict[str, list[Operation]] = {tag: [] for tag in PARTS}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                described = methods[method]
                tag = next(iter(described.get("tags", ())), "operations")
                operation = _operation(method, path, described, rules[method.upper(), path], schemas, site)
                found.setdefault(tag, []).append(operation)
    return [Part(tag, PARTS.get(tag, tag.capitalize()), operations) for tag, operations in found.items() if operations]


def _rules(app: FastAPI) -> dict[tuple[str, str], str]:
    """Who may use each route, in words; the routes themselves say it."""
    return {
        (method, str(route.path)): _right_words(rule_of(route), by_token=not _is_in_person(route))
        for route in iter_route_contexts(app.routes)
        for method in getattr(route, "methods", None) or ()
    }


def _is_in_person(route: Any) -> bool:
    """Whether the route refuses tokens: it asks `in_person` first, which its code alone says."""
    return in_person.__name__ in route.endpoint.__code__.co_names


def _right_words(rule: object, *, by_token: bool) -> str:
    if rule == "public":
        return "anybody, without an account"
    who = f"whoever has the right to {rule}" if isinstance(rule, Right) else "whoever is signed in"
    return who if by_token else f"{who}, {IN_PERSON}"


def _operation(
    method: str, path: str, described: Mapping[str, Any], right: str, schemas: Schemas, site: str
) -> Operation:
    body = described.get("requestBody", {}).get("content", {})
    form: Mapping[str, Any] = next((content["schema"] for content in body.values()), {})
    parameters = described.get("parameters", [])
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        sentence=described.get("description", described.get("summary", "")).strip(),
        right=right,
        parameters=[_parameter(each, schemas) for each in parameters],
        body=list(schemas.fields(form)) if form else [],
        answers=list(_answers(described)),
        fields=list(schemas.fields(_answered(described))),
        example=_example(method, path, parameters, body, right, schemas, site),
    )


def _parameter(described: Mapping[str, Any], schemas: Schemas) -> Line:
    schema = described.get("schema", {})
    place = {"query": "", "path": " (in the path)", "header": " (header)"}[described["in"]]
    return Line(
        described["name"] + place,
        schemas.kind(schema),
        described.get("required", False),
        described.get("description", schema.get("description", "")),
    )


def _answers(described: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for status, answer in sorted(described["responses"].items()):
        known = HTTPStatus(int(status)).phrase if status.isdigit() else status
        told = answer.get("description", "")
        yield status, known if told in ("", "Successful Response") else told


def _answered(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the answer where all is well, if that is JSON."""
    for status, answer in sorted(described["responses"].items()):
        if status.startswith("2"):
            schema: Mapping[str, Any] = answer.get("content", {}).get("application/json", {}).get("schema", {})
            return schema
    return {}


def _example(
    method: str,
    path: str,
    parameters: list[Mapping[str, Any]],
    body: Mapping[str, Any],
    right: str,
    schemas: Schemas,
    site: str,
) -> str:
    """A line for a shell."""
    query = {}
    for each in parameters:
        value = SAMPLES.get(each["name"], schemas.sample(each.get("schema", {}), each["name"], SAMPLES))
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(value))
        elif each["in"] == "query" and (each.get("required") or each["name"] in {"period", "service"}):
            query[each["name"]] = value
    address = f"{site}{path}?{urlencode(query)}" if query else f"{site}{path}"
    words = ["curl"] + ([f"-X {method.upper()}"] if method not in {"get", "post"} else [])
    if IN_PERSON in right:
        words.append(f"-b \"{COOKIE}=$COOKIE\" -H 'Origin: {site}'")
    elif "anybody" not in right:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if "application/json" in body:
        sample = schemas.sample(body["application/json"]["schema"], "", SAMPLES)
        words.append("--json '" + json.dumps(sample, ensure_ascii=False).replace("'", r"'\''") + "'")
    elif body:
        words.append(f'-H "Content-Type: {next(iter(body))}" --data-binary @FILE')
    elif method == "post":
        words.append("-X POST")
    return " ".join([*words, f"'{address}'"])
