"""The chart's geometry shows what is known, leaves gaps where nothing is, and its colours can be told apart."""

import re
from itertools import pairwise

import pytest

from server.web.chart import FRAMES, NARROW, WIDE, draw
from server.web.heatmap_chart import LIGHT_FROM
from server.web.templates import STATIC
from tests.server.web.test_words import series


@pytest.fixture(params=FRAMES, ids=lambda frame: frame.name)
def frame(request):
    return request.param


def test_an_empty_or_suppressed_bucket_breaks_the_line(frame):
    chart = draw(series((80.0, 40), (82.0, 40), (None, 0), (84.0, 40), (86.0, 40), (None, 3), (88.0, 40)), frame)
    assert [len(points.split()) for points in chart.joins] == [2, 2]
    assert [mark.shape for mark in chart.marks] == ["solid", "solid", "solid", "solid", "cross", "solid"]


def test_the_scale_starts_at_zero_unless_all_lies_in_the_upper_half(frame):
    assert draw(series((95.0, 40), (70.0, 40)), frame).floor == 50
    assert draw(series((95.0, 40), (55.0, 40)), frame).floor == 0
    assert draw(series((None, 0)), frame).floor == 50  # the target alone


def test_all_that_is_drawn_lies_within_the_frame(frame):
    chart = draw(series(*[(100.0, 900), (0.0, 30), (None, 2), (None, 0)] * 50), frame)
    for mark in chart.marks:
        assert frame.left <= mark.x <= frame.width - frame.right
        for y in (mark.y, *(mark.ends or ())):
            assert frame.plot_top <= y <= frame.plot_top + frame.plot_height
    for bar in chart.bars:
        assert bar.y >= frame.strip_top
        assert bar.y + bar.height == pytest.approx(frame.strip_top + frame.strip_height, abs=0.2)


def test_higher_is_better_on_the_page(frame):
    low, high = draw(series((60.0, 40), (90.0, 40)), frame).marks
    assert high.y < low.y
    assert high.ends[1] < high.y < high.ends[0]


def test_labels_never_overlap(frame):
    for number in (1, 2, 13, 31, 60, 400):
        places = [label.x for label in draw(series(*[(80.0, 40)] * number), frame).labels]
        assert all(after - before >= frame.label_width for before, after in pairwise(places))


def test_the_year_is_said_where_it_begins():
    labels = draw(series(*[(80.0, 40)] * 30), WIDE).labels
    assert [label.year for label in labels if label.year] == ["2026", "2027"]


def test_numbers_stand_above_all_bars_or_above_none():
    assert all(bar.number for bar in draw(series(*[(80.0, 40)] * 8), NARROW).bars)
    assert not any(bar.number for bar in draw(series(*[(80.0, 40)] * 40), NARROW).bars)


def test_the_target_is_drawn_only_where_it_was_in_force(frame):
    answer = series((80.0, 40), (80.0, 40), (80.0, 40), (80.0, 40))
    answer.data[0].target = None
    answer.data[3].target = 90.0
    first, second = draw(answer, frame).targets
    quarter = frame.plot_width / 4
    assert (first.x, first.width) == (pytest.approx(frame.left + quarter, abs=0.2), pytest.approx(2 * quarter, abs=0.2))
    assert second.value < first.value


def test_a_single_bucket_is_not_spread_over_the_whole_plot(frame):
    answer = series((None, 3))
    answer.data[0].complete = False
    chart = draw(answer, frame)
    assert [stretch.width for stretch in chart.changing] == [pytest.approx(frame.plot_width / 4, abs=0.2)]
    assert chart.marks[0].x == pytest.approx(frame.left + frame.plot_width / 8, abs=0.2)


def colours():
    return dict(re.findall(r"--chart-([a-z0-9]+): (#[0-9a-f]{3,6});", (STATIC / "chart.css").read_text()))


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    """WCAG 2.2's contrast ratio."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", ["#f0f4f5", "changing"])
@pytest.mark.parametrize(
    ("part", "ratio"),
    [("ink", 4.5), ("quiet", 4.5), ("target", 4.5), ("point", 3), ("interval", 3), ("bar", 3)]
    + [(part, 3) for part in ("improvement", "concern", "common", "positive", "neutral", "negative")],
)
def test_text_and_marks_have_the_contrast_that_aa_asks_for(part, ratio, ground):
    palette = colours()
    assert contrast(palette[part], palette.get(ground, ground)) >= ratio


@pytest.mark.parametrize("step", range(1, 6))
def test_numbers_in_a_heat_map_s_squares_can_be_read(step):
    palette = colours()
    assert contrast(palette[f"heat{step}"], palette["ground" if step >= LIGHT_FROM else "ink"]) >= 4.5
