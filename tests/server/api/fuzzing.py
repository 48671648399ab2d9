"""Whatever the reference of the interface allows, and near misses of it, asked of the real application and database."""

import json
import warnings
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import hypothesis
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.api.access import find_viewer
from tests.parts import ROOT

REFERENCE = ROOT / "docs/openapi.json"
HERE = "http://localhost"  # a name that the gate knows
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass
class Findings:
    """What a run came to."""

    asked: Counter = field(default_factory=Counter)  # by operation
    answers: Counter = field(default_factory=Counter)  # by status
    failures: dict = field(default_factory=dict)  # by operation: what went wrong first

    def __str__(self):
        return "\n\n".join(f"{label}\n{failure}" for label, failure in self.failures.items())


@cache
def reference():
    """As it was committed when the run began."""
    return REFERENCE.read_text(encoding="utf-8")


def ask_everything(app, viewer, *, examples, seed, only=None):
    """Every operation of the reference, `examples` times each with right and with wrong data, as this viewer."""
    app.dependency_overrides[find_viewer] = lambda: viewer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # schemathesis' own, about its parts
        schema = schemathesis.openapi.from_dict(json.loads(reference()))
        schema.app = app
        found = Findings()
        for result in schema.get_all_operations():
            operation = result.ok()
            if only is None or operation.label in only:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    _ask(operation, mode, found, examples, seed)
    return found


def _ask(operation, mode, found, examples, seed):
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def each(case):
        response = case.call(base_url=HERE, headers={"Origin": HERE})
        found.asked[operation.label] += 1
        found.answers[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except BaseExceptionGroup as error:  # whatever the checks say
            found.failures.setdefault(operation.label, f"{case.as_curl_command()}\n{error}"[:3000])

    try:
        each()
    except hypothesis.errors.Unsatisfiable:
        pass  # an operation without parameters has no wrong ones
    except Exception as error:  # noqa: BLE001 - the generator's own trouble is a finding too
        found.failures.setdefault(operation.label, f"while generating: {error!r}"[:3000])
