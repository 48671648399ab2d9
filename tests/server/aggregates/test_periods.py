"""Periods and buckets fall where people expect them, weeks with a clock change included."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.aggregates.periods import (
    FORMS,
    Granularity,
    Period,
    buckets,
    count_buckets,
    instant,
    named_period,
    whole_bucket,
)

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 11, 23)
DAYS = st.dates(date(2020, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("name", "first", "after"),
    [
        ("this-week", "2026-11-23", "2026-11-30"),
        ("last-week", "2026-11-16", "2026-11-23"),
        ("this-month", "2026-11-01", "2026-12-01"),
        ("last-month", "2026-10-01", "2026-11-01"),
        ("last-13-weeks", "2026-08-24", "2026-11-23"),
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-W47", "2026-11-16", "2026-11-23"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
    ],
)
def test_a_friendly_name_is_a_span_of_local_days(name, first, after):
    assert named_period(name, MONDAY) == Period(date.fromisoformat(first), date.fromisoformat(after))


def test_all_has_no_ends():
    assert named_period("all", MONDAY).unbounded


def test_every_form_a_refusal_offers_is_understood():
    assert None not in [named_period(form, MONDAY) for form in FORMS]


@pytest.mark.parametrize(
    "name", ["", "2026-13", "2026-W54", "2026-Q5", "26-11", "next-week", "1970", "2026-1", "9999", "٢٠٢٦"]
)
def test_what_is_no_period_is_none(name):
    assert named_period(name, MONDAY) is None


def test_a_week_starts_on_monday_and_carries_its_iso_number():
    first, second = buckets(date(2026, 12, 28), date(2027, 1, 11), Granularity.WEEK)
    assert first == ("2026-W53", date(2026, 12, 28), date(2027, 1, 4))
    assert second == ("2027-W01", date(2027, 1, 4), date(2027, 1, 11))


def test_the_outer_buckets_are_cut_to_the_period():
    found = buckets(date(2026, 11, 18), date(2026, 12, 2), Granularity.MONTH)
    assert found == [
        ("2026-11", date(2026, 11, 18), date(2026, 12, 1)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 2)),
    ]


@given(first=DAYS, days=st.integers(0, 400), granularity=st.sampled_from(list(Granularity)[1:]))
def test_buckets_cover_every_day_once(first, days, granularity):
    after = first + timedelta(days=days)
    found = buckets(first, after, granularity)
    lengths = [(bucket.first, (bucket.after - bucket.first).days) for bucket in found]
    covered = [start + timedelta(days=n) for start, length in lengths for n in range(length)]
    assert covered == [first + timedelta(days=n) for n in range(days)]
    assert count_buckets(first, after, granularity) == len(found)
    assert all(bucket.label == whole_bucket(bucket.first, granularity).label for bucket in found)


@pytest.mark.parametrize(
    ("day", "hours", "labels"),
    [
        ("2026-03-29", 23, ["2026-03-29T00", "2026-03-29T02"]),
        ("2026-10-25", 25, ["2026-10-25T00", "2026-10-25T01+01:00", "2026-10-25T01+00:00", "2026-10-25T02"]),
        ("2026-11-23", 24, ["2026-11-23T00", "2026-11-23T01"]),
    ],
)
def test_hours_of_a_day_with_a_clock_change(day, hours, labels):
    first = date.fromisoformat(day)
    found = buckets(first, first + timedelta(days=1), Granularity.HOUR, LONDON)
    assert [bucket.label for bucket in found[: len(labels)]] == labels
    assert len(found) == hours
    assert [bucket.after for bucket in found[:-1]] == [bucket.first for bucket in found[1:]]
    assert (found[0].first, found[-1].after) == (instant(first, LONDON), instant(first + timedelta(days=1), LONDON))


def test_a_quarter_is_three_months():
    assert [bucket.label for bucket in buckets(date(2026, 11, 3), date(2027, 2, 1), Granularity.QUARTER)] == [
        "2026-Q4",
        "2027-Q1",
    ]
    assert whole_bucket(date(2026, 11, 3), Granularity.QUARTER)[1:] == (date(2026, 10, 1), date(2027, 1, 1))


@pytest.mark.parametrize(("monday", "hours"), [("2026-03-23", 167), ("2026-10-19", 169), ("2026-11-16", 168)])
def test_a_week_with_a_clock_change_has_an_hour_less_or_more(monday, hours):
    first = date.fromisoformat(monday)
    week = instant(first + timedelta(days=7), LONDON) - instant(first, LONDON)
    assert week == timedelta(hours=hours)


def test_a_summer_day_begins_an_hour_before_utc_midnight():
    assert instant(date(2026, 8, 24), LONDON).isoformat() == "2026-08-23T23:00:00+00:00"
