"""The tables of imports: sources, the devices that stand for them, the files verbatim, and which rows they brought."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Integer
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base
from server.fleet.tables import device_foreign_key

# How responses of a source were collected: the monthly submission of the Friends and Family Test asks for it.
MODES = ("paper", "tablet", "sms", "telephone", "online", "other")


class ImportSource(Base):
    """Where rows come from. The reference of a row is unique within its source."""

    __tablename__ = "import_source"
    __table_args__ = (
        Unique("organisation_id", "code"),
        CheckConstraint(f"mode IN ({', '.join(repr(mode) for mode in MODES)})", name="mode"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    source_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str]
    mode: Mapped[str]


class ImportStandIn(Base):
    """The device that stands for a source in a team, so that imported responses have every key that others have."""

    __tablename__ = "import_stand_in"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "source_id"], ["import_source.organisation_id", "import_source.source_id"]
        ),
        ForeignKeyConstraint(["organisation_id", "team_id"], ["team.organisation_id", "team.team_id"]),
        device_foreign_key(),
        ForeignKeyConstraint(
            ["organisation_id", "placement_id"], ["placement.organisation_id", "placement.placement_id"]
        ),
        Unique("organisation_id", "device_id"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger)
    placement_id: Mapped[int]


class ResponseImport(Base):
    """One file, as it was handed over. It is the evidence of the responses that it brought."""

    __tablename__ = "response_import"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "source_id"], ["import_source.organisation_id", "import_source.source_id"]
        ),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
        CheckConstraint("dropped_at IS NULL OR length(payload) = 0", name="dropped"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source_id: Mapped[int]
    file_name: Mapped[str]
    digest: Mapped[bytes]  # SHA-256 of the payload
    payload: Mapped[bytes]
    timezone: Mapped[str]  # of instants without an offset
    responses: Mapped[int]  # brought by it
    known: Mapped[int]  # rows that an earlier import had brought already
    teams: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    imported_at: Mapped[datetime]
    imported_by: Mapped[str]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
    dropped_at: Mapped[datetime | None]  # when retention dropped its responses and its file (server/evidence)


class ImportedRow(Base):
    """Which import brought a row: what makes a repeated import bring nothing."""

    __tablename__ = "imported_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "import_id"], ["response_import.organisation_id", "response_import.import_id"]
        ),
        Unique("organisation_id", "import_id", "row"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of source and reference, or of what it says
    import_id: Mapped[int]
    row: Mapped[int]  # from 1; the sequence of its response
    content: Mapped[bytes]  # SHA-256 of what it says
