"""What each role may do: the one table that routes, pages and docs/security.md follow."""

from enum import StrEnum


class Right(StrEnum):
    """What somebody may do with the part of the organisation that a grant covers."""

    SEE_FIGURES = "see figures"  # as somebody from outside the teams does: small numbers withheld
    SEE_DETAIL = "see detail"  # as somebody inside the teams does: every count, and the single responses
    FLAG = "flag responses"
    IMPROVE = "improve"  # concerns, action plans, audits, meetings, recognition
    APPROVE = "approve texts"  # "You said, we did", before patients read it
    SET_TARGETS = "set targets"
    ISSUE_REPORTS = "issue reports"
    SEE_FLEET = "see the fleet"
    MANAGE_FLEET = "manage the fleet"  # devices, placements, questionnaires, settings
    SHARE = "share"  # links that show figures without an account, and expire
    MANAGE_PEOPLE = "manage people"
    SEE_AUDIT_LOG = "see the audit log"
    EXPORT_EVIDENCE = "export evidence"


class Role(StrEnum):
    """What somebody is to a part of the organisation."""

    ADMINISTRATOR = "administrator"
    OPERATIONS = "operations"
    MANAGER = "manager"
    MATRON = "matron"  # link nurses too
    COMMISSIONER = "commissioner"
    BOARD = "board"
    AUDITOR = "auditor"
    READ_ONLY = "read-only"  # a member of the team


_INSIDE = frozenset({Right.SEE_FIGURES, Right.SEE_DETAIL})

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right) - {Right.SET_TARGETS, Right.EXPORT_EVIDENCE},
    Role.OPERATIONS: frozenset({Right.SEE_FIGURES, Right.SEE_FLEET, Right.MANAGE_FLEET}),
    Role.MANAGER: _INSIDE
    | {Right.FLAG, Right.IMPROVE, Right.APPROVE, Right.ISSUE_REPORTS, Right.SEE_FLEET, Right.SHARE},
    Role.MATRON: _INSIDE | {Right.FLAG, Right.IMPROVE, Right.SEE_FLEET},
    Role.COMMISSIONER: frozenset({Right.SEE_FIGURES, Right.SET_TARGETS}),
    Role.BOARD: frozenset({Right.SEE_FIGURES}),
    Role.AUDITOR: _INSIDE | {Right.SEE_FLEET, Right.SEE_AUDIT_LOG, Right.EXPORT_EVIDENCE},
    Role.READ_ONLY: _INSIDE,
}
