"""Concerns are few and certain: 99.8 % or a false-discovery rate, never of fewer than ten; highlights mirror them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.benjamini_hochberg import discoveries
from server.measures.binomial_tail import tail_p
from server.measures.chart import ChartSettings, PointKind, Rule
from server.measures.concerns import Cell, Guard, Level, Special, find_concerns, find_highlights, special_of
from server.measures.part import Part
from server.measures.pchart import pchart
from server.measures.spc import xmr

WORSE_RUN = Special(PointKind.CONCERN, Rule.SHIFT)
WORSE_POINT = Special(PointKind.CONCERN, Rule.OUTSIDE)
BETTER_POINT = Special(PointKind.IMPROVEMENT, Rule.OUTSIDE)


def levels(positive, n, reference=0.85, special=None, **settings):
    cell = Cell("food", Part(positive, n), reference, special)
    return [finding.level for find in (find_concerns, find_highlights) for finding in find([cell], **settings)]


@pytest.mark.parametrize(
    ("positive", "n", "expected"),
    [
        (152, 200, [Level.CONCERN]),  # 76 %: even the 99.8 % interval is below 85
        (76, 100, [Level.WATCH]),  # the same of fewer: only the 95 % interval is
        (85, 100, []),
        (93, 100, [Level.GOOD_SIGN]),
        (196, 200, [Level.HIGHLIGHT]),
        (0, 9, []),  # nobody is accused by nine
        (0, 10, [Level.CONCERN]),
        (0, 0, []),
    ],
)
def test_the_interval_decides_and_ten_are_needed(positive, n, expected):
    assert levels(positive, n) == expected


def test_without_a_reference_only_the_chart_speaks():
    assert levels(10, 100, reference=None) == []
    assert levels(10, 100, reference=None, special=WORSE_POINT) == [Level.CONCERN]


def test_a_point_outside_is_a_concern_and_a_run_is_watched():
    assert levels(85, 100, special=WORSE_POINT) == [Level.CONCERN]
    assert levels(85, 100, special=WORSE_RUN) == [Level.WATCH]
    assert levels(85, 100, special=BETTER_POINT) == [Level.HIGHLIGHT]
    assert levels(8, 9, special=WORSE_POINT) == []


STEADY = [Part(21, 22)] * 12


def latest(*parts, **settings):
    return special_of(pchart([*STEADY, *parts]), **settings)


def test_outside_limits_of_few_answers_is_not_certain():
    """8 of 11 around 95 %: outside the p-limits, and yet chance makes it once in 66 weeks."""
    unsure = latest(Part(8, 11))
    assert (unsure.kind, unsure.rule) == (PointKind.CONCERN, Rule.OUTSIDE)
    assert tail_p(8, 11, 0.95) == pytest.approx(1 / 66, rel=0.01)
    assert not unsure.certain
    sure = latest(Part(6, 11))
    assert sure.chance < 0.001
    assert sure.certain
    assert levels(95, 100, special=unsure)[0] is Level.WATCH
    assert levels(95, 100, special=sure)[0] is Level.CONCERN


def test_old_news_trial_limits_and_nothing_are_not_special():
    assert latest(Part(6, 11), Part(0, 0)) is None
    assert latest(Part(6, 11), Part(0, 0), recent=2).certain
    assert latest(Part(20, 22)) is None
    assert special_of(pchart([*STEADY[:10], Part(0, 11)])) is None
    assert special_of(pchart([])) is None


def test_after_a_hundred_positive_answers_one_other_is_watched_and_three_at_once_are_a_concern():
    always = [Part(10, 10)] * 12
    assert levels(95, 100, special=special_of(pchart([*always, Part(9, 10)])))[0] is Level.WATCH
    assert levels(95, 100, special=special_of(pchart([*always, Part(7, 10)])))[0] is Level.CONCERN
    never = [Part(0, 10)] * 12
    assert not special_of(pchart([*never, Part(1, 10)])).certain


def test_the_chance_is_held_against_the_baseline_of_the_limits_in_force():
    parts = [*[Part(5, 10)] * 12, *[Part(9, 10)] * 12, Part(3, 10)]
    moved = special_of(pchart(parts, ChartSettings(rebases=(12,))))
    assert moved.chance == pytest.approx(tail_p(3, 10, 108.5 / 121))
    assert moved.certain


def test_charts_of_places_that_never_change_hardly_ever_make_a_concern():
    """2,000 charts of 24 weeks of 11 answers, 95 % positive: about one in a thousand, though 40 lie outside."""
    dice = random.Random(21)
    weeks = [[Part(sum(dice.random() < 0.95 for _ in range(11)), 11) for _ in range(24)] for _ in range(2000)]
    found = [special for special in map(special_of, map(pchart, weeks)) if special]
    assert sum(special.rule is Rule.OUTSIDE for special in found) > 20
    assert sum(special.certain for special in found) <= 4


def test_a_chart_of_ranges_speaks_for_itself():
    special = special_of(xmr([0.9, 0.92] * 6 + [0.5]))
    assert special == (PointKind.CONCERN, Rule.OUTSIDE, None)
    assert special.certain


def test_below_target_and_getting_better_is_both_said():
    assert levels(152, 200, special=BETTER_POINT) == [Level.CONCERN, Level.HIGHLIGHT]


def test_a_finding_says_why():
    (finding,) = find_concerns([Cell("food", Part(152, 200), 0.85, WORSE_RUN)])
    assert finding.beside_reference
    assert finding.special is WORSE_RUN
    assert finding.share == 0.76
    assert finding.interval_95 == pytest.approx((0.696, 0.814), abs=5e-4)
    assert finding.z == pytest.approx(-3.56, abs=0.005)
    (by_chart,) = find_concerns([Cell("food", Part(85, 100), 0.85, WORSE_RUN)])
    assert not by_chart.beside_reference


def test_the_most_certain_comes_first_not_the_lowest_percentage():
    cells = [
        Cell("low of few", Part(7, 12), 0.85),
        Cell("watched", Part(76, 100), 0.85),
        Cell("certain", Part(780, 1000), 0.85),
        Cell("less certain", Part(152, 200), 0.85),
    ]
    assert [finding.key for finding in find_concerns(cells)] == ["certain", "less certain", "low of few", "watched"]


def test_one_persons_many_answers_are_no_proof():
    assert levels(152, 200) == [Level.CONCERN]
    cell = Cell("all five", Part(152, 200, people=40), 0.85)
    assert find_concerns([cell]) == ()


def test_benjamini_and_hochberg_let_one_of_many_stand_only_where_it_is_clear():
    lonely, many = Cell("food", Part(76, 100), 0.85), [Cell(index, Part(85, 100), 0.85) for index in range(99)]
    guard = {"guard": Guard.BENJAMINI_HOCHBERG}
    assert [one.level for one in find_concerns([lonely], **guard)] == [Level.CONCERN]
    assert [one.level for one in find_concerns([lonely, *many], **guard)] == [Level.WATCH]
    clear = Cell("food", Part(140, 200), 0.85)
    assert [one.level for one in find_concerns([clear, *many], **guard)] == [Level.CONCERN]


def test_a_chance_on_either_side_counts_twice():
    """One-sided 0.012 is two-sided 0.024: two such among two stand at 0.03, and do not at 0.02."""
    cells = [Cell(index, Part(76, 100), 0.85) for index in range(2)]
    assert tail_p(76, 100, 0.85) == pytest.approx(0.0119, abs=5e-5)
    for false_share, level in ((0.03, Level.CONCERN), (0.02, Level.WATCH)):
        found = find_concerns(cells, Guard.BENJAMINI_HOCHBERG, false_share)
        assert {one.level for one in found} == {level}


def test_the_published_example_of_false_discoveries():
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p_values += [0.4262, 0.5719, 0.6528, 0.7590, 1.000]  # Benjamini and Hochberg 1995, section 3.2
    assert sum(discoveries(p_values)) == 4
    assert discoveries([]) == ()
    assert discoveries([0.05]) == (True,)
    assert discoveries([0.05, 0.025]) == (True, True)  # the larger one carries the smaller
    assert discoveries([0.03, 0.06]) == (False, False)
    with pytest.raises(ValueError, match="within 0 and 1"):
        discoveries([1.1])


@pytest.mark.parametrize("guard", Guard)
def test_where_nothing_is_wrong_hardly_anything_is_a_concern(guard):
    """150 questions of teams exactly on target, a hundred weeks: no more false concerns than 99.8 % promises (15)."""
    dice = random.Random(20)
    concerns = 0
    for _ in range(100):
        answers = [sum(dice.random() < 0.85 for _ in range(40)) for _ in range(150)]
        found = find_concerns([Cell(index, Part(x, 40), 0.85) for index, x in enumerate(answers)], guard)
        concerns += sum(finding.level is Level.CONCERN for finding in found)
    assert concerns <= 15


def test_the_interval_alone_would_accuse_the_innocent():
    """Five of ten where 85 % is true: beyond the 99.8 % interval, and yet chance makes it once in a hundred."""
    (finding,) = find_concerns([Cell("food", Part(5, 10), 0.85)])
    assert finding.z < -3.090232
    assert tail_p(5, 10, 0.85) == pytest.approx(0.0099, abs=5e-5)
    assert finding.level is Level.WATCH


def test_the_exact_tail_refuses_what_cannot_be():
    assert tail_p(0, 0, 0.5) == 1.0
    for chosen, n, share in ((-1, 5, 0.5), (6, 5, 0.5), (1, 5, 0), (1, 5, 1)):
        with pytest.raises(ValueError, match="within 0 and n"):
            tail_p(chosen, n, share)


@pytest.mark.parametrize("reference", [0, 1, 85])
def test_an_impossible_reference_is_refused(reference):
    with pytest.raises(ValueError, match="between 0 and 1"):
        find_concerns([Cell("food", Part(5, 10), reference)])


@given(st.integers(10, 500), st.data(), st.floats(0.05, 0.95), st.sampled_from(Guard))
def test_highlights_are_concerns_mirrored(n, data, reference, guard):
    x = data.draw(st.integers(0, n))
    bad = find_concerns([Cell("a", Part(x, n), reference)], guard)
    good = find_highlights([Cell("a", Part(n - x, n), 1 - reference)], guard)
    mirror = {Level.HIGHLIGHT: Level.CONCERN, Level.GOOD_SIGN: Level.WATCH}
    if all(abs(abs(one.z) - bound) > 1e-9 for one in (*bad, *good) for bound in (1.959964, 3.090232)):
        assert [one.level for one in bad] == [mirror[one.level] for one in good]


@given(st.integers(10, 300), st.data())
def test_more_positive_answers_never_make_it_worse(n, data):
    x = data.draw(st.integers(0, n - 1))
    weight = {(): 0, (Level.WATCH,): 1, (Level.CONCERN,): 2}
    fewer, more = (find_concerns([Cell("a", Part(positive, n), 0.85)]) for positive in (x, x + 1))
    assert weight[tuple(one.level for one in more)] <= weight[tuple(one.level for one in fewer)]
