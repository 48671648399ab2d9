"""Which options of which questions are the six of the Friends and Family Test, and under what services are grouped."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from protocol.package import KIND_PATIENTS
from server.database import on_keys
from server.errors import OperatorError
from server.fft.tables import FFT_OPTIONS, FftGrouping, FftOption
from server.fleet.organisations import find_service
from server.fleet.tables import Organisation, Question, QuestionnaireVersion, VersionOption, VersionQuestion

ENDS = {"very-good", "very-poor"}  # a question that has both, and no option besides the six, is the test's own
GROUPING_LETTERS_MAX = 100

OptionsAt = dict[tuple[int, int], dict[int, str]]  # by reference and position: which of the six an option is


def map_question(session: Session, organisation: Organisation, question_id: str, options: Mapping[str, str]) -> None:
    """Say which of the six each option's code is; what is not named counts for none. Empty: by its codes again."""
    if session.get(Question, (organisation.organisation_id, question_id)) is None:
        raise OperatorError(f"there is no question {question_id}: `pet questionnaire show CODE` lists those of one.")
    known = _codes(session, organisation, question_id)
    for code, option in options.items():
        if code not in known:
            raise OperatorError(f"question {question_id} has no option {code}; it has {', '.join(sorted(known))}.")
        if option not in FFT_OPTIONS:
            raise OperatorError(f"{option} is none of the six: {', '.join(FFT_OPTIONS)}.")
    here = (FftOption.organisation_id == organisation.organisation_id, FftOption.question_id == question_id)
    session.execute(delete(FftOption).where(*here))
    rows = [
        {
            "organisation_id": organisation.organisation_id,
            "question_id": question_id,
            "code": code,
            "fft_option": option,
        }
        for code, option in options.items()
    ]
    if rows:
        session.execute(insert(FftOption), rows)


def group_service(session: Session, organisation: Organisation, service: str, grouping: str) -> None:
    """Submit a service under this grouping. Raises OperatorError."""
    if not grouping.strip() or len(grouping) > GROUPING_LETTERS_MAX or not grouping.isprintable():
        raise OperatorError(f"a grouping has 1 to {GROUPING_LETTERS_MAX} letters on one line.")
    found = find_service(session, organisation, service)
    session.execute(
        insert(FftGrouping)
        .values(organisation_id=organisation.organisation_id, service_id=found.service_id, grouping=grouping.strip())
        .on_conflict_do_update(index_elements=["organisation_id", "service_id"], set_={"grouping": grouping.strip()})
    )


def fft_options(session: Session, organisation: Organisation) -> OptionsAt:
    """Of every published version that asks it; of two such questions in a version the first."""
    mapped: dict[str, dict[str, str]] = {}
    for row in session.scalars(select(FftOption).where(FftOption.organisation_id == organisation.organisation_id)):
        mapped.setdefault(row.question_id, {})[row.code] = row.fft_option
    found: OptionsAt = {}
    asking: dict[int, int] = {}
    for (reference, position, word), codes in sorted(_options(session, organisation).items()):
        six = mapped.get(word) or _by_code(codes.values())
        if six and asking.setdefault(reference, position) == position:
            found[reference, position] = {option: six[code] for option, code in codes.items() if code in six}
    return found


def _by_code(codes: Collection[str]) -> dict[str, str]:
    words = set(codes)
    return {code: code for code in words} if words >= ENDS and words <= set(FFT_OPTIONS) else {}


def _options(session: Session, organisation: Organisation) -> dict[tuple[int, int, str], dict[int, str]]:
    """By reference, position and word: the code of each option's number. Patients' questionnaires only."""
    query = (
        select(
            VersionQuestion.reference,
            VersionQuestion.position,
            VersionQuestion.question_id,
            VersionOption.option,
            VersionOption.code,
        )
        .join(VersionOption, on_keys(VersionOption, VersionQuestion, "reference", "position"))
        .join(QuestionnaireVersion, on_keys(QuestionnaireVersion, VersionQuestion, "reference"))
        .where(
            VersionQuestion.organisation_id == organisation.organisation_id,
            QuestionnaireVersion.kind == KIND_PATIENTS,
        )
    )
    found: dict[tuple[int, int, str], dict[int, str]] = {}
    for reference, position, word, option, code in session.execute(query):
        found.setdefault((reference, position, word), {})[option] = code
    return found


def _codes(session: Session, organisation: Organisation, question_id: str) -> set[str]:
    query = (
        select(VersionOption.code)
        .join(VersionQuestion, on_keys(VersionQuestion, VersionOption, "reference", "position"))
        .where(
            VersionQuestion.organisation_id == organisation.organisation_id,
            VersionQuestion.question_id == question_id,
        )
    )
    return set(session.scalars(query))
