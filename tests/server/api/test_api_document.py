"""docs/api.md against the code: a field, parameter or route that only one of them has turns a test red."""

import json
import re
from typing import Annotated, get_args, get_origin

import pytest
from pydantic import BaseModel

from server.api.alerts import FILTERS as OF_ALERTS
from server.api.alerts import AlertsAnswer
from server.api.catalogue_shapes import MetaAnswer
from server.api.command_shapes import Command, CommandAnswer
from server.api.problems import Problem
from server.api.public import PublicAnswer
from server.api.query import MEANINGS, FiguresQuery
from server.api.responses import MORE as OF_RESPONSES
from server.api.responses import ResponsesAnswer
from server.api.shapes import Comparison, Judged, Links, Meta, ResolvedQuery, Totals
from server.api.stats import breakdown, control, cumulative, findings, heat, leagues
from server.api.stats.breakdown import BreakdownAnswer
from server.api.stats.control import ControlAnswer
from server.api.stats.covering import CoverageAnswer
from server.api.stats.cumulative import CumulativeAnswer
from server.api.stats.distribution import DistributionAnswer
from server.api.stats.doubts import DoubtsAnswer
from server.api.stats.findings import FindingsAnswer
from server.api.stats.friends import FriendsAnswer
from server.api.stats.funnels import FunnelAnswer
from server.api.stats.heat import HeatAnswer
from server.api.stats.leagues import LeagueAnswer
from server.api.stats.rolling import RollingAnswer
from server.api.stats.series import TimeseriesAnswer
from server.api.stats.summary import SummaryAnswer
from tests.parts import ROOT

TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")
STATS = {
    "summary": (SummaryAnswer, {}),
    "timeseries": (TimeseriesAnswer, {}),
    "breakdown": (BreakdownAnswer, breakdown.MORE),
    "rolling": (RollingAnswer, breakdown.MORE),
    "cumulative": (CumulativeAnswer, cumulative.MORE),
    "distribution": (DistributionAnswer, {}),
    "heatmap": (HeatAnswer, heat.MORE),
    "spc": (ControlAnswer, control.MORE),
    "concerns": (FindingsAnswer, findings.MORE),
    "league": (LeagueAnswer, leagues.MORE),
    "funnel": (FunnelAnswer, breakdown.MORE),
    "coverage": (CoverageAnswer, {}),
    "misuse": (DoubtsAnswer, {}),
    "fft": (FriendsAnswer, {"month": ""}),
}


def documented(heading):
    """What stands in backticks in the first column of the table below a heading."""
    rows = re.findall(r"^\| (`[^|]*) \|", TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0], re.MULTILINE)
    return [name for row in rows for name in re.findall("`([^`]*)`", row)]


def fields(model, before=""):
    """The addresses of a model's values, like totals.n and data[].n."""
    for name, field in model.model_fields.items():
        address = f"{before}{field.alias or name}"
        kind = plain(field.annotation)
        if (
            get_origin(kind) is list
            and isinstance(get_args(kind)[0], type)
            and issubclass(get_args(kind)[0], BaseModel)
        ):
            yield from fields(get_args(kind)[0], f"{address}[].")
        elif isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, BaseModel):
            yield from fields(kind, f"{address}.")
        else:
            yield address


def plain(annotation):
    """Without `| None` and descriptions."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    inner = [each for each in get_args(annotation) if each is not type(None)]
    return plain(inner[0]) if type(None) in get_args(annotation) and len(inner) == 1 else annotation


def own(model):
    """The addresses that only this answer has: what all share is told once."""
    shared = {f"query.{name}" for name in fields(ResolvedQuery)} | {f"meta.{name}" for name in fields(Meta)}
    shared |= {f"links.{name}" for name in fields(Links)} | {f"comparison.{name}" for name in fields(Comparison)}
    for name in (*Judged.model_fields, *Totals.model_fields):
        shared |= {f"data[].{name}", f"totals.{name}"}
    echoed = {"query.granularity", "query.compare", "query.by", "query.metric"}
    return sorted(set(fields(model)) - shared - echoed)


def test_the_shared_shapes_are_told_once():
    shared = [
        ("What can be asked", list(MEANINGS)),
        (
            "What every answer says",
            [f"query.{name}" for name in fields(ResolvedQuery)]
            + [f"meta.{name}" for name in fields(Meta)]
            + [f"links.{name}" for name in fields(Links)],
        ),
        ("What every figure says", [*Totals.model_fields]),
        ("What a comparison says", list(fields(Comparison))),
        ("What meta answers", list(fields(MetaAnswer))),
        ("What a refusal answers", list(fields(Problem))),
    ]
    for heading, known in shared:
        assert sorted(documented(heading)) == sorted(known), heading


@pytest.mark.parametrize("path", STATS)
def test_each_statistic_s_own_parameters_and_fields_are_told(path):
    model, more = STATS[path]
    assert sorted(documented(f"/stats/{path}")) == sorted({*more, *own(model)})


def test_single_responses_are_told():
    known = {f"query.{name}" for name in fields(ResolvedQuery)}
    told = set(fields(ResponsesAnswer)) - known
    assert sorted(documented("/responses")) == sorted({*OF_RESPONSES} - {"format"} | told)


def test_alerts_are_told():
    assert sorted(documented("/alerts")) == sorted({*OF_ALERTS, *fields(AlertsAnswer)})


def test_public_texts_are_told():
    assert {*documented("/public/{slug}")} == {"organisation", *fields(PublicAnswer)}


def test_commands_are_told():
    known = [*fields(Command), *fields(CommandAnswer)]
    assert sorted(documented("/devices/{device}/commands")) == sorted(known)


def test_every_common_parameter_has_a_meaning():
    assert {field.alias or name for name, field in FiguresQuery.model_fields.items()} <= MEANINGS.keys()


def test_every_route_of_the_reference_is_listed():
    reference = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
    routes = {f"{method.upper()} {path}" for path, methods in reference["paths"].items() for method in methods}
    assert set(re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]*)` \|", TEXT, re.MULTILINE)) == routes
