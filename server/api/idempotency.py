"""A creating request that is sent twice creates once: its key and answer are kept, and the answer is said again."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.idempotency import KeptAnswer, KeyOf, OtherRequestError, claim, keep
from server.api.access import SignedIn
from server.api.problems import ProblemError, in_header, wrong_fields
from server.api.sessions import WritingSession

HEADER = "Idempotency-Key"
KEY_CHARACTERS_MAX = 100  # a UUID has 36
REPLAYED = "Idempotency-Replayed"

Answer = TypeVar("Answer", bound=BaseModel)

Key = Annotated[
    str | None,
    Header(
        alias=HEADER,
        min_length=1,
        max_length=KEY_CHARACTERS_MAX,
        pattern="^[!-~]+$",
        description="any word of your own for this request: sent again with it, it creates nothing new",
    ),
]


async def digest_of_request(request: Request) -> bytes:
    """SHA-256 of method, address and body: what the same key must come with."""
    address = f"{request.method} {request.url.path}?{request.url.query}\n"
    return sha256(address.encode() + await request.body()).digest()


class Once:
    """The creating request at hand; `create` either does it or says again what it was answered with."""

    def __init__(self, session: Session, of: KeyOf | None, request: bytes, now: datetime) -> None:
        self._session, self._of, self._request, self._now = session, of, request, now

    def create(
        self,
        make: Callable[[], Answer],
        location: Callable[[Answer], str] | None = None,
        *,
        status: int = 201,
        kept: Callable[[Answer], Answer] | None = None,
    ) -> Response:
        """`location`: the address of what was made. `kept`: the answer without its secrets, for a repetition.

        Raises ProblemError where the key came with another request before.
        """
        if self._of is not None and (before := self._before(self._of)) is not None:
            return Response(before.body, before.status, before.headers | {REPLAYED: "true"}, before.media_type)
        answer = make()
        headers = {"Location": location(answer)} if location else {}
        response = _response(answer, status, headers)
        if self._of is not None:
            again = response if kept is None else _response(kept(answer), status, headers)
            told = KeptAnswer(again.status_code, again.media_type, headers, bytes(again.body))
            keep(self._session, self._of, told)
        return response

    def _before(self, of: KeyOf) -> KeptAnswer | None:
        try:
            return claim(self._session, of, self._request, self._now)
        except OtherRequestError:
            detail = "came before with another request. Take a new key for each request that is meant to create."
            raise ProblemError(wrong_fields(in_header(HEADER, detail))) from None


def _response(answer: BaseModel, status: int, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse(answer.model_dump(mode="json", by_alias=True), status, headers)


def once(
    request: Request,
    session: WritingSession,
    viewer: SignedIn,
    digest: Annotated[bytes, Depends(digest_of_request)],
    key: Key = None,
) -> Once:
    """The dependency of every route that creates; it shares the route's WritingSession."""
    of = None if key is None else KeyOf(viewer.organisation_id, viewer.credential, key)
    return Once(session, of, digest, request.app.state.now())


CreateOnce = Annotated[Once, Depends(once, scope="function")]
