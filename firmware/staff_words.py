"""What the staff functions say: facts in, lines of words out. Pure.

A device knows no time zone, so it never says a time of day: it says how long ago something was.
"""

from collections import namedtuple

from protocol.record import QUALITY_DRIFTING

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400
LETTERS_MAX = 24  # of a line with figures, so that it fits the screen
# A lithium cell at rest, from where no sync is begun (firmware/battery.py) over where it falls fast to full.
CELL_EMPTY_MV = 3400
CELL_KNEE_MV = 3700
CELL_KNEE_PERCENT = 25
CELL_FULL_MV = 4150

# waiting: answers not yet with the server; delivered, delivered_at: how many the last delivery was, and when (PET time,
# 0: never); now: PET time, 0 while the clock is not set; battery_mv: 0 = not measured; quality: of the clock;
# free, capacity: answers; network: the network's state, error: why the last sync failed, in words, "" = all is well;
# version, base, serial: of the application, the interpreter, the device; team, stage: indices, 0 = the usual team, no
# stage; assisted: the next pass is marked as helped
Facts = namedtuple(
    "Facts",
    "waiting delivered delivered_at now battery_mv quality free capacity network error version base serial team stage"
    " assisted",
)


def status_words(facts: Facts) -> str:
    """The one screen a nurse needs: five lines; what follows a tab stands at the right."""
    network = "Wi-Fi, server: not tried"
    if facts.delivered_at or facts.quality >= QUALITY_DRIFTING:  # only the server sets the clock
        network = "Wi-Fi, server: well"
    return "%s answer%s waiting\n%s\nBattery %s\tRoom %d%%\nClock %s\tv%s\n%s" % (
        facts.waiting or "No",
        "" if facts.waiting == 1 else "s",
        _delivery(facts),
        "%d%%" % battery_percent(facts.battery_mv) if facts.battery_mv else "?",
        100 * facts.free // max(1, facts.capacity),
        ("not set", "unsure", "drifts", "right")[facts.quality],  # protocol/record.py, QUALITY_UNSET to QUALITY_SERVER
        facts.version,
        "Not sent: press 5" if facts.network or facts.error else network,
    )


def network_words(facts: Facts) -> str:
    """Wi-Fi and server, in sentences."""
    words: str = facts.network or facts.error
    if words:
        return words
    tried = facts.delivered_at or facts.quality >= QUALITY_DRIFTING
    return "Wi-Fi and server:\n%s.\n%s" % ("all is well" if tried else "not tried yet", _delivery(facts))


def age(seconds: int) -> str:
    """How long ago, in words; an instant that lies ahead, because the clock was set back, is just now."""
    if seconds < MINUTE_S:
        return "Just now"
    if seconds < HOUR_S:
        return "%d min ago" % (seconds // MINUTE_S)
    if seconds < 2 * DAY_S:
        return "%d h ago" % (seconds // HOUR_S)
    return "%d days ago" % (seconds // DAY_S)


def battery_percent(millivolts: int) -> int:
    """How full a lithium cell is, 0 to 100."""
    over_mv = millivolts - CELL_KNEE_MV
    if over_mv < 0:
        return max(0, CELL_KNEE_PERCENT + CELL_KNEE_PERCENT * over_mv // (CELL_KNEE_MV - CELL_EMPTY_MV))
    return min(100, CELL_KNEE_PERCENT + (100 - CELL_KNEE_PERCENT) * over_mv // (CELL_FULL_MV - CELL_KNEE_MV))


def _delivery(facts: Facts) -> str:
    """The last delivery and its age."""
    if not facts.delivered_at:
        return "Nothing delivered yet"
    line = "%s: %d delivered" % (age(facts.now - facts.delivered_at) if facts.now else "Earlier", facts.delivered)
    for long, short in ((" days", " d"), (" ago", "")):
        if len(line) > LETTERS_MAX:
            line = line.replace(long, short)
    return line
