"""Runs the months of one seed in MicroPython: SEED DAYS [MUTANT]. Prints one JSON object; exits 1 at a divergence."""

import json
import sys

from tests.months import months, mutants

seed, days = int(sys.argv[1]), int(sys.argv[2])
if len(sys.argv) > 3:
    mutants.MUTANTS[sys.argv[3]]()
device, divergence = months.run(seed, days)
for line in months.explain(device) if divergence else ():
    print(line, file=sys.stderr)
found = {"seed": seed, "days": days, "divergence": divergence, "promised": device.oracle.last}
found.update({"gaps": device.oracle.gaps, "unanchored": device.oracle.unanchored})
found.update(device.counts)
print(json.dumps(found))
sys.exit(1 if divergence else 0)
