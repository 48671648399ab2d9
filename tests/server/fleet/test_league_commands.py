"""`pet league`: who takes part, said by an operator and listed with who said it."""


def test_areas_join_leave_and_are_listed(trust):
    assert trust("league", "list") == "service:beds: not in\nteam:rehab: not in\n"
    assert trust("league", "opt-in", "service:beds") == "service:beds is in the league\n"
    lines = trust("league", "list").splitlines()
    assert lines[0].startswith("service:beds: in, said command line, user ")
    assert lines[1] == "team:rehab: in"
    assert trust("league", "opt-out", "team:rehab") == "team:rehab is not in the league\n"
    assert trust("league", "list").splitlines()[1].startswith("team:rehab: not in, said command line")
    assert "write service:CODE or team:CODE" in trust.refuses("league", "opt-in", "organisation")
    assert "there is no team nowhere" in trust.refuses("league", "opt-in", "team:nowhere")
