"""What questions are about, as data of an organisation: topics, objectives, core questions, stages of the journey."""

import re
from collections.abc import Iterable, Sequence
from itertools import count

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.subject_tables import JourneyStage, Objective, Topic
from server.fleet.tables import Organisation, Question
from server.fleet.turns import take_turn

BUILT_IN_TOPICS = {
    "privacy-and-dignity": "Privacy and dignity",
    "cleanliness": "Cleanliness",
    "treatment": "Treatment",
    "food": "Food",
    "hand-hygiene": "Hand hygiene",
    "overall": "Overall",
    "other": "Other",
}
CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")  # as in questionnaires
CODE_LETTERS = 28  # of an objective's words; the rest is for a number


def add_built_in_topics(session: Session, organisation: Organisation) -> None:
    """What every organisation begins with."""
    session.add_all(
        Topic(organisation_id=organisation.organisation_id, topic=topic, name=name, built_in=True)
        for topic, name in BUILT_IN_TOPICS.items()
    )
    session.flush()


def add_topic(session: Session, organisation: Organisation, code: str, name: str) -> Topic:
    """A topic of the organisation's own. Raises OperatorError."""
    _check_code(code)
    take_turn(session, organisation.organisation_id)
    if session.get(Topic, (organisation.organisation_id, code)) is not None:
        raise OperatorError(f"there is a topic {code} already: choose another code.")
    topic = Topic(organisation_id=organisation.organisation_id, topic=code, name=name, built_in=False)
    session.add(topic)
    session.flush()
    return topic


def topics(session: Session, organisation: Organisation) -> Sequence[Topic]:
    """All of the organisation, by code."""
    query = select(Topic).where(Topic.organisation_id == organisation.organisation_id)
    return session.scalars(query.order_by(Topic.topic)).all()


def check_topics(session: Session, organisation: Organisation, asked: Iterable[tuple[str, str]]) -> None:
    """That each (question, topic) names a topic there is. Raises OperatorError, a line for each that does not."""
    known = {topic.topic for topic in topics(session, organisation)}
    faults = [
        f"question '{question}': there is no topic {topic}; there are {', '.join(sorted(known))}: "
        f"choose one, or add it with `pet topic add {topic} NAME`."
        for question, topic in asked
        if topic not in known
    ]
    if faults:
        raise OperatorError("\n".join(faults))


def add_objective(session: Session, organisation: Organisation, code: str, words: str) -> Objective:
    """Something the organisation has set itself to reach. Raises OperatorError."""
    _check_code(code)
    if not words.strip():
        raise OperatorError("an objective needs words: what is to be reached.")
    take_turn(session, organisation.organisation_id)
    here = Objective.organisation_id == organisation.organisation_id
    for known in session.scalars(select(Objective).where(here)):
        if known.objective == code:
            raise OperatorError(f"there is an objective {code} already: {known.words}.")
        if known.words == words:
            raise OperatorError(f"these words are objective {known.objective} already.")
    objective = Objective(organisation_id=organisation.organisation_id, objective=code, words=words)
    session.add(objective)
    session.flush()
    return objective


def objectives(session: Session, organisation: Organisation) -> list[tuple[Objective, int]]:
    """All of the organisation with the number of questions that serve each, by code."""
    serving = (
        select(func.count())
        .where(Question.organisation_id == Objective.organisation_id, Question.objective == Objective.objective)
        .correlate(Objective)
        .scalar_subquery()
    )
    query = select(Objective, serving).where(Objective.organisation_id == organisation.organisation_id)
    return [(row[0], row[1]) for row in session.execute(query.order_by(Objective.objective))]


def objective_of(session: Session, organisation: Organisation, written: str) -> str:
    """The code of the objective that a definition names, by its code or by its words; new words make a new one."""
    known = {objective.objective: objective.words for objective, _ in objectives(session, organisation)}
    if written in known:
        return written
    found = next((code for code, words in known.items() if words == written), None)
    if found is not None:
        return found
    base = re.sub("[^a-z0-9]+", "-", written.lower())[:CODE_LETTERS].strip("-") or "objective"
    base = base if base[0].isalpha() else f"objective-{base}"[:CODE_LETTERS]
    code = next(code for number in count(1) if (code := base if number == 1 else f"{base}-{number}") not in known)
    return add_objective(session, organisation, code, written).objective


def core_questions(session: Session, organisation: Organisation) -> set[str]:
    """The questions that every device asks."""
    query = select(Question.question_id).where(Question.organisation_id == organisation.organisation_id, Question.core)
    return set(session.scalars(query))


def keep_stages(session: Session, organisation: Organisation, names: Sequence[str]) -> None:
    """Stage 1, 2, ... have these names from now on. Raises OperatorError where a number meant something else so far."""
    take_turn(session, organisation.organisation_id)
    known = stage_names(session, organisation.organisation_id)
    for stage, name in enumerate(names, 1):
        if known.get(stage, name) != name:
            raise OperatorError(
                f"stage {stage} is {known[stage]!r} in the responses that there are: it cannot become {name!r}. "
                "Keep its place, and add new names at the end."
            )
        if stage not in known:
            if name in known.values():
                raise OperatorError(f"stage {name!r} has another number already: keep its place.")
            session.add(JourneyStage(organisation_id=organisation.organisation_id, stage=stage, name=name))
            known[stage] = name
    session.flush()


def stage_names(session: Session, organisation_id: int) -> dict[int, str]:
    """{number in a response: name}; 0 is none, and has no name."""
    query = select(JourneyStage).where(JourneyStage.organisation_id == organisation_id)
    return {row.stage: row.name for row in session.scalars(query.order_by(JourneyStage.stage))}


def _check_code(code: str) -> None:
    if CODE.fullmatch(code) is None:
        raise OperatorError(f"{code} is no code: write up to 32 small letters, digits and hyphens, a letter first.")
