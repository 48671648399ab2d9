"""Every screen of the staff side, and the patient's on the nurse's card, drawn as a device draws them."""

from framebuf import MONO_HLSB, MONO_VLSB, FrameBuffer

from firmware.dialogue import HANDOVER, View
from firmware.questionnaire import Questionnaire
from firmware.screens import Screens
from firmware.self_test import SelfTest
from firmware.staff import Staff
from firmware.staff_screens import draw_sending, draw_view, draw_words
from firmware.staff_words import Facts
from protocol.record import QUALITY_DRIFTING, QUALITY_SERVER, QUALITY_UNSET
from protocol.screen import HEIGHT, WIDTH

DELIVERED_AT = 220000000
TWO_HOURS_S = 7200
ALL_BITS = 0x3FF  # results of a self-test in which every part failed
USUAL = Facts(
    3,
    14,
    DELIVERED_AT,
    DELIVERED_AT + TWO_HOURS_S,
    3910,
    QUALITY_SERVER,
    32190,
    32508,
    "",
    "",
    "0.2.0",
    "MicroPython 1.29.0",
    "PET-0042",
    1,
    0,
    False,
)
ERROR = "the server's certificate was refused: it has expired, or this device's clock is ahead"
LACKING = (
    "no identity: provision this device",
    "no settings: provision this device",
    "no questionnaire: publish one",
    "journal of device 0000002a: back it up, then erase it",
    "the journal area is not blank and holds no journal that can be continued",
)
CHOICES = (
    ["North", "South", "Evening", "Children's physio"],
    ["First visit", "Mid-way", "Discharge"],
    [(1, "Hand hygiene"), (2, "Mealtime")],
)
FEW = ([], [], [])
WIDEST = (["W" * 18] * 7, ["MMMMMM MMMMMM MMMM"], [(7, "W" * 18)])


def changed(**fields):
    """The usual facts, but for these."""
    return Facts(*[fields.get(name, getattr(USUAL, name)) for name in FIELDS])


FIELDS = (
    "waiting",
    "delivered",
    "delivered_at",
    "now",
    "battery_mv",
    "quality",
    "free",
    "capacity",
    "network",
    "error",
    "version",
    "base",
    "serial",
    "team",
    "stage",
    "assisted",
)
FRESH = changed(
    waiting=0, delivered=0, delivered_at=0, now=0, battery_mv=0, quality=QUALITY_UNSET, free=32508, team=0, stage=0
)
FULL = changed(
    waiting=32508,
    delivered=12345,
    now=DELIVERED_AT + 400 * 86400,
    battery_mv=4200,
    quality=QUALITY_DRIFTING,
    free=0,
    error=ERROR,
    network="",
    version="10.20.30",
    team=7,
    stage=1,
)


def staff_at(presses, facts=USUAL, choices=CHOICES):
    """The staff functions after these presses."""
    staff = Staff(lambda: facts, choices, lambda later, earlier: later - earlier, 0)
    for button in presses:
        staff.press(button, 0)
    return staff


def views():
    """(name of the picture, its view)."""
    for page in range(3):
        yield "menu-%d" % (page + 1), staff_at([5] * page).view(0)
        yield "status-%d" % (page + 1), staff_at([4] + [1] * page).view(0)
        yield "fresh-status-%d" % (page + 1), staff_at([4] + [1] * page, FRESH, FEW).view(0)
        yield "full-status-%d" % (page + 1), staff_at([4] + [1] * page, FULL, WIDEST).view(0)
        yield "few-menu-%d" % (page + 1), staff_at([5] * page, FRESH, FEW).view(0)
    yield "declined", staff_at([2]).view(0)
    for name, kept in (("counted", True), ("not-counted", False)):
        staff = staff_at([2, 1])
        staff.kept(kept, 0)
        yield name, staff.view(0)
    yield "menu-1-helped", staff_at([], changed(assisted=True)).view(0)
    yield "helped", staff_at([3]).view(0)
    yield "not-helped", staff_at([3], changed(assisted=True)).view(0)
    yield "team", staff_at([5, 2]).view(0)
    yield "team-chosen", staff_at([5, 2, 3]).view(0)
    yield "stage", staff_at([5, 3]).view(0)
    yield "audit", staff_at([5, 5, 1]).view(0)
    for page in range(2):
        yield "widest-team-%d" % (page + 1), staff_at([5, 2] + [5] * page, FULL, WIDEST).view(0)
    yield "widest-stage", staff_at([5, 3], FULL, WIDEST).view(0)
    yield "widest-audit", staff_at([5, 5, 1], FULL, WIDEST).view(0)
    yield "about", staff_at([5, 5, 3]).view(0)
    yield "wipe-30", staff_at([5, 4]).view(0)
    yield "wipe-7", staff_at([5, 4]).view(23000)


class Stand:
    """A board and a journal for pictures of the self-test: nothing is wrong with them."""

    files = "tests/golden"
    oldest_readable = 1
    last_sequence = 1000

    def __init__(self, network=""):
        self._network = network

    def network_state(self):
        return self._network

    def rtc_seconds(self):
        return DELIVERED_AT

    def ticks_diff(self, later, earlier):
        return later - earlier

    def records(self, first, limit):
        return [(sequence, b"") for sequence in range(first, first + limit)]


def self_test_views():
    """As `views`, of the self-test: its steps, and its reports."""
    test = SelfTest(Stand(), Stand(), QUALITY_SERVER, 0)
    yield "self-test-button-1", test.view(0)
    test.press(4, 0)
    yield "self-test-button-1-other", test.view(0)
    for button in range(1, 7):
        test.press(button, 0)
    for name in ("screens", "lit", "dark", "checker"):
        yield "self-test-" + name, test.view(0)
        test.press(1, 0)
    yield "self-test-asked", test.view(0)
    test.press(1, 0)
    for _ in range(10):
        test.tick(0)
    yield "self-test-answers", test.view(0)
    while "answers" in test.view(0)[2]:
        test.tick(0)
    yield "self-test-files", test.view(0)
    test.tick(0)
    yield "self-test-clock", test.view(0)
    yield "self-test-passed", SelfTest(Stand(), Stand(), QUALITY_SERVER, 0, 0).view(0)
    for name, network in (("wifi", "no Wi-Fi: Clinic: wrong password"), ("server", "")):
        test = SelfTest(Stand(network), Stand(), QUALITY_SERVER, 0, ALL_BITS if network else 0, ERROR)
        page = 1
        action = None
        while not action:
            yield "self-test-%s-%d" % (name, page), test.view(0)
            action = test.press(1, 0)
            page += 1


def drawn():
    """(name, the screen as a PBM file)."""
    buffer = bytearray(b"\xff" * (WIDTH * HEIGHT // 8))
    frame = FrameBuffer(buffer, WIDTH, HEIGHT, MONO_VLSB)
    for some in (views(), self_test_views()):
        for name, view in some:
            draw_view(frame, view)
            yield name, as_pbm(buffer)
    for number, words in enumerate(LACKING, 1):
        draw_words(frame, words)
        yield "lacking-%d" % number, as_pbm(buffer)
    for name, waiting in (("sending", 14), ("sending-one", 1), ("sending-none", 0)):
        draw_sending(frame, waiting)
        yield name, as_pbm(buffer)
    screens = Screens(frame, WIDTH, HEIGHT)
    screens.use(Questionnaire("tests/golden/staff/patients.pkg"))
    yield "patient-" + screens.draw(View(HANDOVER, 0, 0), 0), as_pbm(buffer)


def as_pbm(buffer):
    rows = bytearray(WIDTH * HEIGHT // 8)
    FrameBuffer(rows, WIDTH, HEIGHT, MONO_HLSB).blit((buffer, WIDTH, HEIGHT, MONO_VLSB), 0, 0)
    return b"P4\n%d %d\n" % (WIDTH, HEIGHT) + rows
