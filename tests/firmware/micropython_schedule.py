"""When a device syncs by itself: on time, at a backlog, never under a patient's hands, ever less often in vain."""

import firmware.sync  # before a device starts, so that it stays in memory and can be replaced
from firmware.asking import QUIET_MS
from firmware.board.sim import PRESS_MS
from firmware.misuse import BURST_PASSES, BURST_QUESTION_MS
from firmware.schedule import BACKOFF_MAX, BACKOFF_S_MAX
from firmware.sync_result import SyncResult
from protocol.record import FLAG_BURST
from tests.composed_device import NEVER_S, Device, records

EVERY_S = 3600
HOUR_MS = 3600000
DAY_MS = 24 * HOUR_MS


class Syncs:
    """Stands in for the network: notes when it was called, and ends as it is told."""

    def __init__(self, device):
        self.device = device
        self.at_s = []
        self.error = None
        self.interrupted = False
        firmware.sync.Sync = lambda *_: self

    def run(self):
        self.at_s.append(self.device.board.ticks_ms() // 1000)
        journal = self.device.journal()
        waiting = journal.last_sequence - journal.acked_through
        if self.error is None:
            journal.acknowledge(journal.last_sequence)
            return SyncResult(waiting, 0, None, False, False, 0)
        return SyncResult(0, waiting, self.error, self.interrupted, False, 0b100 if self.interrupted else 0)


def scheduled(**settings):
    device = Device(**settings)
    return device, Syncs(device)


def pauses(at_s):
    return [later - earlier for earlier, later in zip(at_s, at_s[1:])]


def test_it_syncs_on_time_and_not_always_at_the_same_second():
    device, syncs = scheduled(sync_every_s=EVERY_S)
    device.wait(3 * DAY_MS)
    assert all([EVERY_S <= pause <= EVERY_S * 5 // 4 for pause in pauses(syncs.at_s)]), syncs.at_s
    assert len(set(pauses(syncs.at_s))) > 10
    assert 72 * 4 // 5 <= len(syncs.at_s) <= 72


def test_two_devices_that_failed_together_do_not_return_together():
    first, second = [scheduled(sync_every_s=EVERY_S)[1] for _ in range(2)]
    for syncs in (first, second):
        syncs.error = "no network"
        syncs.device.wait(DAY_MS)
    assert first.at_s != second.at_s


def test_every_failure_doubles_the_pause_up_to_a_limit_and_success_ends_it():
    device, syncs = scheduled(sync_every_s=60)
    syncs.error = "no network"
    device.wait(DAY_MS)
    for failures, pause in enumerate(pauses(syncs.at_s), 1):
        expected = min(60 << min(failures, BACKOFF_MAX), BACKOFF_S_MAX)
        assert expected <= pause <= expected * 5 // 4 + 1, (failures, pause)
    assert len(syncs.at_s) > BACKOFF_MAX + 5
    syncs.error = None
    device.wait((60 << BACKOFF_MAX) * 1250)
    device.wait(10 * 60 * 1000)
    assert pauses(syncs.at_s)[-1] <= 75


def test_a_backlog_is_sent_as_soon_as_nobody_presses():
    device, syncs = scheduled(sync_backlog=2)
    device.answer(1, 1, 1)
    device.wait(HOUR_MS)
    assert syncs.at_s == []
    device.answer(1, 1, 1)
    thanked_s = device.board.ticks_ms() // 1000
    device.wait(HOUR_MS)
    assert len(syncs.at_s) == 1
    assert syncs.at_s[0] - thanked_s <= 6  # the thanks go by themselves, then it is quiet
    assert device.journal().acked_through == 2
    assert device.board.shown[-2:] == ["sending", "idle"]


def test_a_backlog_goes_soon_also_when_the_thanks_were_pressed_away():
    device, syncs = scheduled(sync_backlog=1)
    device.answer(1, 1, 1)
    device.press(2, PRESS_MS + 100)
    assert device.board.shown[-1] == "idle"
    gone_s = device.board.ticks_ms() // 1000
    assert device.application.step() <= QUIET_MS
    device.wait(DAY_MS)
    assert len(syncs.at_s) == 1
    assert syncs.at_s[0] - gone_s <= 1 + QUIET_MS // 1000


def test_a_backlog_that_cannot_be_sent_waits_for_the_schedule():
    device, syncs = scheduled(sync_backlog=1, sync_every_s=EVERY_S)
    syncs.error = "no network"
    device.answer(1, 1, 1)
    device.wait(20000)
    assert len(syncs.at_s) == 1
    device.wait(HOUR_MS)
    assert len(syncs.at_s) == 1
    device.wait(2 * HOUR_MS)
    assert len(syncs.at_s) == 2


def test_it_never_syncs_while_somebody_answers():
    device, syncs = scheduled(sync_every_s=10, sync_backlog=1)
    device.answer(1, 1, 1)
    device.wait(60000)
    assert syncs.at_s
    device.press(3)
    before = len(syncs.at_s)
    for _ in range(20):
        device.wait(60000)
        device.press(4, 500)  # cannot decide: answers, and takes it back while the word stands there
        device.press(6, 500)
    assert device.board.shown[-1] == "question"
    assert len(syncs.at_s) == before


def test_a_sync_that_a_press_ended_is_no_failure_and_is_soon_tried_again():
    device, syncs = scheduled(sync_every_s=EVERY_S)
    syncs.error, syncs.interrupted = "interrupted", True

    class Pressed:
        def run(self):
            device.board.push(3, 300)
            return syncs.run()

    firmware.sync.Sync = lambda *_: Pressed()
    until_s = device.board.ticks_ms() // 1000 + EVERY_S * 5 // 4 + 60
    while "question" not in device.board.shown and device.board.ticks_ms() // 1000 < until_s:
        device.wait(1000)  # small steps: the sync that follows an untouched question would be pressed away too
    assert device.board.shown[-3:] == ["sending", "promise", "question"], device.board.shown
    assert len(syncs.at_s) == 1
    firmware.sync.Sync = lambda *_: syncs
    syncs.error, syncs.interrupted = None, False
    device.wait(100000)  # nobody answers; the question times out and it is quiet again
    assert len(syncs.at_s) == 2
    assert device.application.schedule._failures == 0


def test_a_button_that_is_stuck_does_not_keep_the_answers_on_the_device():
    device, syncs = scheduled(sync_backlog=1)
    device.answer(1, 1, 1)
    device.board.push(2, DAY_MS)
    device.wait(HOUR_MS)
    assert len(syncs.at_s) == 1


def test_a_wanted_sync_waits_only_for_the_hand_to_leave():
    device, syncs = scheduled()
    device.application.schedule.want()
    asked_s = device.board.ticks_ms() // 1000
    device.wait(10000)
    assert syncs.at_s[0] - asked_s <= 1 + QUIET_MS // 1000
    device.wait(HOUR_MS)
    assert len(syncs.at_s) == 1


def test_quiet_is_known_across_the_wrap_of_the_ticks():
    device, syncs = scheduled(sync_backlog=1)
    board = device.board
    board.ticks_diff = lambda later, earlier: (later - earlier + (1 << 29)) % (1 << 30) - (1 << 29)
    board.ticks_ms = lambda: board._virtual_ms % (1 << 30)
    board._virtual_ms = (1 << 30) - 30000
    asking = device.application._phase
    asking._buttons._diff = asking._dialogue._diff = board.ticks_diff
    device.journal().append(b"\x01" + bytes(27))
    asking._moved_ms = (board.ticks_ms() - 9 * DAY_MS) % (1 << 30)  # nobody came for nine days
    device.application.step()
    device.application.step()
    assert syncs.at_s


def test_the_settings_of_a_demo_that_never_syncs_by_itself_are_kept_to():
    device, syncs = scheduled(sync_every_s=NEVER_S, sync_backlog=NEVER_S)
    for _ in range(30):
        device.answer(1, 1, 1)
        device.wait(DAY_MS)
    assert syncs.at_s == []


def test_passes_in_little_time_are_a_burst_also_with_a_sync_between_them():
    for pause_ms, last in ((0, FLAG_BURST), (BURST_PASSES * BURST_QUESTION_MS * 3, 0)):
        device, syncs = scheduled()
        for _ in range(BURST_PASSES):
            device.answer(1, 1, 1)
            device.wait(6000)
            device.application.sync_now()
            device.wait(pause_ms)
        assert len(syncs.at_s) == BURST_PASSES
        flags = [record.flags & FLAG_BURST for record in records(device.board.journal)]
        assert flags == [0] * (BURST_PASSES - 1) + [last], pause_ms
