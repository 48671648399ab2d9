"""How many records a second `process` stores, in device batches of 100, with HMAC, ledger, evidence and rollups."""

from datetime import timedelta
from time import perf_counter

import pytest

DEVICES = 25
BATCHES = 8
ROUNDS = 3


@pytest.mark.parametrize("days", [1, 60])
def test_print_the_figures(ward, days):
    """`days`: over how many the responses of a device are spread; each is another row of the rollups."""
    apart_s = days * 86400 // (BATCHES * 100)
    for round_number in range(1, ROUNDS + 1):
        handhelds = [ward.handheld(f"{round_number}-{number}") for number in range(DEVICES)]
        for handheld in handhelds:
            handheld.clock -= timedelta(days=days)
            for number in range(BATCHES * 100):
                handheld.answer(1 + number % 3, 1 + number % 2, 14, seconds=apart_s)
        batches = [[handheld.batch(first=1 + 100 * number) for handheld in handhelds] for number in range(BATCHES)]
        times = [perf_counter()]
        for _ in range(2):
            for together in batches:
                ward.process(*together)
            times.append(perf_counter())
        stored, repeated = (DEVICES * BATCHES * 100 / (times[n + 1] - times[n]) for n in range(2))
        print(f"{days} days, round {round_number}: {stored:,.0f} records/s stored, {repeated:,.0f} duplicates/s")
    ward.check_sums()
