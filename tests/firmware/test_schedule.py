"""When a sync is due: time, backlog, request; back-off with jitter over deep sleep; clocks that leap; damage."""

from firmware.schedule import BACKOFF_MAX, BACKOFF_S_MAX, Schedule

NOW = 220000000
EVERY_S = 3600
BACKLOG = 20


class ScheduleParts:
    """What a schedule needs of a board. `chance`: the bytes that are drawn, over and over."""

    def __init__(self, *chance):
        self.rtc = NOW
        self.memory = b""
        self.chance = list(chance or (0,))

    def rtc_seconds(self):
        return self.rtc

    def retained(self, part):
        assert part == "schedule"
        return self.memory

    def retain(self, part, data):
        assert part == "schedule"
        assert len(data) <= 32
        self.memory = bytes(data)

    def random(self, count):
        assert count == 1
        self.chance = self.chance[1:] + self.chance[:1]
        return bytes(self.chance[-1:])


def woken(board, every_s=EVERY_S, backlog=BACKLOG):
    """The schedule as a fresh start finds it."""
    return Schedule(board, every_s, backlog)


def pause_s(board, schedule):
    return schedule.next_due_s() - board.rtc


def test_it_is_due_when_the_time_has_come():
    board = ScheduleParts()
    schedule = woken(board)
    assert schedule.next_due_s() == NOW + EVERY_S
    assert not schedule.due(NOW + EVERY_S - 1, 0)
    assert schedule.due(NOW + EVERY_S, 0)


def test_a_backlog_makes_it_due_at_once():
    schedule = woken(ScheduleParts())
    assert not schedule.due(NOW, BACKLOG - 1)
    assert schedule.due(NOW, BACKLOG)


def test_a_backlog_that_could_not_be_sent_waits_for_its_time():
    board = ScheduleParts()
    schedule = woken(board)
    schedule.done(failed=True)
    assert not schedule.due(NOW, 1000)
    assert schedule.due(schedule.next_due_s(), 1000)
    schedule.done(failed=False)
    assert schedule.due(NOW, BACKLOG)


def test_one_that_is_asked_for_is_due_until_it_is_done_and_over_deep_sleep():
    board = ScheduleParts()
    woken(board).want()
    schedule = woken(board)
    assert schedule.due(NOW, 0)
    assert schedule.next_due_s() == 0
    schedule.done(failed=False)
    assert not woken(board).due(NOW, 0)


def test_the_time_survives_deep_sleep_and_is_not_put_off_by_waking():
    board = ScheduleParts(7, 200)
    due_s = woken(board).next_due_s()
    for _ in range(20):
        board.rtc += 60
        assert woken(board).next_due_s() == due_s
    assert woken(board).due(due_s, 0)


def test_each_failure_doubles_the_pause_over_wakes_and_success_ends_it():
    board = ScheduleParts()
    for failures in range(1, BACKOFF_MAX + 4):
        woken(board, every_s=60).done(failed=True)
        assert pause_s(board, woken(board, every_s=60)) == 60 << min(failures, BACKOFF_MAX)
        board.rtc = woken(board, every_s=60).next_due_s()
    woken(board, every_s=60).done(failed=False)
    assert pause_s(board, woken(board, every_s=60)) == 60


def test_no_pause_grows_beyond_some_hours_unless_syncs_are_rarer_anyway():
    for every_s, most_s in ((EVERY_S, BACKOFF_S_MAX), (86400, 86400)):
        board = ScheduleParts()
        for _ in range(10):
            woken(board, every_s).done(failed=True)
        assert pause_s(board, woken(board, every_s)) == most_s


def test_the_pause_is_up_to_a_quarter_longer_by_chance():
    pauses = []
    for chance in (0, 1, 128, 255):
        board = ScheduleParts(chance)
        pauses.append(pause_s(board, woken(board)))
    assert pauses[0] == EVERY_S
    assert pauses == sorted(pauses)
    assert len(set(pauses)) == 4
    assert EVERY_S * 1.24 < pauses[-1] < EVERY_S * 1.25
    board = ScheduleParts(255, 0)
    schedule = woken(board)
    assert not schedule.due(NOW, 0)  # the longest pause is not taken for a mistake
    assert pause_s(board, schedule) == pauses[-1]


def test_new_settings_count_from_now_on():
    board = ScheduleParts()
    woken(board, every_s=86400)
    schedule = woken(board, every_s=60)
    assert not schedule.due(NOW, 0)
    assert schedule.next_due_s() == NOW + 60


def test_a_clock_that_is_set_back_does_not_stop_the_syncs():
    board = ScheduleParts()
    schedule = woken(board)
    board.rtc -= 10**8
    assert not schedule.due(board.rtc, 0)
    assert pause_s(board, schedule) == EVERY_S


def test_a_clock_that_leaps_forward_makes_it_due():
    board = ScheduleParts()
    board.rtc = 1
    schedule = woken(board)
    assert schedule.due(NOW, 0)
    board.rtc = NOW
    schedule.done(failed=False)
    assert pause_s(board, schedule) == EVERY_S


def test_whatever_a_brown_out_leaves_is_not_believed():
    board = ScheduleParts()
    schedule = woken(board)
    schedule.want()
    good = board.memory
    for index in range(len(good)):
        board.memory = good[:index] + bytes([good[index] ^ 4]) + good[index + 1 :]
        assert not woken(board).due(NOW, 0), index
    board.memory = good + b"\x00"
    assert not woken(board).due(NOW, 0)
    board.memory = good
    assert woken(board).due(NOW, 0)


def test_a_demo_that_never_syncs_by_itself_never_does():
    board = ScheduleParts(255)
    schedule = woken(board, 10**9, 10**9)
    for _ in range(10):
        schedule.done(failed=True)
    assert pause_s(board, schedule) >= 10**9
    assert not woken(board, 10**9, 10**9).due(NOW + 10**9 - 1, 10**9 - 1)
