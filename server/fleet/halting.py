"""A roll-out of an application that goes wrong on the first devices does not go on to the others."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, and_, func, select, true
from sqlalchemy.orm import Session

from protocol.messages import ITEM_APPLICATION
from server.database import act_as, on_keys
from server.errors import OperatorError
from server.fleet.releases import withdraw_release
from server.fleet.rollout_tables import DesiredItem, ReleaseAssignment
from server.fleet.scope import Scope
from server.fleet.tables import ACTIVE, Device, Organisation
from server.ingest.tables import Connection

FAILURES_MAX = 1  # a second device on which it fails is no accident of the first
KIND_SHIFT = 8  # of the counter content_reason (protocol/messages.py)


class Halted(NamedTuple):
    """A release that is offered no more, and the serials of the devices on which it failed."""

    board: str
    number: int
    serials: list[str]

    @property
    def words(self) -> str:
        """For a log and for people."""
        return f"release {self.number} for {self.board} is withdrawn: it failed on {', '.join(self.serials)}"


def failed_on(session: Session, organisation_id: int, board: str, number: int, since: datetime) -> list[str]:
    """The serials of devices that should run the release, and have refused it since it was assigned."""
    before, last = _status(since, first=True), _status(since, first=False)
    reason = last.c.counters["content_reason"].astext.cast(Integer)
    refused = [func.coalesce(status.c.counters["content_refused"].astext.cast(Integer), 0) for status in (before, last)]
    query = (
        select(Device.serial)
        .join(DesiredItem, on_keys(DesiredItem, Device, "device_id"))
        .join(before, true())
        .join(last, true())
        .where(
            Device.organisation_id == organisation_id,
            Device.state == ACTIVE,
            DesiredItem.kind == ITEM_APPLICATION,
            DesiredItem.board == board,
            DesiredItem.subject == number,
            last.c.desired_revision < DesiredItem.revision,
            refused[1] > refused[0],
            reason.op(">>")(KIND_SHIFT).op("&")(0xFF) == ITEM_APPLICATION,
        )
        .order_by(Device.serial)
    )
    return list(session.scalars(query))


def refuse_failing(session: Session, organisation: Organisation, board: str, number: int) -> None:
    """One device, then a team, then all: not while it fails on one that has it already. Raises OperatorError."""
    query = select(ReleaseAssignment.assigned_at).where(
        ReleaseAssignment.organisation_id == organisation.organisation_id,
        ReleaseAssignment.board == board,
        ReleaseAssignment.number == number,
    )
    for since in session.scalars(query).all():
        serials = failed_on(session, organisation.organisation_id, board, number, since)
        if serials:
            raise OperatorError(
                f"release {number} for {board} failed on {', '.join(serials)}: look there first, and build it again "
                "under a higher number; --despite-failures assigns it all the same."
            )


def halt_failing(session: Session, organisation: Organisation) -> list[Halted]:
    """Withdraw whatever fails on more than FAILURES_MAX devices; the caller makes the desired states anew.

    Devices that have it and run it keep it.
    """
    halted = []
    query = select(ReleaseAssignment).where(ReleaseAssignment.organisation_id == organisation.organisation_id)
    for row in session.scalars(query.order_by(ReleaseAssignment.assignment_id)).all():
        serials = failed_on(session, organisation.organisation_id, row.board, row.number, row.assigned_at)
        if len(serials) > FAILURES_MAX:
            found = Halted(row.board, row.number, serials)
            act_as(session, f"roll-out watch: {found.words}")
            withdraw_release(session, organisation, Scope(row.scope_kind, row.scope_id), row.board)
            halted.append(found)
    return halted


def _status(since: datetime, *, first: bool) -> Any:
    """Of a device the first or the last status since then that was no replay."""
    order = Connection.received_at.asc() if first else Connection.received_at.desc()
    return (
        select(Connection.counters, Connection.desired_revision)
        .where(
            and_(on_keys(Connection, Device, "device_id"), Connection.confirmed_at.is_not(None)),
            Connection.received_at >= since,
        )
        .order_by(order)
        .limit(1)
        .lateral()
    )
