"""Every field of GET /api/v1/stats/timeseries, as docs/api.md tells them."""

from datetime import date

from server.api.shapes import Filters
from tests.server.api.test_timeseries_answer import aside, passes

ADDRESS = "/api/v1/stats/timeseries?period=last-week&service=beds&question=food"
FIGURES = {  # of 30 good answers and 10 bad ones
    "n": 40,
    "responses": 40,
    "positive": 30,
    "positivity": 75.0,
    "ci95": [59.8, 85.8],
    "suppressed": False,
    "precision": "sound",
    "withheld": 0,
    "target": 85.0,
    "at_or_above": False,
    "verdict": "cannot tell yet",
    "responses_needed": 9,
}
LEFT_OUT = {"neutral": 0, "negative": 10, "excluded": 0, "skipped": 0, "timed_out": 0}
WEEK = {
    "period": "2026-W47",
    "start": "2026-11-16T00:00:00Z",
    "end": "2026-11-23T00:00:00Z",
    "complete": True,
}
FILTERS = {
    **{name: [] for name in Filters.model_fields} | dict.fromkeys(("assisted", "partial")),
    "service": ["beds"],
    "question": ["food"],
}
QUERY = {
    "from": "2026-11-16",
    "to": "2026-11-23",
    "granularity": "week",
    "compare": "none",
    "timezone": "Europe/London",
    "filters": FILTERS,
    "include_flagged": False,
    "time_basis": "answered",
    "min_n": 5,
}
META = {
    "data_version": 1,
    "as_of": "2026-11-23T01:40:00Z",
    "view": "inside",
    "target": 85.0,
    "suppressed_below": 10,
    "withheld_below": 5,
    "complete": True,
    "late_devices": 1,
    "never_heard": 1,
    "pending_reported": 0,
}


def test_an_answer_has_every_field_of_the_interface(figures, site):
    device = figures.device("PET-0001")
    figures.target("0.85")
    figures.enter(passes(device, 30, 10, day=date(2026, 11, 17)))
    answer = site.series(period="last-week", service="beds", question="food")
    assert answer == {
        "query": QUERY | {"organisation": figures.organisation_id},
        "meta": META,
        "data": [FIGURES | WEEK],
        "totals": FIGURES | LEFT_OUT,
        "undated": aside(0, 0),
        "flagged": aside(0, 0),
        "comparison": None,
        "without_hour": None,
        "marks": [],
        "links": {"self": ADDRESS, "csv": f"{ADDRESS}&format=csv", "xlsx": f"{ADDRESS}&format=xlsx"},
    }
