"""API tokens: /api/v1/tokens. One's own; who manages people everywhere sees all and may revoke them."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from server.accounts.nodes import Node, NoNodeError, find_node, node_words
from server.accounts.rights import Right
from server.accounts.tokens import ExpiryError, Shown, find_own_token, make_token, revoke_token, tokens
from server.accounts.viewer import Viewer
from server.api.access import SignedIn
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.people import PLAIN, Number, Part
from server.api.problems import ProblemError, in_body, make_problem, wrong_fields
from server.api.reference import PREFIX, refusals
from server.api.session import in_person
from server.api.sessions import OpenSession, WritingSession
from server.errors import OperatorError

NAME_MAX = 100

router = APIRouter(prefix=PREFIX, tags=["accounts"], responses=refusals(), dependencies=[only()])


class KnownToken(BaseModel):
    """A token without its secret."""

    token: int
    name: str
    owner: Annotated[str, Field(description="e-mail address of the account that it is a part of")]
    rights: list[Right]
    on: Part
    created_at: datetime
    expires_at: datetime
    used_at: Annotated[datetime | None, Field(description="to within five minutes")]
    revoked_at: datetime | None


class TokensAnswer(BaseModel):
    """GET /api/v1/tokens."""

    data: list[KnownToken]


class NewToken(BaseModel):
    """A token to be made: some of one's own rights, on all of one's part or less, for a year at most."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=PLAIN, description="what it is for")]
    rights: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    on: Part = "organisation"
    expires_at: AwareDatetime


class ShownToken(KnownToken):
    """A token just made."""

    secret: Annotated[str | None, Field(description="sent as `Authorization: Bearer ...`; never to be had again")]


@router.get("/tokens", operation_id="list_tokens")
def get_tokens(session: OpenSession, viewer: SignedIn) -> TokensAnswer:
    """The tokens that there are, expired and revoked ones too."""
    found = tokens(session, viewer.organisation_id, None if _sees_all(viewer) else viewer.person_id)
    nodes = [Node(each.token.node_kind, each.token.node_id) for each in found]
    words = node_words(session, viewer.organisation_id, nodes)
    return TokensAnswer(data=[_known(each, words[node]) for each, node in zip(found, nodes, strict=True)])


@router.post("/tokens", operation_id="create_token", status_code=201, response_model=ShownToken)
def post_token(
    request: Request, session: WritingSession, viewer: SignedIn, new: NewToken, once: CreateOnce
) -> Response:
    """Make a token. Its secret is in this answer and nowhere else."""
    in_person(viewer)

    def make() -> ShownToken:
        now = request.app.state.now()
        try:
            node = find_node(session, viewer, new.on)
        except NoNodeError as error:
            raise ProblemError(wrong_fields(in_body("on", detail=str(error)))) from None
        try:
            made, secret = make_token(session, viewer, new.name, frozenset(new.rights), node, new.expires_at, now)
        except ExpiryError as error:
            raise ProblemError(wrong_fields(in_body("expires_at", detail=str(error)))) from None
        except OperatorError as error:
            raise ProblemError(wrong_fields(in_body("rights", detail=str(error)))) from None
        return ShownToken(**_known(made, new.on).model_dump(), secret=secret)

    return once.create(make, kept=lambda answer: answer.model_copy(update={"secret": None}))


@router.delete("/tokens/{token}", operation_id="revoke_token", status_code=204)
def delete_token(request: Request, session: WritingSession, viewer: SignedIn, token: Number) -> Response:
    """Revoke a token: it stops working with the next request."""
    owner = None if _sees_all(viewer) else viewer.person_id
    found = find_own_token(session, viewer.organisation_id, token, owner)
    if found is None:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no token {token} of yours."))
    revoke_token(session, found, request.app.state.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _sees_all(viewer: Viewer) -> bool:
    return viewer.may_everywhere(Right.MANAGE_PEOPLE)


def _known(shown: Shown, on: str) -> KnownToken:
    token = shown.token
    return KnownToken(
        token=token.token_id,
        name=token.name,
        owner=shown.owner.email,
        rights=[Right(each) for each in token.rights],
        on=on,
        created_at=token.created_at,
        expires_at=token.expires_at,
        used_at=shown.used_at,
        revoked_at=token.revoked_at,
    )
