"""Reading and verifying the audit log. Nothing here writes it: the database does (migration 0005)."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.orm import Session

from server.accounts.audit_tables import AuditEntry, AuditHead, AuditVerification
from server.errors import OperatorError

FETCHED_ROWS = 1000  # of a log of millions, at a time
VERBS = ("insert", "update", "delete", "baseline")

# As audit_text() in the database, but stated here: whoever replaced that function would deceive it only.
CANONICAL_TEXT = """
    jsonb_build_array(organisation_id, sequence, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        actor, action, subject, detail)::text
"""


class Head(NamedTuple):
    """How far a log has come. Kept outside of the database, it shows whether rows up to there are still the same."""

    organisation_id: int
    sequence: int
    hash: str

    def line(self) -> str:
        """As a file of heads holds it: one JSON object a line."""
        return json.dumps(self._asdict())


class Broken(NamedTuple):
    """The first row that is not what it was, and why it is known."""

    sequence: int
    why: str


class Verified(NamedTuple):
    """How many rows were read, and the first that is broken, if any."""

    rows: int
    broken: Broken | None


def head(session: Session, organisation_id: int) -> Head:
    """Of a log without a row: sequence 0 and an empty hash."""
    row = session.execute(
        select(AuditHead.sequence, AuditHead.hash).where(AuditHead.organisation_id == organisation_id)
    ).one_or_none()
    return Head(organisation_id, 0, "") if row is None else Head(organisation_id, row.sequence, row.hash.hex())


class Wanted(NamedTuple):
    """Which entries. `action`: "target insert"; `table`: all actions of it; `actor`: letters of who did it; from
    `since` (inclusive) to `until` (exclusive).
    """

    action: str | None = None
    table: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Wanted()


def entries(
    session: Session,
    organisation_id: int,
    *,
    before: int | None = None,
    limit: int = 100,
    wanted: Wanted = EVERYTHING,
) -> Sequence[AuditEntry]:
    """The newest first, at most `limit` of those with a sequence below `before`."""
    query = select(AuditEntry).where(AuditEntry.organisation_id == organisation_id, *_conditions(wanted))
    if before is not None:
        query = query.where(AuditEntry.sequence < before)
    return session.scalars(query.order_by(AuditEntry.sequence.desc()).limit(limit)).all()


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.action is not None:
        yield AuditEntry.action == wanted.action
    if wanted.table is not None:
        yield AuditEntry.action.in_([f"{wanted.table} {verb}" for verb in VERBS])
    if wanted.actor is not None:
        yield AuditEntry.actor.icontains(wanted.actor, autoescape=True)
    if wanted.since is not None:
        yield AuditEntry.at >= wanted.since
    if wanted.until is not None:
        yield AuditEntry.at < wanted.until


def note_verification(session: Session, found: Head, verified: Verified, by: str, at: datetime) -> AuditVerification:
    """That the log of this head's organisation was recomputed just now."""
    broken = verified.broken
    row = AuditVerification(
        organisation_id=found.organisation_id,
        at=at,
        by=by,
        rows=verified.rows,
        broken_row=broken.sequence if broken else None,
        why=broken.why if broken else None,
    )
    session.add(row)
    session.flush()
    return row


def last_verification(session: Session, organisation_id: int) -> AuditVerification | None:
    """The newest; None where nobody ever recomputed the log."""
    here = select(AuditVerification).where(AuditVerification.organisation_id == organisation_id)
    return session.scalar(here.order_by(AuditVerification.verification_id.desc()).limit(1))


def read_heads(lines: Iterable[str], organisation_id: int) -> list[Head]:
    """The heads of this organisation in a file that `pet audit-log head` has written. Raises OperatorError."""
    heads = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            found = Head(int(fields["organisation_id"]), int(fields["sequence"]), str(fields["hash"]))
        except (ValueError, KeyError, TypeError):
            raise OperatorError(f"line {number} of the heads is none: `pet audit-log head` writes them.") from None
        if found.organisation_id == organisation_id:
            heads.append(found)
    return sorted(heads, key=lambda each: each.sequence)


def verify(session: Session, organisation_id: int, heads: Sequence[Head] = ()) -> Verified:
    """Recompute the whole chain; compare it with the head row and with heads kept outside, in order of sequence.

    The session must see one state throughout (REPEATABLE READ), or writers at work would look like a fault.
    """
    outside: dict[int, set[str]] = {}
    for each in heads:
        outside.setdefault(each.sequence, set()).add(each.hash)
    before, rows = b"", 0
    for row in _rows(session, organisation_id):
        rows += 1
        if row.sequence != rows:
            return Verified(rows, Broken(rows, f"it is missing: row {row.sequence} follows row {rows - 1}"))
        before = sha256(before + row.text.encode()).digest()
        if before != row.hash:
            why = "its content is not what its hash was made of, or the row before it was exchanged"
            return Verified(rows, Broken(rows, why))
        if not outside.get(rows, set()) <= {row.hash.hex()}:
            return Verified(rows, Broken(rows, "its hash is not the one in the file of heads: the log was rewritten"))
    return Verified(rows, _ends(head(session, organisation_id), Head(organisation_id, rows, before.hex()), outside))


def _ends(said: Head, found: Head, outside: Collection[int]) -> Broken | None:
    """Whether a chain that is whole up to its last row, `found`, ends where it should."""
    rows = found.sequence
    if rows == 0:
        return Broken(1, "the log is empty, and yet an organisation's begins with its own making")
    if said != found:
        return Broken(rows + 1, f"the log ends with row {rows}, its head says {said.sequence}")
    if any(sequence > rows for sequence in outside):
        return Broken(rows + 1, f"the log ends with row {rows}, the file knows row {max(outside)}")
    return None


def _rows(session: Session, organisation_id: int) -> Iterator[Any]:
    query = f"SELECT sequence, hash, {CANONICAL_TEXT} AS text FROM audit_log WHERE organisation_id = :here ORDER BY 1"  # noqa: S608 - a constant
    with session.execute(text(query).execution_options(yield_per=FETCHED_ROWS), {"here": organisation_id}) as result:
        yield from result
