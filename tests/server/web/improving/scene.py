"""What the pages of improvement are tested on: a ward whose food was a concern, and what was done about it."""

import random
import tomllib
from datetime import date, timedelta

from sqlalchemy.orm import Session

from server.accounts.viewer import everything
from server.fleet import questionnaires
from server.fleet.tables import Organisation
from server.improvement import actions, audits, concerns, meetings, recognition, you_said
from tests.parts import ROOT
from tests.server.conftest import NOW
from tests.server.figures import PLACED_AT, Pass

TODAY = NOW.date()  # a Monday
BEGAN = TODAY - timedelta(weeks=9)
GOOD, BAD = (1, 1, 1), (4, 2, 1)


def enter_story(figures):
    """A year of leek and haywood: leek's food is poor until nine weeks ago, haywood's hands are since a month."""
    dice = random.Random(4)
    devices = {team: figures.device(f"PET-{team}", team=team) for team in ("leek", "haywood", "north")}
    figures.target("0.85")
    figures.enter(
        Pass(devices[team], day, answers(dice, team, day), team=team)
        for team in devices
        for week in range(1, 41)
        for _ in range(14 if team != "north" else 2)
        for day in [TODAY - timedelta(weeks=week) + timedelta(days=dice.randrange(5))]
    )


def answers(dice, team, day):
    """To food, hands, overall."""
    poor_food = 0.3 if team == "leek" and day < BEGAN else 0.08
    no_hands = 0.45 if team == "haywood" and day >= TODAY - timedelta(weeks=5) else 0.1
    return (
        dice.choice((3, 4)) if dice.random() < poor_food else dice.choice((1, 2)),
        2 if dice.random() < no_hands else 1,
        1,
    )


def furnish(figures):
    """A concern of leek with plan and evidence, an audit, a meeting, credit, and texts. Returns words for paths."""
    viewer = everything(figures.organisation_id, "matron@example.org")
    with Session(figures.engine) as session, session.begin():
        concern = concerns.raise_concern(
            session, viewer, concerns.NewConcern("food", None, "leek", None, "Cold dinners", "Since the summer."), NOW
        )
        plan = actions.NewAction(
            concern.concern_id,
            "Hot trolleys",
            "Dinner is hot when it reaches the bed.",
            BEGAN,
            [
                actions.NewStep("Buy two trolleys", TODAY - timedelta(days=70), owner="Catering"),
                actions.NewStep("Train the evening shift", TODAY - timedelta(days=3), owner="Ward housekeeper"),
            ],
        )
        action = actions.add_action(session, viewer, plan, NOW, TODAY)
        actions.change_step(session, viewer, action.action_id, 1, NOW, status="done")
        concerns.add_evidence(
            session, viewer, concern.concern_id, NOW, kind="interview", words="The trolley waits in the corridor."
        )
        schedule = _audit(figures, session, viewer)
        item = meetings.NewItem(concern.concern_id, decision="Ask the kitchen")
        meetings.record_meeting(session, viewer, "leek", TODAY - timedelta(days=6), "", [item], NOW, TODAY)
        credit = recognition.NewRecognition(
            "leek", "Hands cleaned, says nearly everybody", "Thank you.", TODAY, "hands"
        )
        given = recognition.recognise(session, viewer, credit, NOW, TODAY)
        text = you_said.NewText({"en": "You said: cold meals.\nWe bought trolleys."}, team="leek")
        draft = you_said.write_draft(session, viewer, text, NOW)
        return {
            "concern": concern.concern_id,
            "action": action.action_id,
            "audit": schedule,
            "recognition": given.recognition_id,
            "text": draft.you_said_id,
            "team": "leek",
            "slug": "beds",
        }


def _audit(figures, session, viewer):
    """Hand hygiene, weekly, in leek: eight weeks, two left out."""
    owner = session.get_one(Organisation, figures.organisation_id)
    path = ROOT / "deploy/demo/questionnaires/audit-hand-hygiene.toml"
    definition = tomllib.loads(path.read_text(encoding="utf-8"))
    for question in definition["questions"]:
        question["topic"] = "hands"  # what the patients of these tests are asked about
    questionnaires.publish(session, owner, definition, PLACED_AT)
    first = TODAY - timedelta(weeks=8)
    row = audits.add_schedule(session, viewer, "leek", "audit-hand-hygiene", "week", first, None, NOW)
    for week, missing in enumerate((2, 1, None, 1, 0, 1, 0, None)):
        if missing is not None:
            day = first + timedelta(weeks=week, days=2)
            lines = audits.checklist(session, row)
            chosen = {line[0]: "no" if number < missing else "yes" for number, line in enumerate(lines)}
            audits.enter_audit(session, viewer, row.schedule_id, day, chosen, NOW, TODAY)
    told = {"given_by": "Link nurse", "given_to": "Late shift", "words": "Gel at the door helps."}
    about = first + timedelta(weeks=1)
    audits.give_feedback(
        session, viewer, row.schedule_id, about=about, given_on=about + timedelta(days=5), now=NOW, today=TODAY, **told
    )
    return row.schedule_id


def day(value):
    """As a page says it."""
    assert isinstance(value, date)
    return f"{value.day} {value:%B %Y}"
