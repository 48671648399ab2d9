"""Subscriptions: /api/v1/subscriptions. The weekly digest and issued reports by mail, for oneself or for others."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response, status
from pydantic import Field

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.idempotency import CreateOnce
from server.api.improving import Body, Number, NumberInPath, now_of, problems
from server.api.parameters import only
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.reports import subscriptions
from server.reports.subscriptions import Subscribed

router = APIRouter(prefix=PREFIX, tags=["reports"], responses=refusals(), dependencies=[only()])

Subscriber = Annotated[Viewer, needs(Right.SEE_FIGURES)]
What = Literal["digest", "monthly", "commissioner", "board", "consultation"]


class NewSubscription(Body):
    """Who gets what. What a person may not read is not sent to them, whatever they subscribed to."""

    what: What
    person: Annotated[Number | None, Field(description="left out: oneself; others: for who issues all reports")] = None


class KnownSubscription(Body):
    """One in force."""

    subscription: int
    what: What
    person: int
    name: str
    email: str
    made_at: datetime
    made_by: str


class SubscriptionsAnswer(Body):
    """GET /api/v1/subscriptions."""

    data: list[KnownSubscription]


@router.get("/subscriptions", operation_id="list_subscriptions")
def list_subscriptions(viewer: Subscriber, session: OpenSession) -> SubscriptionsAnswer:
    """One's own; for who issues reports of the whole organisation, everybody's: the distribution list."""
    return SubscriptionsAnswer(data=[_known(each) for each in subscriptions.subscriptions(session, viewer)])


@router.post(
    "/subscriptions",
    operation_id="create_subscription",
    status_code=status.HTTP_201_CREATED,
    response_model=KnownSubscription,
    responses=refusals(409),
)
def create_subscription(
    request: Request, body: NewSubscription, viewer: Subscriber, session: WritingSession, once: CreateOnce
) -> Response:
    """Subscribe. Each mail has a link that ends it without signing in."""

    def make() -> KnownSubscription:
        with problems():
            return _known(subscriptions.subscribe(session, viewer, body.what, body.person, now_of(request)))

    return once.create(make)


@router.delete("/subscriptions/{subscription}", operation_id="end_subscription", status_code=204)
def end_subscription(
    request: Request, subscription: NumberInPath, viewer: Subscriber, session: WritingSession
) -> Response:
    """No mail of it goes out from now on."""
    with problems():
        subscriptions.unsubscribe(session, viewer, subscription, now_of(request))
    return Response(status_code=status.HTTP_204_NO_CONTENT)


def _known(found: Subscribed) -> KnownSubscription:
    row, person = found
    return KnownSubscription.model_validate(
        {
            "subscription": row.subscription_id,
            "what": row.what,
            "person": person.person_id,
            "name": person.name,
            "email": person.email,
            "made_at": row.made_at,
            "made_by": row.made_by,
        }
    )
