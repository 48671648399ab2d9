"""The figures that docs/measures.md prints are the ones that the code gives."""

import pytest

from server.measures.chart import BASELINE_POINTS, RunLengths
from server.measures.concerns import STRONG_P
from server.measures.fisher import fisher_p
from server.measures.friends_family import FriendsFamilyAnswers, friends_family
from server.measures.funnel import funnel_limits
from server.measures.league import width_points
from server.measures.misuse import MisuseSettings
from server.measures.newcombe import newcombe_interval
from server.measures.pchart import ALIKE_WITHIN, PRIME_FROM_N, PRIME_FROM_SIGMA_Z, XMR_FROM_N
from server.measures.positivity import CARE_BELOW, PUBLISH_FROM, Counts, positivity
from server.measures.suppression import WITHHELD_BELOW
from server.measures.verdict import responses_needed
from server.measures.wilson import Z_95, Z_998, wilson_interval
from tests.parts import ROOT

TEXT = " ".join((ROOT / "docs/measures.md").read_text(encoding="utf-8").split())


def measured(positive, n):
    return positivity(Counts(positive=positive, negative=n - positive), n, n)


def percent(positive, n):
    interval = measured(positive, n).interval_percent
    return f"{interval.lower:.1f} to {interval.upper:.1f}"


def interval(x, n, z=Z_95):
    return "{:.6f} to {:.6f}".format(*wilson_interval(x, n, z))


def change(x, y, n):
    return "{:.1f} to {:.1f}".format(*(100 * end for end in newcombe_interval(x, n, y, n))).replace("-", "−")


def funnel_at(z):
    return "{:.1f} to {:.1f}".format(*(100 * end for end in funnel_limits(0.85, 100, z)))


SCORE = friends_family(FriendsFamilyAnswers(60, 20, 5, 3, 2, 10))
MISUSE = MisuseSettings()


@pytest.mark.parametrize(
    "said",
    [
        f"from {WITHHELD_BELOW} answers",
        f"from {PUBLISH_FROM} responses",
        f"from {CARE_BELOW} responses",
        f"| {BASELINE_POINTS} points |",
        f"| {RunLengths().trend} points each |",
        f"59 of 110, {100 * 59 / 110:.1f} %",
        f"{SCORE.positive_percent:.1f} % positive and {SCORE.negative_percent:.1f} % negative",
        f"PET positivity of {positivity(Counts(80, 5, 5, 10), 100, 90).percent:.1f} %",
        f"z = {Z_95} for 95 % ({Z_998} for 99.8 %)",
        f"65 of 100 | {interval(65, 100)} | {interval(65, 100, Z_998)}",
        f"1 of 100 | {interval(1, 100)} | {interval(1, 100, Z_998)}",
        f"0 of 20 | 0 to {wilson_interval(0, 20).upper:.4f}",
        f"26 of 30 ({percent(26, 30)}), 90 of 100 ({percent(90, 100)}) and 85 of 100 ({percent(85, 100)})",
        f"that is {40 + responses_needed(measured(36, 40), 85)} responses",
        f"at 95 % it is {20 + responses_needed(measured(19, 20), 85)}",
        f"fewer than {XMR_FROM_N} responses",
        f"from {PRIME_FROM_N} responses a point",
        f"78.0 to 92.0 and 74.0 to 96.0 is {funnel_at(Z_95)} and {funnel_at(Z_998)}"[
            -len("78.0 to 92.0 and 74.0 to 96.0") :
        ],
        f"40 responses: {width_points(40):.1f} points wide, 100: {width_points(100):.1f}",
        "56 of 70 against 48 of 80: {:.4f} to {:.4f}".format(*newcombe_interval(56, 70, 48, 80)),
        f"| 100 | {change(24, 14, 100)} | {fisher_p(24, 100, 14, 100):.2f} |",
        f"| 130 | {change(31, 18, 130)} | {fisher_p(31, 130, 18, 130):.3f} |",
        f"| 200 | {change(48, 28, 200)} | {fisher_p(48, 200, 28, 200):.3f} |",
        f"at most 1 in {1 / STRONG_P:.0f}",
        f"less than {MISUSE.too_fast_s:.0f} s a question",
        f"{MISUSE.burst_passes} passes within {MISUSE.burst_question_s:.0f} s a question each (5 questions: 200 s)",
        f"{MISUSE.straight_line_passes} passes in a row with the same button throughout (from {MISUSE.questions_from}",
        f"{MISUSE.all_best_passes} passes in a row with only the best answers (from {MISUSE.questions_from} q",
        f"between {MISUSE.night_from_hour}:00 and {MISUSE.night_to_hour}:00",
        f'"cannot tell yet" ({percent(172, 200)})',
    ],
)
def test_the_page_prints_what_the_code_gives(said):
    assert said in TEXT


def test_what_the_page_says_in_words_holds_too():
    assert (ALIKE_WITHIN, PRIME_FROM_SIGMA_Z) == (0.25, 1.2)  # "a quarter from the average", "a fifth more"
    assert MISUSE.burst_passes * MISUSE.burst_question_s * 5 == 200
