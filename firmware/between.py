"""Between two phases: before and after a sync, put in force what was fetched, install a new version, sleep."""

from os import stat

from firmware.application import TO_PATIENTS, TO_SLEEP, Application
from firmware.battery import battery_is_empty, battery_is_low
from firmware.memory import forget_since, loaded
from firmware.sync_result import SyncResult

ARCHIVE_FILE = "/application.new"
WORDS_BYTES_MAX = 96  # of why the last sync failed, for the staff screen
SLEEP_S_MIN = 1


def leave(application: Application, to_sleep: bool) -> "tuple[int, int] | None":
    """Sleep until a press or the next sync, and the program ends here. Else what comes now; None: a sync."""
    board = application.board
    if (to_sleep or application.dark) and _somebody_is_there(application):
        return TO_PATIENTS, 1
    if to_sleep:
        from firmware.slots import rest

        rest(board)
        board.deep_sleep(max(SLEEP_S_MIN, application.schedule.next_due_s() - board.rtc_seconds()))
        return TO_PATIENTS, 1
    return (TO_SLEEP, 0) if application.dark and not application.sync_is_due() else None


def prepare(application: Application) -> "SyncResult | None":
    """Before a connection: None, and the screen says so; the result when there can be none."""
    board = application.board
    if battery_is_empty(board.battery_mv()):  # sending would reset the chip, again and again
        application.schedule.done(True)
        keep_words(application, "The battery is empty. Charge it.")
        return SyncResult(0, application.waiting(), "the battery is empty", False, False, 0)
    if not application.dark:
        from firmware.staff_screens import draw_sending

        draw_sending(board.framebuffer, application.waiting())
        board.show("sending")
    return None


def conclude(application: Application, result: SyncResult) -> None:
    """After it: put in force what was fetched. `application.levels`: the buttons that ended it."""
    board = application.board
    application.levels = result.buttons if result.interrupted else 0
    _read_settings_again(application)
    if not result.interrupted:  # else it is still due, as soon as the buttons are quiet
        application.schedule.done(bool(result.error))
        keep_words(application, result.error or "")
    if result.delivered:
        board.store_counter("delivered", result.delivered)
        board.store_counter("delivered_at", application.clock.read().clock)
    if result.delivered or not (result.error or result.interrupted):
        application.mark_good()
    board.tell("synced", delivered=result.delivered, waiting=result.waiting, error=result.error)
    if result.restart:
        board.restart()
    if not result.interrupted:
        switch_and_update(application)


def switch_and_update(application: Application) -> None:
    """Put in force what syncs have fetched, now that nobody answers."""
    before = loaded()
    from firmware.held import is_pending

    if is_pending(application.board.files):
        begun = False
        reason = ""
        try:
            from firmware.switching import switch

            begun = switch(application.board)
        except OSError as failure:
            reason = "file error %s" % failure
        except MemoryError:
            reason = "not enough memory"
        if reason:  # tried again after the next sync; what was in force still is, and answers are kept elsewhere
            keep_words(application, "what was fetched cannot be kept: " + reason)
        if begun:
            application.schedule.want()  # settings on trial: an ack through them is what keeps them
    forget_since(before)
    path = application.board.files + ARCHIVE_FILE
    if _exists(path) and not battery_is_low(application.board.battery_mv()):
        _update(application, path)


def _read_settings_again(application: Application) -> None:
    """Settings that have passed their trial are in force, also on a device that never sleeps."""
    before = loaded()
    from firmware.settings import SettingsError, read_settings

    try:
        application.settings = read_settings(application.board.files)
        application.recall()
    except SettingsError:
        pass  # those that it started with are good
    forget_since(before)


def keep_words(application: Application, text: str) -> None:
    """For the staff screen, over deep sleep."""
    application.board.retain("words", text.encode()[:WORDS_BYTES_MAX])


def say(application: Application, text: str) -> None:
    """Plain words for staff on the whole screen."""
    before = loaded()
    from firmware.staff_screens import draw_words

    draw_words(application.board.framebuffer, text)
    application.board.show("service")
    del draw_words
    forget_since(before)


def _update(application: Application, path: str) -> None:
    say(application, "Updating. Do not switch off.")
    before = loaded()
    from firmware.update import UpdateError, install

    version = 0
    try:
        version = install(application.board, path)
    except UpdateError as refused:
        keep_words(application, str(refused))
    del UpdateError, install
    forget_since(before)
    if version:
        application.board.restart()


def _exists(path: str) -> bool:
    try:
        stat(path)
    except OSError:
        return False
    return True


def _somebody_is_there(application: Application) -> bool:
    """A button went down while the device was waking or about to sleep: it would not wake it again."""
    levels = application.board.levels()
    pressed = levels & ~application.visit.held
    if pressed:
        application.dark, application.levels = False, pressed
    return bool(pressed)
