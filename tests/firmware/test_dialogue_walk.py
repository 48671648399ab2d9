"""A long random walk through the dialogue, beside a model that only knows what was pressed on which view."""

from firmware.buttons import CONTROL, STAFF, TOGETHER
from firmware.dialogue import (
    ASKING,
    CHOSEN,
    HANDOVER,
    IDLE,
    LANGUAGE,
    PROMISE,
    REFUSED,
    SAVING,
    THANKS,
    WARNING,
    Dialogue,
    View,
)
from firmware.language_choice import LANGUAGE_OPTIONS_MAX, language_of
from protocol.record import FLAG_PARTIAL, FLAG_STUCK_BUTTON
from protocol.screen import option_of_button
from tests.esp32_ticks import PERIOD
from tests.person import Person

SKIPPED = 14
TIMED_OUT = 15
WAITS_MS = (50, 700, 3000, 6000, 30000, 74999, 75000, 15000, 90000)
ENDS = (Dialogue.saved, Dialogue.refused, Dialogue.back_to_idle)
EVENTS = (1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, CONTROL, -CONTROL, TOGETHER, STAFF)
ANSWERING = (ASKING, CHOSEN, WARNING)
# What a view may be followed by, whatever happens: a thank-you only by way of SAVING, an answer only by way of ASKING.
FOLLOWED_BY = {
    IDLE: (LANGUAGE, PROMISE, ASKING),
    HANDOVER: (LANGUAGE, PROMISE, ASKING),
    LANGUAGE: (PROMISE, ASKING, IDLE, HANDOVER),
    PROMISE: (ASKING, LANGUAGE, IDLE, HANDOVER),
    ASKING: (CHOSEN, WARNING, SAVING, PROMISE, LANGUAGE, IDLE, HANDOVER),
    CHOSEN: (ASKING, SAVING, IDLE, HANDOVER),
    WARNING: (ASKING, SAVING, IDLE, HANDOVER),
    SAVING: (THANKS, REFUSED, IDLE, HANDOVER),
    THANKS: (IDLE, HANDOVER),
    REFUSED: (IDLE, HANDOVER),
}


class Dice:
    """The same numbers on both interpreters (the generator of Numerical Recipes)."""

    def __init__(self, seed):
        self.number = seed & 0xFFFFFFFF

    def below(self, limit):
        self.number = (self.number * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self.number >> 8) % limit


class Walk:
    """Many people with random hands at one device. `said` is what the model takes their answers to be."""

    def __init__(self, seed):
        self.dice = Dice(seed)
        self.counts = [2 + self.dice.below(4) for _ in range(1 + self.dice.below(12))]
        self.languages = 1 + self.dice.below(2) * self.dice.below(11)
        pages = 1 + self.dice.below(3)
        promise = self.dice.below(2) == 1
        start_ms = self.dice.below(PERIOD)
        self.person = Person(self.counts, start_ms, languages=self.languages, pages=pages, promise=promise)
        self.locked = False
        self.stuck = False
        self.forget()
        self.complete = self.partial = self.chosen = 0

    def forget(self):
        self.said = [0] * len(self.counts)
        self.language = 0
        self.stuck = False

    def step(self):
        before = self.person.view()
        finished = self.act(before)
        after = self.person.view()
        self.check(before, after)
        assert (after.state == SAVING) == (finished is not None)
        if finished is not None:
            self.check_pass(before, finished)
            ENDS[self.dice.below(3)](self.person.dialogue, self.person.now_ms)
            assert self.person.state() in FOLLOWED_BY[SAVING]
            language = self.language
            self.forget()
            if not self.person.dialogue.home():
                self.language = language  # in which they are thanked, or told why not
            assert not any(self.person.said())

    def act(self, before):
        action = self.dice.below(12)
        if action < 7:
            return self.press(EVENTS[self.dice.below(len(EVENTS))], before)
        if action == 7:
            return self.act_as_staff(before)
        due_ms = self.person.dialogue.due_ms(self.person.now_ms)
        if action == 8 and due_ms >= 0:
            return self.person.wait(due_ms)
        return self.person.wait(WAITS_MS[self.dice.below(len(WAITS_MS))])

    def press(self, event, before):
        if before.state == ASKING and event == -CONTROL:
            self.said[before.question] = SKIPPED
        if before.state == ASKING and 0 < event < CONTROL:
            option = option_of_button(self.counts[before.question], event)
            self.said[before.question] = option
        if before.state == CHOSEN and event == TOGETHER:
            self.said[before.question] = 0
        if before.state == LANGUAGE and 0 < event < CONTROL:
            option = option_of_button(min(self.languages, LANGUAGE_OPTIONS_MAX), event)
            position = language_of(self.languages, before.question, option)
            self.language = self.language if position < 0 else position
        finished = self.person.react(event)
        self.check_extended(before, event)
        return finished

    def check_extended(self, before, event):
        """Any press gives the whole time again."""
        after = self.person.view()
        pressed = event not in (0, STAFF, TOGETHER)
        if pressed and before.state in (WARNING, ASKING, LANGUAGE) and after.state not in (SAVING, IDLE, HANDOVER):
            fresh = Person(self.counts, self.person.now_ms, languages=self.languages, promise=True).dialogue
            fresh.state = after.state
            fresh._since_ms = self.person.now_ms
            assert self.person.dialogue.due_ms(self.person.now_ms) == fresh.due_ms(self.person.now_ms)
            assert self.person.dialogue.due_ms(self.person.now_ms) > 0

    def act_as_staff(self, before):
        choice = self.dice.below(8)
        dialogue = self.person.dialogue
        if choice == 0:
            self.locked = not self.locked
            dialogue.lock(self.locked, self.person.now_ms)
        elif choice == 1 and before.state in ANSWERING:
            dialogue.stuck = self.stuck = True
        elif choice == 2:
            return dialogue.end(self.person.now_ms)
        elif choice == 3 and dialogue.home():
            dialogue.refused(self.person.now_ms, self.dice.below(2))
            assert not any(self.person.said())
        return None

    def check(self, before, after):
        """What holds at every step, whatever was done."""
        if after.state not in (before.state, REFUSED):
            home = before.state in (IDLE, HANDOVER) and after.state in (IDLE, HANDOVER)  # locked or unlocked
            assert home or after.state in FOLLOWED_BY[before.state], (before, after)
        if after.state in (IDLE, HANDOVER):
            assert (after.state == HANDOVER) == self.locked
            assert self.person.dialogue.home()
            self.forget()
            assert not self.person.dialogue.stuck
        if after.state == CHOSEN:
            assert after == View(CHOSEN, before.question, self.said[before.question])
        if after.state == ASKING:
            from_question = before.question if before.state in ANSWERING else 0
            assert abs(after.question - from_question) <= 1
            for question in range(after.question, len(self.counts)):
                self.said[question] = 0  # taken back, or not asked yet
        if after.state in (LANGUAGE, PROMISE):
            self.said = [0] * len(self.counts)
        if after.state != SAVING:
            assert self.person.said() == self.said, (before, after)
            assert self.person.dialogue.language == self.language

    def check_pass(self, before, finished):
        assert bool(finished.flags & FLAG_STUCK_BUTTON) == self.stuck
        assert finished.partial == bool(finished.flags & FLAG_PARTIAL)
        assert before.state in ANSWERING
        assert self.person.dialogue.language == self.language
        if finished.partial:
            self.partial += 1
            assert any(0 < answer <= 6 for answer in finished.answers)
            if before.state != CHOSEN:
                self.said[before.question] = TIMED_OUT
        else:
            self.complete += 1
            assert 0 not in finished.answers
            assert TIMED_OUT not in finished.answers
        self.chosen += self.language > 0
        assert list(finished.answers) == self.said


def test_a_random_walk_keeps_every_promise():
    complete = partial = chosen = 0
    for seed in range(60):
        walk = Walk(seed * 2654435761 + 1)
        for _ in range(1500):
            walk.step()
        complete += walk.complete
        partial += walk.partial
        chosen += walk.chosen
    assert complete > 100
    assert partial > 100
    assert chosen > 20
