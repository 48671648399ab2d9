"""The story that the product exists for, as counts: hospital food, 24 % fair or poor, an action, then 14 %, none poor.

Answers to "How is the food here?" of one service, week by week, about eleven a week: 18 weeks before the action began
and 16 after. Whoever plays it end to end and whoever computes it alone takes the counts from here.
"""

from datetime import date, timedelta

from server.measures.chart import ChartSettings
from server.measures.part import Part

TARGET = 0.85
OPTIONS = ("excellent", "good", "fair", "poor")
SENTIMENTS = ("positive", "positive", "negative", "negative")

FIRST_WEEK = date(2026, 2, 2)  # a Monday; the weeks span the clock change of 29 March
ACTION_BEGAN = FIRST_WEEK + timedelta(weeks=18)  # 8 June 2026

WEEKS_BEFORE = (
    (5, 3, 2, 1),
    (5, 4, 2, 0),
    (5, 2, 2, 2),
    (5, 4, 2, 0),
    (5, 3, 2, 1),
    (6, 5, 1, 0),
    (5, 3, 2, 1),
    (5, 2, 3, 1),
    (5, 4, 1, 1),
    (5, 3, 2, 1),
    (5, 4, 2, 0),
    (5, 3, 2, 1),
    (4, 3, 3, 1),
    (7, 4, 0, 1),
    (5, 3, 2, 1),
    (5, 4, 2, 0),
    (6, 3, 1, 1),
    (4, 3, 3, 1),
)
WEEKS_AFTER = (
    (6, 4, 2, 0),
    (7, 5, 1, 0),
    (6, 4, 2, 0),
    (6, 4, 3, 0),
    (7, 4, 1, 0),
    (7, 4, 2, 0),
    (6, 4, 2, 0),
    (7, 5, 1, 0),
    (6, 4, 2, 0),
    (7, 5, 1, 0),
    (6, 4, 3, 0),
    (7, 4, 1, 0),
    (6, 4, 2, 0),
    (7, 5, 1, 0),
    (6, 4, 2, 0),
    (7, 4, 2, 0),
)
WEEKS = WEEKS_BEFORE + WEEKS_AFTER

# The same story with half as many answers: 100 before and 100 after.
HALF_BEFORE = (46, 30, 17, 7)
HALF_AFTER = (52, 34, 14, 0)

# The chart that shows it: a p-chart of weekly positivity, its baseline locked to the weeks before the action.
CHART_SETTINGS = ChartSettings(target=TARGET, baseline=len(WEEKS_BEFORE))


def totals(weeks):
    """Answers by option, of these weeks together."""
    return tuple(map(sum, zip(*weeks, strict=True)))


def positive_part(options):
    """How many of these answers are positive."""
    return Part(options[0] + options[1], sum(options))
