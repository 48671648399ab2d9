"""What `pet rebuild --check` reports: a difference between what is stored and what the evidence says."""

from dataclasses import dataclass
from typing import Any, NamedTuple

MISSING = "missing"  # the evidence says it, the table does not have it
EXTRA = "extra"  # the table has it, nothing that was signed says it
OTHER = "other"  # both have it, with other values
EVIDENCE = "evidence"  # the evidence itself is not what was signed


class Difference(NamedTuple):
    """`what` names the row; `detail` says what stands there and what should."""

    kind: str
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}: {self.detail}"


@dataclass
class Summary:
    """How much was compared. `deliverable`: in quarantine, and storable by now (`pet quarantine replay`)."""

    devices: int = 0
    batches: int = 0
    responses: int = 0
    imported: int = 0
    rollup_rows: int = 0
    audited_rows: int = 0
    deliverable: int = 0
    differences: int = 0


def compare(stored: Any, expected: Any) -> str:
    """The fields of two rows that differ, in words; empty where none does."""
    return "; ".join(
        f"{name} is {there!s}, should be {due!s}"
        for name, there, due in zip(stored._fields, stored, expected, strict=True)
        if there != due
    )
