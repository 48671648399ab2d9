"""The interface under what its reference allows, for as many minutes as PET_FUZZ_MINUTES says (10)."""

import os
import time

from tests.server.api.fuzzing import ask_everything
from tests.server.api.test_schemathesis import SEED, app, viewers

MINUTES = float(os.environ.get("PET_FUZZ_MINUTES", "10"))
EXAMPLES = 10
__all__ = ["app"]  # the fixture


def test_minutes_of_examples(figures, app):
    known = viewers(figures)
    end, rounds, examples, statuses = time.monotonic() + 60 * MINUTES, 0, 0, {}
    while time.monotonic() < end:
        for name, viewer in known.items():
            found = ask_everything(app, viewer, examples=EXAMPLES, seed=SEED + 1 + rounds)
            assert not found.failures, f"as {name}, round {rounds}:\n{found}"
            examples += found.asked.total()
            for status, times in found.answers.items():
                statuses[status] = statuses.get(status, 0) + times
        rounds += 1
    print(f"\n{examples:,} examples in {rounds} rounds, {MINUTES:g} minutes; by status: {sorted(statuses.items())}")
