"""A long random walk through the dialogue, beside a model that only knows what was pressed on which view."""

from firmware.dialogue import ASKING, CHOSEN, IDLE, SAVING, WARNING, Dialogue, View
from tests.esp32_ticks import PERIOD
from tests.person import Person

SKIPPED = 14
TIMED_OUT = 15
WAITS_MS = (50, 700, 3000, 74999, 75000, 15000, 90000)
ENDS = (Dialogue.saved, Dialogue.refused, Dialogue.back_to_idle)


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
        self.counts = [2 + self.dice.below(5) for _ in range(1 + self.dice.below(12))]
        self.person = Person(self.counts, self.dice.below(PERIOD))
        self.said = [0] * len(self.counts)
        self.complete = 0
        self.partial = 0

    def step(self):
        before = self.person.view()
        finished = self.act(before)
        after = self.person.view()
        self.check(before, after)
        assert (after.state == SAVING) == (finished is not None)
        if finished is not None:
            self.check_pass(before, finished)
            ENDS[self.dice.below(3)](self.person.dialogue, self.person.now_ms)
            self.said = [0] * len(self.counts)
            assert self.person.dialogue._answers == []

    def act(self, before):
        action = self.dice.below(10)
        if action < 5:
            option = self.dice.below(7)
            if before.state == ASKING and 0 < option <= self.counts[before.question]:
                self.said[before.question] = option
            return self.person.press(option)
        if action == 5:
            return self.person.back()
        if action == 6:
            if before.state == ASKING:
                self.said[before.question] = SKIPPED
            return self.person.skip()
        return self.person.wait(WAITS_MS[self.dice.below(len(WAITS_MS))])

    def check(self, before, after):
        """What holds at every step, whatever was done."""
        if after.state == CHOSEN:
            assert after == View(CHOSEN, before.question, self.said[before.question])
        if after.state == ASKING:
            assert abs(after.question - before.question) <= 1
            for question in range(after.question, len(self.counts)):
                self.said[question] = 0  # taken back, or not asked yet
        if after.state in (ASKING, CHOSEN, WARNING):
            assert self.person.dialogue._answers == self.said
        if after.state == IDLE:
            assert self.person.dialogue._answers == []
            self.said = [0] * len(self.counts)

    def check_pass(self, before, finished):
        if finished.partial:
            self.partial += 1
            assert before.state in (ASKING, WARNING)
            assert any(0 < answer <= 6 for answer in finished.answers)
            self.said[before.question] = TIMED_OUT
        else:
            self.complete += 1
            assert 0 not in finished.answers
            assert TIMED_OUT not in finished.answers
        assert list(finished.answers) == self.said


def test_a_random_walk_keeps_every_promise():
    complete = partial = 0
    for seed in range(40):
        walk = Walk(seed * 2654435761 + 1)
        for _ in range(1500):
            walk.step()
        complete += walk.complete
        partial += walk.partial
    assert complete > 100
    assert partial > 100
