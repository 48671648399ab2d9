"""Somebody in front of the dialogue: presses, and lets time pass."""

from firmware.dialogue import ASKING, CHOSEN_MS, LANGUAGE, PROMISE_MS, SEEN_MS, Dialogue, View
from tests.esp32_ticks import ticks_add, ticks_diff

COUNTS = [5, 5, 2, 3, 5]


class Person:
    """`counts`: how many options each question has; `more`: what else the dialogue is told."""

    def __init__(self, counts=COUNTS, now_ms=5000, **more):
        self.dialogue = Dialogue(counts, ticks_diff, **more)
        self.now_ms = now_ms

    def press(self, option):
        self.look()
        return self.dialogue.press(option, self.now_ms)

    def back(self):
        self.dialogue.back(self.now_ms)

    def skip(self):
        return self.dialogue.skip(self.now_ms)

    def wait(self, duration_ms):
        """Time passes; what `tick` gives at the end of it."""
        self.now_ms = ticks_add(self.now_ms, duration_ms)
        return self.dialogue.tick(self.now_ms)

    def answer(self, option):
        """Reads for three seconds, answers, and leaves the chosen word standing until it goes by itself."""
        self.wait(3000)
        self.press(option)
        return self.wait(CHOSEN_MS)

    def begin(self, *options):
        """At the question after these answers."""
        self.press(1)
        for option in options:
            self.answer(option)
        return self

    def view(self):
        return self.dialogue.view()

    def state(self):
        return self.dialogue.state

    def said(self):
        """The answers that are in memory."""
        return list(self.dialogue._answers)

    def look(self):
        """At a question that has only just appeared, before a press that is for it."""
        shown_ms = ticks_diff(self.now_ms, self.dialogue._since_ms)
        if self.dialogue.state == ASKING and shown_ms < SEEN_MS:
            self.now_ms = ticks_add(self.now_ms, SEEN_MS - shown_ms)

    def react(self, event):
        self.look()
        return self.dialogue.react(event, self.now_ms)


def patient(languages=3, pages=1, **more):
    """In front of a device that asks for the language and makes its promise."""
    return Person(COUNTS, languages=languages, pages=pages, promise=True, **more)


def at_question(person):
    """Somebody who chose the first language and has read the promise."""
    person.react(3)
    if person.state() == LANGUAGE:
        person.react(1)
    person.wait(PROMISE_MS)
    assert person.view() == View(ASKING, 0, 0)
    return person
