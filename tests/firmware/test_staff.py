"""The staff functions: every way through the menu, and none that stays open."""

from firmware.buttons import STAFF, TOGETHER
from firmware.staff import (
    ASSISTED,
    AUDIT,
    DECLINED,
    HOME_VISIT,
    IDLE_MS,
    NOTE_MS,
    RELEASE,
    SELF_TEST,
    STAGE,
    TEAM,
    WIPE,
    WIPE_MS,
)
from tests.firmware.desk import BACK, BEGIN_MS, EVENTS, HELD, STAGES, Desk


def test_a_home_visit_begins_with_one_press_after_the_combination():
    assert Desk().press(1) == (HOME_VISIT, 0)


def test_declined_is_counted_only_when_it_is_confirmed():
    desk = Desk()
    assert desk.press(2) is None
    for no in (2, 3, 4):
        assert desk.press(no) is None
        assert "count it?" in desk.text()
    assert desk.press(5) is None
    assert desk.name() == "staff-menu"
    assert desk.press(2, BACK) is None
    assert desk.name() == "staff-menu"
    assert desk.press(2, 1) == (DECLINED, 0)
    assert desk.press(6) == (RELEASE, 0), "another press before it was kept counts nothing"


def test_what_came_of_declined_is_said_in_words_and_then_it_leaves():
    for kept, words in (
        (True, "Counted.\nNo name is kept."),
        (False, "Not counted: no room on this device. Send first."),
    ):
        desk = Desk()
        desk.press(2, 1)
        desk.staff.kept(kept, desk.now_ms)
        assert desk.text() == words
        assert desk.wait(NOTE_MS - 1) is None
        assert desk.wait(1) == (RELEASE, 0)


def test_helped_marks_the_next_pass_and_takes_the_mark_off_again():
    desk = Desk()
    assert desk.press(3) == (ASSISTED, 1)
    assert desk.text() == "The next answers will be marked as helped by staff."
    assert desk.press(1) == (RELEASE, 0)
    desk = Desk(assisted=True)
    assert desk.staff.view(desk.now_ms)[3] == 2, "the row has its tick"
    assert desk.press(3) == (ASSISTED, 0)
    assert "not be marked" in desk.text()
    assert Desk().staff.view(BEGIN_MS)[3] not in range(5)


def test_a_team_is_chosen_from_pages_of_four_and_the_present_one_is_marked():
    desk = Desk()
    desk.press(5, 2)
    assert desk.text() == "1 Usual team\n2 North\n3 South\n4 Evening\n5 More\t1/2"
    assert desk.staff.view(desk.now_ms)[3] == 2, "facts say team 2"
    assert desk.press(3) == (TEAM, 2)
    assert desk.text() == "From now on: South"
    assert desk.wait(NOTE_MS) is None
    assert desk.name() == "staff-menu"
    desk.press(5, 2, 5)
    assert desk.text() == "1 Night\n2 Weekend\n3 Bank\n\n5 More\t2/2"
    assert desk.staff.view(desk.now_ms)[3] not in range(5)
    assert desk.press(4) is None, "a row that is not there"
    assert desk.press(3) == (TEAM, 6)
    desk = Desk()
    assert desk.press(5, 2, 1) == (TEAM, 0)
    assert desk.text() == "From now on: Usual team"
    desk = Desk()
    desk.press(5, 2, 5, 5)
    assert desk.text().startswith("1 Usual team"), "the last page leads to the first"


def test_a_short_list_has_five_rows_and_no_more():
    desk = Desk(choices=(["A", "B", "C", "D"], STAGES, []))
    desk.press(5, 2)
    assert desk.text() == "1 Usual team\n2 A\n3 B\n4 C\n5 D\n"
    assert desk.press(5) == (TEAM, 4)


def test_a_stage_and_a_checklist_are_chosen_by_name():
    desk = Desk()
    desk.press(5, 3)
    assert desk.text().split("\n")[:3] == ["1 No stage", "2 First visit", "3 Discharge"]
    assert desk.press(3) == (STAGE, 2)
    desk = Desk()
    desk.press(5, 5, 1)
    assert desk.text().split("\n")[:2] == ["1 Hand hygiene", "2 Mealtime"]
    assert desk.press(2) == (AUDIT, 4), "the number of the package, not of the row"


def test_what_a_device_has_no_use_for_is_left_out_and_the_other_rows_keep_their_numbers():
    desk = Desk(choices=([], [], []))
    desk.press(5)
    assert desk.text() == "1 Send now\n\n\n4 Wipe down\n5 More\t2/3"
    before = desk.text()
    assert desk.press(2, 3) is None
    assert desk.text() == before
    desk.press(5)
    assert desk.text() == "\n2 Self-test\n3 About\n\n5 More\t3/3"
    assert desk.press(1) is None
    assert desk.press(2) == (SELF_TEST, 0)


def test_status_has_three_pages_and_can_be_where_it_opens():
    desk = Desk(status=True)
    pages = []
    for _ in range(3):
        pages.append(desk.text())
        desk.press(5)
    assert len(set(pages)) == 3
    assert desk.text() == pages[0]
    assert "14 delivered" in pages[0]
    assert desk.press(BACK) is None
    assert desk.name() == "staff-menu"
    desk.press(4)
    assert desk.text() == pages[0]


def test_teams_and_stages_that_are_gone_from_the_settings_do_no_harm():
    desk = Desk(choices=([], [], []))
    desk.press(4, 1, 1)
    assert "Usual team\nNo stage" in desk.text()
    desk = Desk(choices=(["North"], STAGES, []))
    desk.press(5, 2)
    assert desk.staff.view(desk.now_ms)[3] == 2, "outside of the two rows: no tick beside a name"
    assert desk.text() == "1 Usual team\n2 North\n\n\n\n"


def test_about_says_version_device_and_base():
    desk = Desk()
    desk.press(5, 5, 3)
    assert desk.text() == "PET 0.2.0\nPET-1\nbase"
    desk.press(1)
    assert desk.text().endswith("3/3"), "back on the page it came from"


def test_back_leads_up_page_by_page_and_out_at_the_top():
    desk = Desk()
    desk.press(5, 5)
    assert desk.text().endswith("3/3")
    assert desk.press(BACK) is None
    assert desk.text().endswith("2/3")
    assert desk.press(2, BACK) is None
    assert desk.text().endswith("2/3"), "from a list to the page it is on"
    assert desk.press(BACK) is None
    assert desk.text().endswith("1/3")
    assert desk.press(BACK) == (RELEASE, 0)


def test_held_back_and_the_combination_leave_from_everywhere():
    for way in ((), (2,), (4,), (5, 2), (5, 5, 3), (3,)):
        for event in (HELD, STAFF):
            desk = Desk()
            desk.press(*way)
            assert desk.press(event) == (RELEASE, 0), way


def test_nobody_finds_the_staff_functions_open():
    assert IDLE_MS == WIPE_MS == 30000, "as the nurse's card says"
    for way in ((), (2,), (4,), (4, 1), (5, 2), (5, 5, 3)):
        desk = Desk()
        desk.press(*way)
        assert desk.wait(IDLE_MS - 1) is None, way
        assert desk.staff.due_ms(desk.now_ms) == 1
        assert desk.wait(1) == (RELEASE, 0), way
    desk = Desk()
    for _ in range(5):
        assert desk.wait(IDLE_MS - 1) is None
        desk.press(5)
    assert desk.wait(IDLE_MS) == (RELEASE, 0)


def test_wipe_down_locks_every_button_for_thirty_seconds_and_ends_by_itself():
    desk = Desk()
    assert desk.press(5, 4) == (WIPE, 0)
    assert desk.staff.locked
    for second in range(WIPE_MS // 1000):
        assert desk.text() == "%d\nWipe down: buttons off" % (30 - second)
        assert desk.staff.due_ms(desk.now_ms) == 1000
        for event in EVENTS:
            assert desk.press(event) is None
        action = desk.wait(1000)
        assert action == ((RELEASE, 0) if second == WIPE_MS // 1000 - 1 else None), second


def test_sleeping_for_as_long_as_it_says_misses_nothing():
    desk = Desk()
    desk.press(5, 4)
    action = None
    slept_ms = steps = 0
    while not action:
        due_ms = desk.staff.due_ms(desk.now_ms)
        assert 0 < due_ms <= 1000
        slept_ms += due_ms
        steps += 1
        action = desk.wait(due_ms)
    assert (slept_ms, steps) == (WIPE_MS, WIPE_MS // 1000)


def test_two_buttons_at_once_choose_nothing():
    for way in ((), (2,), (4,), (5, 2), (5, 5, 1)):
        desk = Desk()
        desk.press(*way)
        before = desk.text()
        assert desk.press(TOGETHER) is None
        assert desk.text() == before
