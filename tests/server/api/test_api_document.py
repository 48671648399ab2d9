"""docs/api.md against the code: a field or parameter that only one of them has turns a test red."""

import re
from typing import get_args, get_origin

import pytest
from pydantic import BaseModel

from server.api.problems import Problem
from server.api.query import MEANINGS
from server.api.shapes import MetaAnswer, TimeseriesAnswer
from tests.parts import ROOT

TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")


def documented(heading):
    """What stands in backticks in the first column of the table below a heading."""
    rows = re.findall(r"^\| (`[^|]*) \|", TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0], re.MULTILINE)
    return [name for row in rows for name in re.findall("`([^`]*)`", row)]


def fields(model, before=""):
    """The addresses of a model's values, like totals.n and data[].n."""
    for name, field in model.model_fields.items():
        address = f"{before}{field.alias or name}"
        kind = field.annotation
        if get_origin(kind) is list and issubclass(get_args(kind)[0], BaseModel):
            yield from fields(get_args(kind)[0], f"{address}[].")
        elif isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, BaseModel):
            yield from fields(kind, f"{address}.")
        else:
            yield address


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("What can be asked", list(MEANINGS)),
        ("What the time series answers", list(fields(TimeseriesAnswer))),
        ("What meta answers", list(fields(MetaAnswer))),
        ("What a refusal answers", list(fields(Problem))),
    ],
)
def test_the_document_names_what_there_is_and_nothing_else(heading, known):
    assert len(known) >= 6
    assert sorted(documented(heading)) == sorted(known)
