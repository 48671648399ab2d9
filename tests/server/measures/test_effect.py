"""Before and after: called real only where interval and exact test agree, with both counts in the sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.direction import Better
from server.measures.effect import Conclusion, compare, compare_options
from server.measures.effect_words import effect_sentence, effect_words
from server.measures.part import Part

LOWER = Better.LOWER


@pytest.mark.parametrize(
    ("before", "after", "n", "sentence"),
    [
        (24, 14, 100, "Food: fair/poor 24% (24/100) → 14% (14/100): not shown to be real"),
        (
            31,
            18,
            130,
            "Food: fair/poor 24% (31/130) → 14% (18/130): borderline: interval excludes 0, p does not reach .05",
        ),
        (48, 28, 200, "Food: fair/poor 24% (48/200) → 14% (28/200): improved, 2 to 18 points, unlikely to be chance"),
    ],
)
def test_the_three_sentences_of_hospital_food(before, after, n, sentence):
    effect = compare(Part(before, n), Part(after, n), LOWER)
    assert effect_sentence("Food", "fair/poor", effect) == sentence


def test_the_gain_points_to_the_better_whichever_way_that_is():
    fewer_poor = compare(Part(48, 200), Part(28, 200), LOWER)
    more_good = compare(Part(152, 200), Part(172, 200), Better.HIGHER)
    assert fewer_poor.change_points == pytest.approx(-10)
    assert more_good.change_points == pytest.approx(10)
    assert fewer_poor.gain_interval_points == pytest.approx((2.3, 17.6), abs=0.05)
    assert more_good.gain_interval_points == pytest.approx(fewer_poor.gain_interval_points)
    assert fewer_poor.p == pytest.approx(more_good.p)


def test_what_got_worse_is_said_as_plainly():
    effect = compare(Part(28, 200), Part(48, 200), LOWER)
    assert effect.conclusion is Conclusion.WORSENED
    assert effect_words(effect) == "worsened, 2 to 18 points, unlikely to be chance"


def test_a_small_but_certain_change_keeps_its_tenths():
    effect = compare(Part(80_000, 100_000), Part(80_500, 100_000))
    assert effect_words(effect) == "improved, 0.2 to 0.8 points, unlikely to be chance"


def test_a_test_that_is_surer_than_the_interval_is_borderline_too():
    """An exact test and an interval of another kind may disagree either way; neither alone makes it real."""
    disagreeing = [
        effect
        for n1 in range(10, 31, 4)
        for n2 in range(10, 31, 4)
        for x1 in range(n1 + 1)
        for x2 in range(n2 + 1)
        if (effect := compare(Part(x1, n1), Part(x2, n2))).conclusion is Conclusion.BORDERLINE
    ]
    assert disagreeing
    for effect in disagreeing:
        excludes = not effect.change_interval_points.lower <= 0 <= effect.change_interval_points.upper
        assert excludes != (effect.p < 0.05)
        assert ("excludes 0" in effect_words(effect)) == excludes


def test_too_few_are_not_compared_and_show_no_percentage():
    effect = compare(Part(9, 9), Part(0, 200))
    assert effect.conclusion is Conclusion.TOO_FEW
    assert compare(Part(10, 10), Part(0, 200)).conclusion is Conclusion.WORSENED
    assert effect_sentence("Food", "positive", effect) == (
        "Food: positive (n = 9) → (n = 200): too few responses to compare (fewer than 10 in one of the two periods)"
    )


def test_a_reader_may_ask_for_more_responses():
    assert compare(Part(90, 100), Part(20, 40), percent_from=50).conclusion is Conclusion.TOO_FEW
    assert compare(Part(0, 0), Part(0, 0), percent_from=0).conclusion is Conclusion.NO_DATA
    raised = compare_options([90, 10], [20, 20], ["positive", "negative"], percent_from=50)
    assert {effect.conclusion for effect in (raised.positive, raised.negative, *raised.options)} == {Conclusion.TOO_FEW}


def test_nobody_is_no_data():
    effect = compare(Part(0, 0), Part(50, 100))
    assert (effect.conclusion, effect.p, effect.change_points) == (Conclusion.NO_DATA, None, None)
    assert "nobody answered" in effect_words(effect)


def test_pooled_answers_of_the_same_people_prove_no_more_than_the_people():
    alone = compare(Part(76, 100), Part(86, 100))
    pooled = compare(Part(380, 500, people=100), Part(430, 500, people=100))
    assert pooled.conclusion is alone.conclusion is Conclusion.NOT_SHOWN
    assert pooled.change_interval_points == pytest.approx(alone.change_interval_points)
    assert compare(Part(380, 500), Part(430, 500)).conclusion is Conclusion.IMPROVED


def test_small_expected_counts_are_marked():
    assert compare(Part(1, 12), Part(4, 12)).small_counts
    assert not compare(Part(50, 100), Part(60, 100)).small_counts


def test_options_rise_and_fall_and_their_sums_are_judged():
    effects = compare_options(
        [92, 60, 34, 14, 9], [130, 30, 28, 0, 11], ["positive"] * 2 + ["negative"] * 2 + ["excluded"]
    )
    assert effects.negative.before == Part(48, 200)
    assert effects.positive.after == Part(160, 188)
    rose, fell = effects.options[0], effects.options[1]
    assert (rose.conclusion, fell.conclusion) == (Conclusion.ROSE, Conclusion.FELL)  # fewer "good": no loss
    assert effect_words(fell).startswith("fell, ")
    assert effects.options[4].before == Part(9, 209)  # don't know: out of all answers
    assert effects.options[4].conclusion is Conclusion.NOT_SHOWN


def test_counts_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="as many known sentiments"):
        compare_options([1, 2], [1], ["positive", "negative"])
    with pytest.raises(ValueError, match="as many known sentiments"):
        compare_options([1], [1], ["happy"])
    with pytest.raises(ValueError, match="within 0 and n"):
        compare(Part(5, 4), Part(1, 4))


@given(st.integers(0, 300), st.integers(0, 300), st.data())
def test_time_reversed_the_conclusion_is_reversed(n1, n2, data):
    before, after = Part(data.draw(st.integers(0, n1)), n1), Part(data.draw(st.integers(0, n2)), n2)
    mirror = {Conclusion.IMPROVED: Conclusion.WORSENED, Conclusion.WORSENED: Conclusion.IMPROVED}
    there, back = compare(before, after), compare(after, before)
    assert back.conclusion is mirror.get(there.conclusion, there.conclusion)
    assert compare(before, after, LOWER).conclusion is mirror.get(there.conclusion, there.conclusion)
    if there.p is not None:
        assert there.p == pytest.approx(back.p)
