"""Every team is listed, those without a device or without data too."""

import pytest

from server.measures.coverage import Heard, TeamPresence, coverage


def test_each_team_is_in_one_state():
    teams = [
        TeamPresence("haywood", 2, 340),
        TeamPresence("leek", 1, 0, waiting=12),
        TeamPresence("north", 0, 0),
        TeamPresence("chosen by button", 0, 4),  # no device of its own, its nurse chose it on another's
    ]
    found = coverage(teams)
    assert [line.heard for line in found.lines] == [Heard.DATA, Heard.NO_DATA, Heard.NO_DEVICE, Heard.DATA]
    assert (found.with_data, found.without_data, found.without_device) == (2, 1, 1)
    assert found.share_heard == 0.5
    assert [line.team.key for line in found.lines] == [team.key for team in teams]


def test_no_teams_have_no_share():
    assert coverage([]).share_heard is None


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="0 or more"):
        coverage([TeamPresence("a", -1, 0)])
