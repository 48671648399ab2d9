"""What an export needs beside the answers: where devices were, what was asked, what people said of responses."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.database import on_keys
from server.evidence.names import ResponseKey
from server.evidence.tables import ResponseFlag
from server.fleet.tables import (
    Location,
    Placement,
    Questionnaire,
    QuestionnaireVersion,
    Team,
    VersionOption,
    VersionQuestion,
)
from server.ingest.tables import Response


def placements_of(
    session: Session, organisation_id: int, devices: set[int], only: Select[int] | None = None
) -> Iterator[dict[str, Any]]:
    """Of these devices, as they are; `only`: the numbers of those that may be told."""
    query = (
        select(Placement, Team.code, Location.code)
        .join(Team, on_keys(Team, Placement, "team_id"))
        .join(Location, on_keys(Location, Placement, "location_id"))
        .where(Placement.organisation_id == organisation_id, Placement.device_id.in_(devices))
        .order_by(Placement.device_id, Placement.from_at)
    )
    if only is not None:
        query = query.where(Placement.placement_id.in_(only))
    for placement, team, location in session.execute(query):
        yield {
            "placement_id": placement.placement_id,
            "device_id": device_name(placement.device_id),
            "team_id": placement.team_id,
            "team": team,
            "location_id": placement.location_id,
            "location": location,
            "team_choices": placement.team_choices,
            "from_at": placement.from_at,
            "to_at": placement.to_at,
        }


def questionnaires_of(session: Session, organisation_id: int, references: set[int]) -> Iterator[dict[str, Any]]:
    """These versions, with what each option counts as."""
    query = (
        select(QuestionnaireVersion, Questionnaire.code)
        .join(Questionnaire, on_keys(Questionnaire, QuestionnaireVersion, "questionnaire_id"))
        .where(QuestionnaireVersion.organisation_id == organisation_id, QuestionnaireVersion.reference.in_(references))
        .order_by(QuestionnaireVersion.reference)
    )
    for version, code in session.execute(query):
        yield {
            "reference": version.reference,
            "questionnaire": code,
            "version": version.version,
            "published_at": version.published_at,
            "definition": version.definition,
            "options": _options(session, organisation_id, version.reference),
        }


def _options(session: Session, organisation_id: int, reference: int) -> list[dict[str, Any]]:
    query = (
        select(VersionOption.position, VersionQuestion.question_id, VersionOption.option, VersionOption.code)
        .add_columns(VersionOption.sentiment)
        .join(VersionQuestion, on_keys(VersionQuestion, VersionOption, "reference", "position"))
        .where(VersionOption.organisation_id == organisation_id, VersionOption.reference == reference)
        .order_by(VersionOption.position, VersionOption.option)
    )
    names = ("position", "question", "option", "code", "sentiment")
    return [dict(zip(names, row, strict=True)) for row in session.execute(query)]


def flags_of(session: Session, organisation_id: int, conditions: list[ColumnElement[bool]]) -> Iterator[dict[str, Any]]:
    """All that people said of the responses of these conditions, oldest first."""
    key = (ResponseFlag.device_id, ResponseFlag.journal_id, ResponseFlag.sequence)
    asked = select(Response.device_id, Response.journal_id, Response.sequence).where(*conditions)
    query = (
        select(ResponseFlag)
        .where(ResponseFlag.organisation_id == organisation_id, tuple_(*key).in_(asked))
        .order_by(ResponseFlag.flag_id)
    )
    for row in session.scalars(query):
        yield {
            "response": ResponseKey(row.device_id, row.journal_id, row.sequence).name(),
            "flagged": row.flagged,
            "reason": row.reason,
            "set_by": row.set_by,
            "set_at": row.set_at,
        }
