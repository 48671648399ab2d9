"""A question that cannot be answered gets a problem document that names the parameter and says what it may be."""

import pytest

from server.app import create_app
from tests.server.conftest import serving
from tests.server.figures import Figures

SERIES = "/api/v1/stats/timeseries"


@pytest.mark.parametrize(
    ("query", "parameter", "remedy"),
    [
        ("period=never", "period", "last-13-weeks"),
        ("period=2026-W60", "period", "2026-W47"),
        ("period=2026&from=2026-01-01", "period", "cannot be combined"),
        ("from=2026-1-1", "from", "like 2026-11-23"),
        ("from=2026-02-30", "from", "not a day of the calendar"),
        ("from=1700000000", "from", "like 2026-11-23"),
        ("to=1969-01-01", "to", "from 2020 to"),
        ("from=2026-11-23&to=2026-11-23", "to", "not after from"),
        ("granularity=minute", "granularity", "one of hour, day, week, month, quarter"),
        ("granularity=hour", "granularity", "shorter period"),
        ("min_n=4", "min_n", "it can only be raised"),
        ("stage=8", "stage", "0 to 7"),
        ("stage=%D9%A3", "stage", "0 to 7"),
        ("quality=good", "quality", "unset, uncertain, drifting, server"),
        ("compare=ours", "compare", "none, previous, year, org"),
        ("format=pdf", "format", "json, csv, xlsx"),
        ("language=en", "language", "shorter period"),
        ("granularity=day&from=2020-01-01&to=2026-01-01", "granularity", "coarser"),
        ("include_flagged=perhaps", "include_flagged", "true or false"),
        ("organisation=first", "organisation", "number"),
        ("organisation=99999999999", "organisation", "number"),
        ("sevrice=beds", "sevrice", "Known are organisation, directorate, service"),
        ("granularity=day&granularity=week", "granularity", "twice"),
        ("service=" + "x" * 101, "service", "codes of services"),
        ("question=food%00", "question", "words of questions"),
        ("&".join(["team=leek"] * 51), "team", "at most 50"),
    ],
)
@pytest.mark.usefixtures("figures")
def test_a_wrong_value_is_named_with_its_remedy(site, query, parameter, remedy):
    answer = site.get(f"{SERIES}?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (422, "about:blank")
    [error] = problem["errors"]
    assert error["parameter"] == parameter
    assert remedy in error["detail"]


@pytest.mark.usefixtures("figures")
def test_a_refusal_proposes_nothing_that_is_refused_too(site):
    """Not another form of a picture, and not all time for a league."""
    for form in ("png", "csv"):
        [error] = site.get("/api/v1/charts/spc.svg", {"format": form}).json()["errors"]
        assert "svg" in error["detail"]
        assert "json" not in error["detail"]
    for query in ({}, {"period": "all"}):
        [error] = site.get("/api/v1/stats/league", query).json()["errors"]
        assert error["parameter"] == "period"
        assert "last-month" in error["detail"]
        assert "all" not in error["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("service=nowhere", "service"),
        ("service=beds&service=nowhere", "service"),
        ("team=nowhere", "team"),
        ("device=ffffffff", "device"),
        ("device=PET-0001", "device"),
        ("device=", "device"),
        ("question=weather", "question"),
        ("organisation=77", "organisation"),
    ],
)
@pytest.mark.usefixtures("figures")
def test_a_name_that_nothing_carries_is_not_found(site, query, parameter):
    answer = site.get(f"{SERIES}?{query}")
    assert answer.status_code in (404, 422)
    assert (answer.status_code == 422) == query.endswith("=")
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("number", ["0", "99999999999", "99999999999999999999", "first"])
def test_an_organisation_s_number_that_none_can_have_is_refused_by_the_catalogue_too(site, number):
    answer = site.get(f"/api/v1/meta?organisation={number}")
    assert answer.status_code == 422, answer.text
    assert [error["parameter"] for error in answer.json()["errors"]] == ["organisation"]


def test_several_wrong_values_are_all_named(site):
    problem = site.get(f"{SERIES}?granularity=year&from=today&include_flagged=2").json()
    assert {error["parameter"] for error in problem["errors"]} == {"granularity", "from", "include_flagged"}


def test_another_organisations_names_are_not_found(engine, figures, site):
    other = Figures(engine, name="Another Trust", references=(9,))
    theirs = other.device("PET-9")
    query = {"organisation": figures.organisation_id, "device": theirs}
    assert site.get(SERIES, query).status_code == 404


def test_another_organisation_is_not_told_from_none(engine, figures, site):
    other = Figures(engine, name="Another Trust", references=(9,))
    for number in (other.organisation_id, 77):
        refused = site.get(SERIES, {"organisation": number})
        assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (404, "organisation")
    assert site.series()["query"]["organisation"] == figures.organisation_id


@pytest.mark.usefixtures("engine")
def test_before_there_is_an_organisation_the_answer_says_so(site):
    for path in (SERIES, "/api/v1/meta"):
        assert site.get(path).status_code == 404


def test_a_database_that_is_away_is_503_and_the_process_still_lives(settings):
    away = settings.model_copy(update={"database_url": "postgresql://pet@127.0.0.1:1/pet"})
    with serving(create_app(away)) as site:
        for path in ("/readyz", SERIES):
            answer = site.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert site.page("/").status_code == 503
        assert site.get("/healthz").json() == {"status": "ok"}


def test_an_unknown_address_is_a_problem_too(site):
    answer = site.get("/api/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.usefixtures("figures")
def test_the_web_process_cannot_write(settings):
    app = create_app(settings)
    with app.state.engine.connect() as connection, pytest.raises(Exception, match="read-only transaction"):
        connection.exec_driver_sql("DELETE FROM rollup_day")
    app.state.engine.dispose()
