"""Many seeds of months, side by side: `python -m tests.months.campaign --seeds 200`; one of them again: `--seed 17`."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from tests.parts import ROOT, micropython_environment, need

DAYS = 60
JOBS = os.cpu_count()
MEMORY = "/dev/shm"  # a device replaces small files thousands of times; on a disk each of them waits for it
HEAP = "6M"  # the months have the server in them; what the device may use is judged elsewhere
TIMEOUT_S = 900  # only a hang takes longer


class Result(NamedTuple):
    """`found`: what the seed's device printed; `errors`: its last hours when something was not as promised."""

    seed: int
    found: dict
    errors: str

    @property
    def divergence(self):
        return self.found["divergence"]


def run_seed(seed, days=DAYS, mutant=None):
    with tempfile.TemporaryDirectory(prefix="pet-months-", dir=MEMORY if Path(MEMORY).is_dir() else None) as scratch:
        command = [need("micropython"), "-X", f"heapsize={HEAP}", "-m", "tests.months.device", str(seed), str(days)]
        try:
            done = subprocess.run(
                command + ([mutant] if mutant else []),
                cwd=ROOT,
                env={**micropython_environment(), "TMPDIR": scratch},
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:  # the other seeds still count
            return Result(seed, {"divergence": f"it had not ended after {TIMEOUT_S} s", "days": days}, "")
    lines = done.stdout.splitlines()
    found = json.loads(lines[-1]) if lines else {"divergence": "it ended without a word", "seed": seed}
    return Result(seed, found, done.stderr)


def run_seeds(seeds, days=DAYS, jobs=JOBS):
    """The results, as they come."""
    with ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(run_seed, seed, days) for seed in seeds]):
            yield future.result()


def describe(result):
    """One line; for a seed with a divergence also what happened before it, and how to see it again."""
    found = result.found
    if not result.divergence:
        counts = ", ".join(f"{found.get(name, 0)} {name}" for name in COUNTS)
        return f"seed {result.seed}: {counts}"
    again = f"make months ARGS='--seed {result.seed} --days {found.get('days', DAYS)}'"
    return f"seed {result.seed} DIVERGES: {result.divergence}\n{result.errors}  again: {again}"


COUNTS = ("promised", "connections", "syncs failed", "power cuts", "starts", "ignored", "unanchored", "gaps")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--jobs", type=int, default=JOBS, help="seeds at a time")
    given = parser.parse_args()
    seeds = [given.seed] if given.seed is not None else range(given.first, given.first + given.seeds)
    failed, totals = [], dict.fromkeys(COUNTS, 0)
    for result in run_seeds(seeds, given.days, given.jobs):
        print(describe(result), flush=True)
        for name in COUNTS:
            totals[name] += result.found.get(name, 0)
        if result.divergence:
            failed.append(result.seed)
    print(f"{len(seeds)} seeds of {given.days} days: " + ", ".join(f"{count} {name}" for name, count in totals.items()))
    if failed:
        sys.exit(f"not as promised: seeds {sorted(failed)}")


if __name__ == "__main__":
    main()
