"""Between two phases: sync, put in force what was fetched, install a new version, sleep. In memory only then."""

from os import stat

from firmware.application import TO_PATIENTS, TO_SLEEP, TO_STAFF, Application
from firmware.battery import battery_is_empty, battery_is_low
from firmware.memory import forget_since, loaded
from firmware.sync_result import SyncResult

ARCHIVE_FILE = "/application.new"
WORDS_BYTES_MAX = 96  # of why the last sync failed, for the staff screen
SLEEP_S_MIN = 1


def sync_by_schedule(application: Application, for_staff: int) -> "tuple[int, int]":
    """A sync, if it is due; and what comes then."""
    pressed = application.board.levels()
    if application.dark and pressed:  # somebody came while it was waking
        application.dark, application.levels = False, pressed
        return TO_PATIENTS, 1
    if application.dark and not application.sync_is_due():
        return TO_SLEEP, 0
    interrupted = sync(application).interrupted
    if application.dark and not interrupted:
        return TO_SLEEP, 0
    application.dark = False
    return (TO_STAFF, 1) if for_staff and not interrupted else (TO_PATIENTS, 1)


def sync(application: Application) -> SyncResult:
    """Deliver, and put in force what was fetched. `application.levels`: the buttons that ended it."""
    board = application.board
    if battery_is_empty(board.battery_mv()):  # sending would reset the chip, again and again
        application.schedule.done(True)
        keep_words(application, "The battery is empty. Charge it.")
        return SyncResult(0, application.waiting(), "the battery is empty", False, False)
    before = loaded()
    if not application.dark:
        from firmware.staff_screens import draw_sending

        draw_sending(board.framebuffer, application.waiting())
        board.show("sending")
        del draw_sending
        forget_since(before)
    result = _connect(application)
    forget_since(before)
    application.levels = board.levels() if result.interrupted else 0
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
    return result


def switch_and_update(application: Application) -> None:
    """Put in force what syncs have fetched, now that nobody answers."""
    before = loaded()
    from firmware.held import is_pending

    if is_pending(application.board.files):
        from firmware.switching import switch

        if switch(application.board):
            application.schedule.want()  # settings on trial: an ack through them is what keeps them
    forget_since(before)
    path = application.board.files + ARCHIVE_FILE
    if _exists(path) and not battery_is_low(application.board.battery_mv()):
        _update(application, path)


def sleep(application: Application) -> None:
    """Until a press or the next sync; the program ends here."""
    from firmware.slots import rest

    board = application.board
    rest(board)
    board.deep_sleep(max(SLEEP_S_MIN, application.schedule.next_due_s() - board.rtc_seconds()))


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


def _connect(application: Application) -> SyncResult:
    """With MQTT, TLS and the messages in memory only as long as it lasts."""
    board = application.board

    def progress(done: int, total: int) -> None:
        from firmware.staff_screens import BAR_HEIGHT, BAR_LEFT, BAR_TOP, BAR_WIDTH

        if not application.dark:
            board.framebuffer.fill_rect(BAR_LEFT, BAR_TOP, BAR_WIDTH * done // max(1, total), BAR_HEIGHT, 1)
            board.show("sending")

    try:
        import umqtt.simple

        from firmware.sync import Sync

        mqtt = umqtt.simple
        return Sync(board, application.identity, application.journal, application.clock, mqtt, progress).run()
    except MemoryError:  # not even room to load what a sync needs; the answers are safe where they are
        return SyncResult(0, application.waiting(), "not enough memory for a sync", False, True)


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
