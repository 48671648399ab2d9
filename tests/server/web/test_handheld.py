"""The handheld of /try: real firmware behind a WebSocket, one process for all visitors, gone when nobody presses."""

import base64
import fcntl
import json
import os
import re
import signal
from contextlib import contextmanager, suppress

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from firmware.dialogue import SEEN_MS
from protocol.identity import decode_identity
from server.app import create_app
from server.web.handheld import Handheld
from server.web.templates import STATIC
from tests.device_directory import journal, make_device
from tests.device_program import application
from tests.parts import ROOT, need
from tests.server.conftest import NOW, serving

ANSWER_TIMEOUT_S = 120  # only a hang takes longer
SHOWING = ("screens", "between", "main", "simulator", "staff", "self_test", "staffing", "asking")


@pytest.fixture
def device(tmp_path, monkeypatch):
    """The folder of a provisioned device that has no broker."""
    need("micropython")
    monkeypatch.setenv("MICROPYPATH", application()["MICROPYPATH"])
    folder = tmp_path / "device"
    folder.mkdir()
    return make_device(folder)


@contextmanager
def shown(settings, handheld):
    with serving(create_app(settings, now=lambda: NOW, handheld=handheld)) as site:
        yield site


@contextmanager
def visiting(site):
    with connect(f"ws://127.0.0.1:{site.port}/try/device", origin=site.url) as socket:
        yield Visitor(socket)


class Visitor:
    def __init__(self, socket):
        self.socket = socket
        self.seen = {}

    def until(self, **wanted):
        """Read messages until these values were the last ones told."""
        while not all(self.seen.get(name) == value for name, value in wanted.items()):
            self.until_next()

    def look(self):
        """At what has just appeared, until nothing more comes for longer than a press is not yet an answer to it."""
        with suppress(TimeoutError):
            while True:
                self.seen.update(json.loads(self.socket.recv(timeout=2 * SEEN_MS / 1000)))

    def until_next(self):
        self.seen.update(json.loads(self.socket.recv(timeout=ANSWER_TIMEOUT_S)))

    def answer_all(self):
        """One pass: any button starts it, then one of the two outermost for each question once it is shown."""
        self.until(name="idle")
        self.socket.send("press 3")
        for button in (1, 5, 1, 5, 1):
            self.until(name="question")
            self.look()
            self.socket.send(f"press {button}")
            self.until(name="chosen")
        self.until(name="thanks")


def processes(folder):
    """The running processes of that device."""
    return [process for process in psutil.Process().children() if str(folder) in process.cmdline()]


def test_a_pass_pressed_in_the_browser_lies_in_the_journal(settings, device):
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(name="idle", waiting=0, delivered=0)
        assert len(base64.b64decode(visitor.seen["screen"])) == 128 * 64 // 8
        visitor.answer_all()
        visitor.until(waiting=1, delivered=0)
    with journal(device) as kept:
        assert kept.last_sequence == 1


def test_all_visitors_see_one_device(settings, device):
    with shown(settings, Handheld(device)) as site, visiting(site) as first, visiting(site) as second:
        first.until(name="idle")
        second.until(name="idle")
        first.socket.send("press 3")
        second.until(name="question")
        assert len(processes(device)) == 1
        with visiting(site) as late:
            late.until(name="question")
        assert len(processes(device)) == 1


def test_staff_hold_two_buttons_together(settings, device):
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(name="idle")
        visitor.socket.send("staff")
        visitor.until(name="staff-menu")


def test_answers_given_unplugged_and_with_the_battery_pulled_are_kept(settings, device):
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(name="idle", plugged=True)
        visitor.socket.send("unplug")
        visitor.until(plugged=False)
        visitor.answer_all()
        visitor.until(waiting=1, delivered=0)
        [before] = processes(device)
        visitor.socket.send("battery")
        visitor.until(asleep=True)
        assert not before.is_running()
        visitor.seen.clear()
        visitor.socket.send("press 3")  # it starts from its flash; the press that starts it is no answer
        visitor.until(waiting=1, delivered=0)
        with visiting(site) as late:
            late.until(plugged=False)
            late.socket.send("plug")
            visitor.until(plugged=True)
    with journal(device) as kept:
        assert kept.last_sequence == 1


def test_the_page_leads_to_the_figures_of_its_own_device(settings, device):
    device_id = decode_identity((device / "pet_id.bin").read_bytes()).device_id
    with shown(settings, Handheld(device)) as site:
        assert f'href="/?device={device_id:08x}"' in site.page("/try").text
        (device / "pet_id.bin").write_bytes(b"no identity")
        assert 'id="figures" href="/"' in site.page("/try").text


def test_every_screen_of_the_device_has_words_for_who_cannot_see_it():
    """The names that the firmware gives its screens, against those that the page knows."""
    sources = {name: (ROOT / f"firmware/{name}.py").read_text() for name in SHOWING}
    named = {name for text in sources.values() for name in re.findall(r'\.show\("([a-z-]+)"\)', text)}
    screens = re.search(r"^SCREENS = \(([^)]*)\)", sources["screens"], re.MULTILINE)[1]
    named |= {name for name in re.findall('"([a-z]*)"', screens) if name} | {"battery"}
    named |= {name for text in sources.values() for name in re.findall(r'"(staff-[a-z]+|self-test)"', text)}
    known = set(re.findall(r'^  "?([a-z-]+)"?: "', (STATIC / "try.js").read_text(), re.MULTILINE))
    assert len(named) > 15
    assert named == known


@pytest.mark.parametrize(
    "said", ["press 7", "press 0", "quit", "staff 1", "at 5", "press 1\npress 2", "", "hold", '{"press": 1}']
)
def test_a_visitor_can_say_nothing_but_presses(settings, device, said):
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(name="idle")
        visitor.socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            visitor.until(name="never")
        assert closed.value.rcvd.code == 1008
        assert len(processes(device)) == 1


def test_bytes_end_the_visit_with_the_code_that_says_so(settings, device):
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(name="idle")
        visitor.socket.send(b"press 1")
        with pytest.raises(ConnectionClosed) as closed:
            visitor.until(name="never")
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1003, "a visitor sends text")


def test_a_flood_of_presses_does_not_keep_others_out(settings, device):
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(name="idle")
        with visiting(site) as flooder:
            for _ in range(500):
                flooder.socket.send("press 6")
            visitor.until(name="question")
        while visitor.seen["name"] != "chosen":  # the flood may leave any question, or none, on the screen
            visitor.socket.send("press 1")
            visitor.until_next()


def test_it_sleeps_when_nobody_presses_and_wakes_at_the_next_press(settings, device):
    with shown(settings, Handheld(device, idle_s=0.5)) as site, visiting(site) as visitor:
        visitor.until(asleep=True)
        assert processes(device) == []
        assert (device / "retained.bin").exists()  # as by deep sleep, not by loss of power
        visitor.seen.clear()
        visitor.socket.send("press 1")
        visitor.until(name="promise")


def test_it_waits_for_an_earlier_process_that_still_runs_on_its_flash(settings, device):
    """One that outlived its server, say, in the middle of a sync: two of them would write over each other's answers."""
    with shown(settings, Handheld(device, busy_s=0.5)) as site, (device / "in_use").open("wb") as earlier:
        fcntl.flock(earlier, fcntl.LOCK_EX)
        with visiting(site) as visitor:
            visitor.until(trouble="another process still runs this device; press again in a while")
            assert processes(device) == []
            earlier.close()
            visitor.socket.send("press 3")
            visitor.until(name="question", trouble=None)
            with (device / "in_use").open("wb") as later, pytest.raises(BlockingIOError):
                fcntl.flock(later, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_it_ends_with_the_server(settings, device):
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(name="idle")
        [process] = processes(device)
        family = [process, *process.children(recursive=True)]
    assert not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in family)
    assert (device / "retained.bin").exists()


def test_a_device_that_died_is_started_again_by_a_press(settings, device):
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(name="idle")
        [process] = processes(device)
        os.killpg(process.pid, signal.SIGKILL)
        visitor.until(asleep=True)
        visitor.seen.clear()
        visitor.socket.send("press 1")
        visitor.until(name="question")
        assert len(processes(device)) == 1


def test_a_device_that_lacks_a_part_says_which(settings, device):
    (device / "pet_id.bin").unlink()
    with shown(settings, Handheld(device)) as site, visiting(site) as visitor:
        visitor.until(asleep=True)
        assert "no identity" in visitor.seen["trouble"]


def test_a_program_that_is_missing_is_told(settings, device):
    with shown(settings, Handheld(device, command=["/nowhere/micropython"])) as site, visiting(site) as visitor:
        trouble = "the device's program /nowhere/micropython does not start (No such file or directory)"
        visitor.until(trouble=trouble)


def test_without_a_device_the_page_says_who_provides_one(settings):
    with shown(settings, Handheld(None)) as site:
        text = site.page("/try").text
        assert "make demo" in text
        assert "<script" not in text
