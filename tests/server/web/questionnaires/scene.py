"""What the pages of questionnaires are tested on: the demo's beds, twice published, with a draft, asked on devices."""

import tomllib
from copy import deepcopy

from sqlalchemy.orm import Session

from server.fleet import desired, questionnaires
from server.fleet.assignments import assign
from server.fleet.drafts import write_draft
from server.fleet.keys import KeyRing
from server.fleet.scope import ORGANISATION, Scope
from server.fleet.subjects import BUILT_IN_TOPICS, add_topic, topics
from server.fleet.tables import Organisation
from tests.parts import ROOT
from tests.server.conftest import NOW
from tests.server.figures import PLACED_AT

CODE = "bedside"
KEY_RING = KeyRing(bytes(range(32)))


def definition(code=CODE, **changes):
    """The demo's beds in English and Welsh, under a code of its own; `food` is a question of the tests' figures."""
    fields = tomllib.loads((ROOT / "deploy/demo/questionnaires/beds.toml").read_text(encoding="utf-8"))
    languages = ["en", "cy"]

    def kept(words):
        return {language: words[language] for language in languages}

    for question in fields["questions"]:
        question["question_id"] = f"bedside-{question['question_id']}"
        question["text"] = kept(question["text"])
        for option in question["options"]:
            option["label"] = kept(option["label"])
    fields["texts"] = {name: kept(words) for name, words in fields["texts"].items()}
    return deepcopy(fields) | {"code": code, "languages": languages, "checked_by": {}} | changes


def changed(fields):
    """With another option, another sentiment and other words."""
    fields = deepcopy(fields)
    del fields["questions"][2]["options"][2]
    fields["texts"]["thanks"]["en"] = "Thank you!\nAsk staff\nfor help"
    return fields


def publish(figures, fields, at=PLACED_AT):
    with Session(figures.engine) as session, session.begin():
        owner = session.get_one(Organisation, figures.organisation_id)
        return questionnaires.publish(session, owner, fields, at).reference


def furnish(figures):
    """Version 1 asked everywhere, version 2 in leek; a draft of the third. Returns words for paths."""
    with Session(figures.engine) as session, session.begin():
        owner = session.get_one(Organisation, figures.organisation_id)
        known = {row.topic for row in topics(session, owner)}
        for topic in sorted(set(BUILT_IN_TOPICS) - known):
            add_topic(session, owner, topic, BUILT_IN_TOPICS[topic])
    first = definition()
    publish(figures, first)
    publish(figures, changed(first) | {"version": 2})
    with Session(figures.engine) as session, session.begin():
        owner = session.get_one(Organisation, figures.organisation_id)
        assign(session, owner, CODE, ORGANISATION, NOW, version=1)
        assign(session, owner, CODE, Scope("team", figures.teams["leek"]), NOW, version=2)
        write_draft(session, owner, changed(first) | {"name": "Bedside, shorter"}, "somebody@example.org", NOW)
        desired.refresh(session, lambda: KEY_RING, NOW, owner.organisation_id)
    return {"questionnaire": CODE, "version": 2, "position": 1, "language": "cy"}
