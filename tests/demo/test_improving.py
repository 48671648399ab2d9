"""What the demo tells of the trust's concerns fits its own story, questionnaires and teams."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.demo.improving import tell_improvement
from server.demo.story import DEMO_FILES, read_story
from server.fleet.organisations import add_organisation, add_service, add_team
from server.fleet.questionnaires import publish_file
from server.improvement.tables import Action, ActionStep, Concern
from server.improvement.team_tables import AuditSchedule, Meeting

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_the_story_s_concerns_are_told_with_their_plans(engine):
    story = read_story()
    with Session(engine) as session, session.begin():
        organisation = add_organisation(session, **story.fields["organisation"])
        for fields in story.fields["service"]:
            service = add_service(session, organisation, fields["code"], fields["name"])
            for team in fields["teams"]:
                add_team(session, service, team["code"], team["name"])
        for file in sorted((DEMO_FILES / "questionnaires").glob("*.toml")):
            publish_file(session, organisation, file, story.starts_at(NOW))
        tell_improvement(session, organisation, story, NOW)
        food, hands = session.scalars(select(Concern).order_by(Concern.concern_id))
        assert (food.question_id, food.status, hands.question_id) == ("food", "acting", "hand-hygiene")
        actions = session.scalars(select(Action).order_by(Action.action_id)).all()
        answers = [row for row in story.fields["answers"] if row["question"] == "food"]
        # The action begins in the week from which the answers are better.
        assert (actions[0].started_on - story.starts_at(NOW).date()).days == 7 * answers[1]["from_week"]
        statuses = session.scalars(select(ActionStep.status).where(ActionStep.action_id == actions[0].action_id)).all()
        assert sorted(statuses) == ["done", "done", "done", "open"]
        assert len(session.scalars(select(AuditSchedule)).all()) == 6
        assert len(session.scalars(select(Meeting)).all()) == 2


def test_a_shorter_story_tells_only_what_has_happened_in_it(engine):
    story = read_story()
    story.fields["weeks"] = 2
    story.fields["audit"] = []
    with Session(engine) as session, session.begin():
        tell_improvement(session, add_organisation(session, **story.fields["organisation"]), story, NOW)
        assert session.scalars(select(Concern)).all() == []
