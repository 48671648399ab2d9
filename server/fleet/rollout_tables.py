"""The tables of what devices should hold: what is assigned to whom, and what that makes for each device."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, SmallInteger
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, Unsigned32
from server.fleet.tables import SCOPES, device_foreign_key

AUDITS_MAX = 7  # of one device; number 0 is the patients' questionnaire


def _scope_checks() -> tuple[CheckConstraint, CheckConstraint]:
    kinds = ", ".join(repr(kind) for kind in SCOPES)
    return (
        CheckConstraint(f"scope_kind IN ({kinds})", name="scope_kind"),
        CheckConstraint("(scope_kind = 'organisation') = (scope_id IS NULL)", name="scope"),
    )


class Scoped:
    """For whom a row holds: the whole organisation, a service, a team or a device."""

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.organisation_id"), primary_key=True, sort_order=-3
    )
    scope_kind: Mapped[str] = mapped_column(sort_order=-2)
    scope_id: Mapped[int | None] = mapped_column(BigInteger, sort_order=-1)


class Assignment(Scoped, Base):
    """Which questionnaire version is asked: number 0 of patients, 1 to 7 by staff as an audit."""

    __tablename__ = "assignment"
    __table_args__ = (
        *_scope_checks(),
        Unique("organisation_id", "scope_kind", "scope_id", "number", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(
            ["organisation_id", "reference"],
            ["questionnaire_version.organisation_id", "questionnaire_version.reference"],
        ),
        CheckConstraint(f"number BETWEEN 0 AND {AUDITS_MAX}", name="number"),
    )

    assignment_id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-2)
    number: Mapped[int] = mapped_column(SmallInteger)
    reference: Mapped[int]
    assigned_at: Mapped[datetime]


class Setting(Scoped, Base):
    """One setting of the devices (server/fleet/device_settings.py)."""

    __tablename__ = "setting"
    __table_args__ = (
        *_scope_checks(),
        Unique("organisation_id", "scope_kind", "scope_id", "name", postgresql_nulls_not_distinct=True),
    )

    setting_id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-2)
    name: Mapped[str]
    value: Mapped[bytes]  # JSON; wrapped (server/fleet/keys.py) where it is a secret
    set_at: Mapped[datetime]


class TextItem(Scoped, Base):
    """A "You said, we did" for the idle screen; shown once somebody has approved it, from and until given instants."""

    __tablename__ = "text_item"
    __table_args__ = (*_scope_checks(), CheckConstraint("to_at IS NULL OR from_at < to_at", name="span"))

    text_id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-2)
    translations: Mapped[dict[str, Any]]  # by language
    created_at: Mapped[datetime]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]  # exclusive
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]


class ApplicationRelease(Base):
    """An application that devices may run: the signed archive as it was built, by its board and rising number."""

    __tablename__ = "application_release"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "digest"], ["content.organisation_id", "content.digest"]),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    board: Mapped[str] = mapped_column(primary_key=True)  # "esp32": the last word of a status' base
    number: Mapped[int] = mapped_column(Unsigned32, primary_key=True, autoincrement=False)
    name: Mapped[str]  # the version as people say it
    digest: Mapped[bytes]
    added_at: Mapped[datetime]


class ReleaseAssignment(Scoped, Base):
    """Which application devices should run."""

    __tablename__ = "release_assignment"
    __table_args__ = (
        *_scope_checks(),
        Unique("organisation_id", "scope_kind", "scope_id", "board", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(
            ["organisation_id", "board", "number"],
            ["application_release.organisation_id", "application_release.board", "application_release.number"],
        ),
    )

    assignment_id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-2)
    board: Mapped[str]
    number: Mapped[int] = mapped_column(Unsigned32)
    assigned_at: Mapped[datetime]


class Content(Base):
    """What devices fetch in chunks, by its SHA-256. Settings are wrapped: they hold Wi-Fi passwords."""

    __tablename__ = "content"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)  # of the content itself, not of its wrapping
    kind: Mapped[int] = mapped_column(SmallInteger)  # protocol.messages.ITEM_...
    bytes: Mapped[bytes]
    created_at: Mapped[datetime]


class Desired(Base):
    """What a device should hold, as a whole: the revision rises whenever that changes."""

    __tablename__ = "desired"
    __table_args__ = (device_foreign_key(), Index(None, "due_at"))

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    revision: Mapped[int] = mapped_column(Unsigned32)
    changed_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # when it changes by itself: a placement or a text begins or ends
    lacking: Mapped[str]  # why the device gets no settings, in words; empty where nothing is in the way
    releases: Mapped[dict[str, int]]  # by board, the highest that was ever desired: nothing older is offered again


class DesiredItem(Base):
    """One thing of it: with the revision at which it last changed."""

    __tablename__ = "desired_item"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "device_id"], ["desired.organisation_id", "desired.device_id"]),
        ForeignKeyConstraint(["organisation_id", "digest"], ["content.organisation_id", "content.digest"]),
        Index(None, "organisation_id", "digest"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    board: Mapped[str] = mapped_column(primary_key=True)  # of an application; empty where any board takes it
    revision: Mapped[int] = mapped_column(Unsigned32)
    subject: Mapped[int] = mapped_column(Unsigned32)  # a questionnaire's reference, a release's number, else 0
    length: Mapped[int]
    digest: Mapped[bytes]
    name: Mapped[str]  # for people: "beds 2", "0.2.0"
