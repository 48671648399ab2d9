"""The power goes in every program and erase that a journal does, torn everywhere, and once more while it recovers.

All cuts on CPython, a seeded sample of them on MicroPython. The same campaign catches journals broken on purpose.
"""

import sys

import firmware.journal
from tests.firmware.journal_mutants import CAUGHT_BY_CUTS, CAUGHT_BY_WEAK_PROGRAMS, load
from tests.firmware.power_cuts import Campaign, crowded, roomy, weak_programs

SAMPLE = 1 if sys.implementation.name == "cpython" else 25
APPENDS = 420
ROUNDS = 15


def test_no_cut_loses_invents_or_renumbers_a_record():
    campaign = Campaign(firmware.journal, every=SAMPLE, appends_every=3).run(roomy, APPENDS)
    assert len(campaign.bystander.completed) == APPENDS
    assert campaign.wraps() > 3
    assert campaign.first_cuts > campaign.operations * 33 // SAMPLE
    assert campaign.second_cuts > campaign.first_cuts * 9 // 10
    report("roomy ring", campaign)


def test_no_cut_of_a_ring_that_is_full_again_and_again_does():
    campaign = Campaign(firmware.journal, every=SAMPLE, appends_every=8).run(crowded, ROUNDS)
    assert campaign.wraps() > 3
    assert campaign.first_cuts > campaign.operations * 33 // SAMPLE
    report("crowded ring", campaign)


def test_no_cut_does_when_programs_fail_silently_too():
    for workload, amount in ((roomy, APPENDS), (crowded, ROUNDS)):
        Campaign(firmware.journal, every=15 * SAMPLE, seed=7, weak=True).run(workload, amount)


def test_programs_that_fail_silently_lose_nothing():
    weak_programs(firmware.journal, 60 if SAMPLE == 1 else 10)


def test_journals_broken_on_purpose_are_caught_by_the_cuts():
    for name, changes in CAUGHT_BY_CUTS.items():
        assert caught(every_cut, load(changes)), "survived: " + name


def test_journals_broken_on_purpose_are_caught_by_silent_failures():
    for name, changes in CAUGHT_BY_WEAK_PROGRAMS.items():
        assert caught(weak_programs, load(changes)), "survived: " + name


def test_the_real_source_is_not_caught():
    assert not caught(every_cut, load(()), 40)
    assert not caught(weak_programs, load(()))


def every_cut(module, every=10):
    for workload, amount in ((roomy, 150), (crowded, 6)):
        Campaign(module, every=every, appends_every=4).run(workload, amount)


def caught(campaign, module, *arguments):
    """Whether the campaign notices: what it asserts fails, or the journal itself gives up."""
    try:
        campaign(module, *(arguments or ((10,))))
    except (AssertionError, OSError):
        return True
    return False


def report(name, campaign):
    print(
        f"{name}: {campaign.operations} operations, {campaign.wraps():.1f} wraps, {campaign.first_cuts} first cuts,"
        f" {campaign.second_cuts} second cuts, {len(campaign.bystander.completed)} records, none lost"
    )
