"""A handheld on the page whose network somebody pulls: what was thanked for arrives once, and after."""

import asyncio

from firmware.dialogue import SEEN_MS
from server.demo.trust import write_settings
from server.web.handheld import Handheld

TIMEOUT_S = 180  # only a hang takes longer
REFUSED = "not delivered yet: the network is unplugged"
PRESSES = {"idle": 3, "language": 1, "promise": 3, "question": 1}


class Visitor:
    """Somebody at the page, without a browser."""

    def __init__(self, handheld):
        self.handheld, self.seen = handheld, {}

    async def come(self):
        self.messages = await self.handheld.join()

    async def until(self, **wanted):
        while not all(self.seen.get(name) == value for name, value in wanted.items()):
            self.seen.update(await asyncio.wait_for(self.messages.get(), TIMEOUT_S))

    async def answer_all(self):
        """Press what each screen waits for, from idle to the thanks."""
        await self.until(name="idle")
        while self.seen["name"] != "thanks":
            name = self.seen["name"]
            if name in PRESSES:
                await asyncio.sleep(2 * SEEN_MS / 1000)  # no answer to what has not been seen
                await self.handheld.press(f"press {PRESSES[name]}")
            while self.seen["name"] == name:
                self.seen.update(await asyncio.wait_for(self.messages.get(), TIMEOUT_S))


def test_answers_pressed_unplugged_arrive_once_and_after(ward, monkeypatch):
    directory = ward.directory()
    write_settings(ward.line, directory, live=True)
    monkeypatch.setenv("MICROPYPATH", ward.line.application["MICROPYPATH"])

    async def visit():
        handheld = Handheld(directory)
        visitor = Visitor(handheld)
        await visitor.come()
        await handheld.press("unplug")
        await visitor.answer_all()
        await visitor.until(plugged=False, waiting=1, delivered=0, trouble=REFUSED)
        assert ward.sequences(directory) == []
        await handheld.press("battery")
        await visitor.until(asleep=True)
        await handheld.press("plug")
        await visitor.until(plugged=True, waiting=0, delivered=1)
        await visitor.answer_all()
        await visitor.until(waiting=0, delivered=2)  # by itself
        await handheld.close()

    asyncio.run(visit())
    assert ward.sequences(directory) == [1, 2]
    assert ward.counted(directory) == 2
    assert ward.quarantined(directory) == []
