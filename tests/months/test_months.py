"""Sixty days of a device under ten seeds: nothing lost, nothing doubled, in order, in time; and broken rules noticed.

More seeds: make months ARGS="--seeds 200".
"""

import pytest

from tests.months.campaign import describe, run_seed, run_seeds

SEEDS = range(1, 11)
PASSES_MIN = 4000  # of some 6,000: some walk away, and a device that cannot sync for days takes no new ones
MUTANTS = {"ack": 1, "nonce": 1, "erase": 2, "renumber": 1, "resend": 1, "time": 1, "thanks": 1}  # a seed that notices


def test_ten_seeds_of_sixty_days_keep_every_promise(micropython):
    results = list(run_seeds(SEEDS))
    broken = [describe(result) for result in results if result.divergence]
    assert not broken, "\n".join(broken)
    for result in results:
        assert result.found["promised"] > PASSES_MIN, describe(result)
        assert result.found["power cuts"] > 50, describe(result)
        assert result.found["syncs failed"] > 50, describe(result)
        assert result.found["ignored"] > 20, describe(result)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_rule_is_noticed(mutant, micropython):
    result = run_seed(MUTANTS[mutant], mutant=mutant)
    assert result.divergence, f"seed {result.seed} has not noticed: {result.found}"
