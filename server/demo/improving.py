"""What the demo's trust did about what it found: concerns with plan and evidence, and audits, as the story tells."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer, everything
from server.database import act_as
from server.demo.story import Story
from server.fleet.tables import Organisation
from server.improvement.actions import NewAction, NewStep, add_action, change_step
from server.improvement.audits import add_schedule
from server.improvement.concerns import NewConcern, add_evidence, raise_concern
from server.improvement.meetings import NewItem, record_meeting

ACTOR = "matron"  # a role, as everywhere


def tell_improvement(session: Session, organisation: Organisation, story: Story, now: datetime) -> None:
    """Concerns and audit schedules of the story, each on its day. The caller commits."""
    act_as(session, ACTOR)
    viewer = everything(organisation.organisation_id, ACTOR)
    zone = ZoneInfo(organisation.timezone)
    weeks = story.fields["weeks"]
    for fields in story.fields["concern"]:
        if fields["action"]["week"] >= weeks:
            continue  # a shorter story, as tests tell, ends before
        _tell(session, viewer, fields, story.starts_at(now), zone)
    for fields in story.fields["audit"]:
        began = _day(story.starts_at(now), fields["from_week"], zone)
        for team in fields["teams"]:
            add_schedule(session, viewer, team, fields["questionnaire"], fields["every"], began, None, now)


def _tell(session: Session, viewer: Viewer, fields: dict[str, Any], starts_at: datetime, zone: ZoneInfo) -> None:
    raised_at = starts_at + timedelta(weeks=fields["week"])
    new = NewConcern(fields["question"], None, None, fields["service"], fields["title"], fields["words"])
    concern = raise_concern(session, viewer, new, raised_at)
    for note in fields["evidence"]:
        add_evidence(session, viewer, concern.concern_id, raised_at, **note)
    plan = fields["action"]
    began = _day(starts_at, plan["week"], zone)
    steps = [NewStep(step["what"], began + timedelta(weeks=step["due"]), owner=step["owner"]) for step in plan["steps"]]
    started_at = starts_at + timedelta(weeks=plan["week"])
    done = NewAction(concern.concern_id, plan["title"], plan["aim"], began, steps)
    action = add_action(session, viewer, done, started_at, began)
    for number, step in enumerate(plan["steps"], 1):
        if step["done"]:
            at = started_at + timedelta(weeks=step["due"])
            change_step(session, viewer, action.action_id, number, at, status="done")
    item = NewItem(concern_id=concern.concern_id, decision=fields["decision"])
    record_meeting(session, viewer, fields["discussed_by"], began, "", [item], started_at, began)


def _day(starts_at: datetime, week: int, zone: ZoneInfo) -> date:
    return (starts_at + timedelta(weeks=week)).astimezone(zone).date()
