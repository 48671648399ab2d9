"""Bytes that are too large for the audit log, held against their digests, which are on it."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.orm import InstrumentedAttribute

from server.evidence.differences import EVIDENCE, Difference
from server.fleet.tables import QuestionnaireVersion
from server.reports.digests import snapshot_digest
from server.reports.tables import ReportRevision

DIFFERS = "is not the one that was {done}: its SHA-256 differs"


def kept_file_differences(connection: Connection, organisation_id: int) -> Iterator[Difference]:
    """Packages of questionnaires and files of reports that do not have the SHA-256 on record.

    The digests themselves are audited columns: whoever changes these too differs from the audit log.
    """
    yield from _packages(connection, organisation_id)
    yield from _reports(connection, organisation_id)


def _packages(connection: Connection, organisation_id: int) -> Iterator[Difference]:
    query = (
        select(QuestionnaireVersion.reference)
        .where(
            QuestionnaireVersion.organisation_id == organisation_id,
            func.sha256(QuestionnaireVersion.package) != QuestionnaireVersion.package_sha256,
        )
        .order_by(QuestionnaireVersion.reference)
    )
    for (reference,) in connection.execute(query):
        detail = f"the stored package {DIFFERS.format(done='published')}"
        yield Difference(EVIDENCE, f"questionnaire_version {reference}", detail)


def _reports(connection: Connection, organisation_id: int) -> Iterator[Difference]:
    """The database hashes the files; one snapshot at a time is read."""
    query = (
        select(
            ReportRevision.report_id,
            ReportRevision.revision,
            ReportRevision.snapshot_sha256,
            _other(ReportRevision.pdf, ReportRevision.pdf_sha256).label("pdf"),
            _other(ReportRevision.xlsx, ReportRevision.xlsx_sha256).label("xlsx"),
            ReportRevision.snapshot,
        )
        .where(ReportRevision.organisation_id == organisation_id)
        .order_by(ReportRevision.report_id, ReportRevision.revision)
        .execution_options(yield_per=1)
    )
    for row in connection.execute(query):
        wrong_figures = row.snapshot is not None and snapshot_digest(row.snapshot) != row.snapshot_sha256
        for wrong, what, done in (
            (row.pdf, "stored PDF", "issued"),
            (row.xlsx, "stored workbook", "issued"),
            (wrong_figures, "snapshot of the figures", "built"),
        ):
            if wrong:
                name = f"report_revision {row.report_id}/{row.revision}"
                yield Difference(EVIDENCE, name, f"the {what} {DIFFERS.format(done=done)}")


def _other(
    content: InstrumentedAttribute[bytes | None], digest: InstrumentedAttribute[str | None]
) -> ColumnElement[bool]:
    """Whether there is content of another SHA-256 than this."""
    return content.is_not(None) & func.encode(func.sha256(content), "hex").is_distinct_from(digest)
