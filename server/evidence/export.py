"""The auditor's export: from a figure to its responses, and from these to the signed bytes, in one ZIP file."""

import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from protocol.record import record_crc
from protocol.topics import device_name
from server.accounts.audit_log import head
from server.accounts.viewer import Teams
from server.evidence.batches import SignedBatch, signed_batches
from server.evidence.export_context import flags_of, placements_of, questionnaires_of
from server.evidence.rows import key_of, stored_rows
from server.fleet.tables import Team
from server.ingest.judge import ResponseRow
from server.ingest.tables import ANSWERED_IMPORTED, UNDATED, Quarantine, Response

HERE = Path(__file__).parent


class Figure(NamedTuple):
    """What a figure is about. Empty tuples do not narrow; `to_day` is exclusive. Undated: of no day at all."""

    organisation_id: int
    services: tuple[int, ...] = ()
    teams: tuple[int, ...] = ()
    devices: tuple[int, ...] = ()
    from_day: date | None = None
    to_day: date | None = None
    allowed: Teams = None  # the teams that whoever asks may export

    def conditions(self) -> list[ColumnElement[bool]]:
        """Of its responses."""
        found: list[ColumnElement[bool]] = [Response.organisation_id == self.organisation_id]
        if self.services:
            teams = select(Team.team_id).where(
                Team.organisation_id == self.organisation_id, Team.service_id.in_(self.services)
            )
            found.append(Response.team_id.in_(teams))
        if self.teams:
            found.append(Response.team_id.in_(self.teams))
        if self.devices:
            found.append(Response.device_id.in_(self.devices))
        if self.from_day is not None:
            found.append(Response.day >= self.from_day)
        if self.to_day is not None:
            found.append(Response.day < self.to_day)
        if self.from_day is not None or self.to_day is not None:
            found.append(Response.day != UNDATED)
        if self.allowed is not None:
            found.append(Response.team_id.in_(self.allowed))
        return found


@dataclass
class Written:
    """What the first pass has found: what the rest of the file must explain."""

    responses: int = 0
    devices: set[int] = field(default_factory=set)
    references: set[int] = field(default_factory=set)
    batches: set[bytes] = field(default_factory=set)  # digests of those that may be handed over


class Exported(NamedTuple):
    """`seal`: SHA-256 of the list of all files' SHA-256; who noted it knows later whether anything was changed."""

    responses: int
    seal: str


def count_responses(session: Session, figure: Figure) -> int:
    """How many the export would hold."""
    return session.scalar(select(func.count()).select_from(Response).where(*figure.conditions())) or 0


def export_evidence(
    session: Session, figure: Figure, asked: dict[str, Any], now: datetime, file: IO[bytes]
) -> Exported:
    """Write the ZIP. The session must see one state throughout."""
    written = Written()
    here = figure.organisation_id
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = _Parts(archive)
        parts.lines("responses.ndjson", _responses(session, figure, written))
        parts.lines("batches.ndjson", _batches(session, figure, written))
        parts.lines("placements.ndjson", _placements(session, figure, written))
        parts.lines("questionnaires.ndjson", questionnaires_of(session, here, written.references))
        parts.lines("flags.ndjson", flags_of(session, here, figure.conditions()))
        parts.text("audit_head.json", head(session, here).line() + "\n")
        question = {"asked": asked, "exported_at": now.isoformat(), "responses": written.responses}
        parts.text("question.json", json.dumps(question, indent=1, default=str) + "\n")
        parts.text("README.txt", (HERE / "export_readme.txt").read_text(encoding="utf-8"))
        parts.text("verify.py", (HERE / "verify_export.py").read_text(encoding="utf-8"))
        return Exported(written.responses, parts.seal())


class _Parts:
    """Writes the files of the ZIP and remembers what each of them hashes to."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._sums: dict[str, str] = {}

    def lines(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        digest = sha256()
        with self._archive.open(name, "w", force_zip64=True) as file:
            for row in rows:
                line = json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
                digest.update(line)
                file.write(line)
        self._sums[name] = digest.hexdigest()

    def text(self, name: str, words: str) -> None:
        data = words.encode()
        self._sums[name] = sha256(data).hexdigest()
        self._archive.writestr(name, data)

    def seal(self) -> str:
        """As sha256sum writes it."""
        listed = "".join(f"{digest}  {name}\n" for name, digest in self._sums.items()).encode()
        self._archive.writestr("SHA256SUMS", listed)
        return sha256(listed).hexdigest()


def _responses(session: Session, figure: Figure, written: Written) -> Iterator[dict[str, Any]]:
    """Device by device, for that is how the evidence is read."""
    connection = session.connection()
    devices = select(Response.device_id).where(*figure.conditions()).distinct().order_by(Response.device_id)
    for device_id in connection.scalars(devices).all():
        written.devices.add(device_id)
        foreign = _foreign(session, figure, device_id)
        found: dict[tuple[bytes, int], list[SignedBatch]] = {}
        for batch in signed_batches(connection, figure.organisation_id, device_id, None):
            for sequence in range(batch.first_sequence, batch.first_sequence + len(batch.records)):
                found.setdefault((batch.journal_id, sequence), []).append(batch)
        for row in stored_rows(connection, *figure.conditions(), Response.device_id == device_id):
            written.responses += 1
            written.references.add(row.reference)
            brought = _batch_of(row, found.get((row.journal_id, row.sequence), []))
            if brought is not None and not _holds(brought, foreign):
                written.batches.add(brought.digest)
            yield _shown(row, brought)


def _foreign(session: Session, figure: Figure, device_id: int) -> set[tuple[bytes, int]]:
    """What a batch of this device may hold that whoever asks may not see: journal and sequence."""
    if figure.allowed is None:
        return set()
    found: set[tuple[bytes, int]] = set()
    outside = ~Response.team_id.in_(figure.allowed)
    conditions: list[tuple[Any, tuple[ColumnElement[bool], ...]]] = [(Response, (outside,)), (Quarantine, ())]
    for table, more in conditions:
        query = select(table.journal_id, table.sequence).where(
            table.organisation_id == figure.organisation_id, table.device_id == device_id, *more
        )
        found.update((row.journal_id, row.sequence) for row in session.execute(query))
    return found


def _holds(batch: SignedBatch, places: set[tuple[bytes, int]]) -> bool:
    sequences = range(batch.first_sequence, batch.first_sequence + len(batch.records))
    return any((batch.journal_id, sequence) in places for sequence in sequences)


def _batch_of(row: ResponseRow, batches: list[SignedBatch]) -> SignedBatch | None:
    """The one that brought it: with its very bytes, received just then where there are several."""
    same = [each for each in batches if record_crc(_record_of(row, each)) == row.record_crc]
    return next((each for each in same if each.received_at == row.received_at), same[0] if same else None)


def _record_of(row: ResponseRow, batch: SignedBatch) -> bytes:
    return batch.records[row.sequence - batch.first_sequence]


def _shown(row: ResponseRow, batch: SignedBatch | None) -> dict[str, Any]:
    shown = row._asdict() | {
        "response": key_of(row).name(),
        "device_id": device_name(row.device_id),
        "journal_id": row.journal_id.hex(),
        "day": None if row.day == UNDATED else row.day,
        "flagged": row.flagged,
        "record": None if batch is None else _record_of(row, batch).hex(),
        "batch": None if batch is None else batch.digest.hex(),
        "offset": None if batch is None else batch.offset_of(row.sequence),
    }
    if row.answered_by == ANSWERED_IMPORTED:
        shown |= {"import": int.from_bytes(row.journal_id) & ~(1 << 63), "row": row.sequence}
    return shown


def _placements(session: Session, figure: Figure, written: Written) -> Iterator[dict[str, Any]]:
    """Of these devices; for who may export some teams only, those in which the responses were given, and no others:
    where a device went afterwards is not theirs to know.
    """
    used = None if figure.allowed is None else select(Response.placement_id).where(*figure.conditions())
    return placements_of(session, figure.organisation_id, written.devices, used)


def _batches(session: Session, figure: Figure, written: Written) -> Iterator[dict[str, Any]]:
    for device_id in sorted(written.devices):
        for batch in signed_batches(session.connection(), figure.organisation_id, device_id, None):
            if batch.digest in written.batches:
                yield {
                    "digest": batch.digest.hex(),
                    "device_id": device_name(batch.device_id),
                    "journal_id": batch.journal_id.hex(),
                    "first_sequence": batch.first_sequence,
                    "records": len(batch.records),
                    "key_epoch": batch.key_epoch,
                    "received_at": batch.received_at,
                    "payload": b64encode(batch.payload).decode(),
                }
