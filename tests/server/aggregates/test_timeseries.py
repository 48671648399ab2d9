"""The series agrees with a count of the single responses, whatever the filter, period and granularity."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from server.aggregates.counts import Tally
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import Names, UnknownNameError, find_place, find_scope
from server.aggregates.timeseries import TooManyBucketsError, timeseries
from server.ingest.tables import UNDATED
from server.measures.positivity import Counts
from tests.server.figures import QUESTIONS, SKIPPED, TIMED_OUT, Figures, Pass

TODAY = date(2026, 11, 23)
ALL_TIME = Period(None, None)
WORDS = list(QUESTIONS)
SERVICE_OF = {"haywood": "beds", "leek": "beds", "north": "home"}


def read(figures, period=ALL_TIME, granularity=Granularity.WEEK, today=TODAY, **names):
    with Session(figures.engine) as session:
        scope = find_scope(session, find_place(session, figures.organisation_id), Names(**names))
        return timeseries(session, scope, period, granularity, today)


def random_passes(dice, devices, number):
    for _ in range(number):
        answers = tuple(
            dice.choice([*range(1, len(sentiments) + 1), SKIPPED, TIMED_OUT, 0]) for sentiments in QUESTIONS.values()
        )
        yield Pass(
            dice.choice(devices),
            UNDATED if dice.random() < 0.05 else TODAY - timedelta(days=dice.randrange(150)),
            answers,
            team=dice.choice(list(SERVICE_OF)),
            reference=dice.choice((1, 2)),
            flagged=dice.random() < 0.1,
            partial=dice.random() < 0.2,
        )


def tally_by_hand(passes, questions):
    """What the passes amount to, one answer at a time."""
    counted, responses, answering = dict.fromkeys(Counts._fields, 0), 0, 0
    for each in passes:
        given = {word: answer for word, answer in zip(WORDS, each.answers, strict=True) if word in questions}
        meant = [QUESTIONS[word][answer - 1] for word, answer in given.items() if 0 < answer < SKIPPED]
        for sentiment in meant:
            counted[sentiment] += 1
        counted["skipped"] += sum(answer == SKIPPED for answer in given.values())
        counted["timed_out"] += sum(answer == TIMED_OUT for answer in given.values())
        responses += bool(meant) or questions == WORDS
        answering += any(sentiment != "excluded" for sentiment in meant)
    return Tally(Counts(**counted), responses, answering)


@pytest.mark.parametrize("seed", range(6))
def test_every_bucket_agrees_with_a_count_by_hand(figures, seed):
    dice = random.Random(seed)
    devices = [figures.device(f"PET-{number}") for number in range(3)]
    passes = list(random_passes(dice, devices, 400))
    figures.enter(passes)

    names = {
        "services": dice.sample(["beds", "home"], dice.choice((0, 1))),
        "teams": dice.sample(list(SERVICE_OF), dice.choice((0, 1, 2))),
        "devices": dice.sample(devices, dice.choice((0, 1, 2))),
        "questions": dice.sample(WORDS, dice.choice((0, 1))),  # of several, responses are a lower bound
        "include_flagged": dice.random() < 0.5,
    }
    first = TODAY - timedelta(days=dice.randrange(1, 160))
    period = dice.choice([Period(None, None), Period(first, first + timedelta(days=dice.randrange(1, 160)))])
    granularity = dice.choice(list(Granularity)[1:])  # hours: test_hours.py

    wanted = [
        each
        for each in passes
        if (not names["services"] or SERVICE_OF[each.team] in names["services"])
        and (not names["teams"] or each.team in names["teams"])
        and (not names["devices"] or each.device in names["devices"])
    ]
    kept = [each for each in wanted if names["include_flagged"] or not each.flagged]
    questions = names["questions"] or WORDS
    series = read(figures, period, granularity, **names)

    for bucket, tally in series.points:
        inside = [each for each in kept if bucket.first <= each.day < bucket.after]
        assert tally == tally_by_hand(inside, questions), bucket
    assert series.undated == tally_by_hand([each for each in kept if each.day == UNDATED], questions)

    def in_totals(each):
        return period.unbounded or (each.day != UNDATED and period.first <= each.day < period.after)

    assert series.totals == tally_by_hand(filter(in_totals, kept), questions)
    flagged = [each for each in wanted if each.flagged and in_totals(each)]
    assert series.flagged == tally_by_hand(flagged, questions)
    assert series.totals.responses > 0
    assert {type(number) for number in (*series.totals.counts, *series.totals[1:])} == {int}


def test_several_questions_claim_no_more_responses_than_there_are(figures):
    device = figures.device("PET-1")
    figures.enter([Pass(device, TODAY, (1, 1, 0)), Pass(device, TODAY, (1, 0, 1)), Pass(device, TODAY, (0, 3, 0))])
    assert read(figures, questions=["food"]).totals.responses == 2
    assert read(figures, questions=["food", "hands"]).totals.responses == 2  # three, but two is certain
    assert read(figures).totals.responses == 3


def test_an_empty_bucket_stands_between_two_full_ones(figures):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 11, 2), (1, 1, 1)), Pass(device, date(2026, 11, 16), (5, 2, 4))])
    series = read(figures)
    assert [(bucket.label, tally.responses) for bucket, tally in series.points] == [
        ("2026-W45", 1),
        ("2026-W46", 0),
        ("2026-W47", 1),
        ("2026-W48", 0),
    ]


def test_before_the_first_answer_there_is_one_empty_bucket(figures):
    series = read(figures, granularity=Granularity.MONTH)
    assert [(bucket.label, tally) for bucket, tally in series.points] == [("2026-11", Tally())]
    assert series.totals == Tally()


def test_undated_answers_count_in_the_totals_of_all_time_and_in_no_bucket(figures):
    device = figures.device("PET-1")
    figures.enter([Pass(device, UNDATED, (1, 1, 1)), Pass(device, TODAY, (1, 1, 1))])
    ever = read(figures)
    assert (ever.totals.responses, ever.undated.responses) == (2, 1)
    assert sum(tally.responses for _, tally in ever.points) == 1
    month = read(figures, Period(date(2026, 11, 1), date(2026, 12, 1)))
    assert (month.totals.responses, month.undated.responses) == (1, 1)


def test_an_option_that_no_version_describes_is_counted_as_excluded(figures):
    device = figures.device("PET-1")
    figures.enter([Pass(device, TODAY, (6, 1, 1))])
    assert read(figures, questions=["food"]).totals == Tally(Counts(excluded=1), 1)


def test_another_organisation_is_never_counted(figures, engine):
    other = Figures(engine, name="Another Trust", references=(7,))
    figures.enter([Pass(figures.device("PET-1"), TODAY, (1, 1, 1))])
    other.enter([Pass(other.device("PET-1"), TODAY, (5, 2, 5), reference=7)])
    assert read(figures).totals == Tally(Counts(positive=3), 1, 1)
    assert read(other).totals == Tally(Counts(negative=3), 1, 1)


@pytest.mark.parametrize(
    ("names", "parameter"),
    [
        ({"services": ["beds", "nowhere"]}, "service"),
        ({"teams": ["nowhere"]}, "team"),
        ({"devices": ["ffffffff"]}, "device"),
        ({"devices": ["PET-1"]}, "device"),
        ({"questions": ["weather"]}, "question"),
    ],
)
def test_an_unknown_name_is_named(figures, names, parameter):
    with pytest.raises(UnknownNameError) as error:
        read(figures, **names)
    assert error.value.parameter == parameter


def test_more_buckets_than_one_chart_may_have_are_refused(figures):
    figures.enter([Pass(figures.device("PET-1"), date(2021, 1, 1), (1, 1, 1))])
    with pytest.raises(TooManyBucketsError, match="days, and one series has at most 800"):
        read(figures, granularity=Granularity.DAY)
    with pytest.raises(TooManyBucketsError):
        read(figures, Period(date(2020, 1, 1), date(2155, 1, 1)))
