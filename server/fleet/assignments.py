"""Which questionnaire version is asked where: assigned to an organisation, service, team or device; nearest wins."""

from datetime import datetime

from sqlalchemy import ColumnElement, Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from protocol.package import FORMAT, KIND_AUDIT, KIND_PATIENTS
from server.database import on_keys
from server.errors import OperatorError
from server.fleet.rollout_tables import AUDITS_MAX, Assignment
from server.fleet.scope import Scope, stands_at
from server.fleet.tables import Organisation, Questionnaire, QuestionnaireVersion

PATIENTS = 0  # the number of the patients' questionnaire on a device; audits have 1 to AUDITS_MAX

_OF_ASSIGNMENT = on_keys(QuestionnaireVersion, Assignment, "reference")
_OF_VERSION = on_keys(Questionnaire, QuestionnaireVersion, "questionnaire_id")


def assign(
    session: Session,
    organisation: Organisation,
    code: str,
    scope: Scope,
    now: datetime,
    *,
    version: int | None = None,
    number: int | None = None,
) -> Assignment:
    """Assign a version, the newest unless one is named. An audit keeps its number, or gets a free one."""
    found = find_version(session, organisation, code, version)
    if found.package[4] != FORMAT:
        raise OperatorError(
            f"version {found.version} of {code} was published for devices of an earlier time: "
            "publish it again as a new version."
        )
    number = number_for(session, organisation, found, number)
    row = {"organisation_id": organisation.organisation_id, **scope._asdict(), "number": number}
    session.execute(
        insert(Assignment)
        .values(**row, reference=found.reference, assigned_at=now)
        .on_conflict_do_update(
            index_elements=["organisation_id", "scope_kind", "scope_id", "number"],
            set_={"reference": found.reference, "assigned_at": now},
        )
    )
    return session.scalars(select(Assignment).where(*_at(organisation, scope, number))).one()


def unassign(session: Session, organisation: Organisation, scope: Scope, number: int) -> None:
    """From now on what a wider scope says holds. Raises OperatorError where nothing is assigned."""
    statement = delete(Assignment).where(*_at(organisation, scope, number)).returning(Assignment.assignment_id)
    if session.execute(statement).first() is None:
        raise OperatorError(f"nothing is assigned there under number {number}.")


def assignments(session: Session, organisation: Organisation) -> list[Row[tuple[str, int | None, int, str, int]]]:
    """(scope_kind, scope_id, number, code, version) of all of them."""
    query = (
        select(
            Assignment.scope_kind,
            Assignment.scope_id,
            Assignment.number,
            Questionnaire.code,
            QuestionnaireVersion.version,
        )
        .join(QuestionnaireVersion, _OF_ASSIGNMENT)
        .join(Questionnaire, _OF_VERSION)
        .where(Assignment.organisation_id == organisation.organisation_id)
        .order_by(Assignment.number, Assignment.scope_kind, Assignment.scope_id)
    )
    return list(session.execute(query))


def find_version(session: Session, organisation: Organisation, code: str, version: int | None) -> QuestionnaireVersion:
    query = (
        select(QuestionnaireVersion)
        .join(Questionnaire, _OF_VERSION)
        .where(QuestionnaireVersion.organisation_id == organisation.organisation_id, Questionnaire.code == code)
        .order_by(QuestionnaireVersion.version.desc())
    )
    if version is not None:
        query = query.where(QuestionnaireVersion.version == version)
    found = session.scalars(query.limit(1)).first()
    if found is None:
        what = code if version is None else f"{code} version {version}"
        raise OperatorError(f"no questionnaire {what} is published: say `pet questionnaire publish FILE`.")
    return found


def number_for(
    session: Session, organisation: Organisation, version: QuestionnaireVersion, wanted: int | None = None
) -> int:
    """Under which number a device holds it: 0 for patients; an audit keeps its own, or gets a free one.

    Raises OperatorError.
    """
    if version.kind == KIND_PATIENTS:
        if wanted not in (None, PATIENTS):
            raise OperatorError(f"a questionnaire of patients has number {PATIENTS}; only audits have others.")
        return PATIENTS
    assert version.kind == KIND_AUDIT
    if wanted is not None:
        if not 1 <= wanted <= AUDITS_MAX:
            raise OperatorError(f"an audit has a number of 1 to {AUDITS_MAX}, not {wanted}.")
        return wanted
    taken: dict[int, int] = {}
    for number, questionnaire_id in session.execute(
        select(Assignment.number, QuestionnaireVersion.questionnaire_id)
        .join(QuestionnaireVersion, _OF_ASSIGNMENT)
        .where(Assignment.organisation_id == organisation.organisation_id)
    ):
        taken[number] = questionnaire_id
        if questionnaire_id == version.questionnaire_id:
            return int(number)
    free = [number for number in range(1, AUDITS_MAX + 1) if number not in taken]
    if not free:
        raise OperatorError(f"all {AUDITS_MAX} numbers of audits are taken: name the one to replace with --number.")
    return free[0]


def _at(organisation: Organisation, scope: Scope, number: int) -> tuple[ColumnElement[bool], ...]:
    return stands_at(Assignment, organisation, scope), Assignment.number == number
