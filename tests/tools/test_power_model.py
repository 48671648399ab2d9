"""docs/power.md holds what the power model computes, and the model does what it says."""

import pytest

from tests.parts import ROOT
from tools.power_model import DOCUMENT, PATTERNS, Device, day_mah, days, tables, written

WARD = PATTERNS[1]


def test_the_document_is_what_the_command_makes():
    document = DOCUMENT.read_text(encoding="utf-8")
    assert ROOT / "docs/power.md" == DOCUMENT
    assert tables() in document, "say: python -m tools.power_model --write"
    assert written(document) == document


def test_a_document_without_a_place_for_the_tables_is_refused():
    with pytest.raises(ValueError, match="lacks the lines"):
        written("# Power\n")


def test_a_day_without_anybody_is_what_sleeping_and_syncing_take():
    nobody = WARD._replace(responses=0, groups=0)
    spent = day_mah(Device(), nobody)
    assert spent["answering"] == spent["waiting with the screen lit"] == 0
    assert spent["deep sleep and what is always on"] == pytest.approx(0.036 * 24)
    assert spent["syncs"] == pytest.approx(24 * (0.75 * 100 + 0.25 * 204 + 100) / 3600)


def test_one_pass_by_hand():
    """2 s at 47 mA, 18 s at 12.9 mA, then 60 s at 12.9 mA with the screen lit."""
    alone = day_mah(Device(), WARD._replace(responses=1, groups=1))
    assert alone["answering"] == pytest.approx((2 * 47 + 18 * 12.9) / 3600)
    assert alone["waiting with the screen lit"] == pytest.approx(60 * 12.9 / 3600)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_what_costs_more_lasts_shorter(pattern):
    device = Device()
    lasting = days(device, pattern, 2000)
    assert days(device, pattern, 1000) < lasting < days(device, pattern, 3000)
    for worse in (
        device._replace(sleep_after_s=120),
        device._replace(light_sleep=False),
        device._replace(deep_sleep=False),
        device._replace(sync_every_s=600),
        device._replace(known_share=0),
        device._replace(board_extra_ma=0.1),
    ):
        assert days(worse, pattern, 2000) < lasting
