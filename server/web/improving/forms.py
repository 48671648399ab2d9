"""Forms that create and change: checked by the interface's own shapes, sent once, shown again with what is wrong."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from json import loads
from secrets import token_urlsafe
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.idempotency import KeyOf
from server.accounts.viewer import Viewer
from server.api.idempotency import HEADER, Once, digest_of_request
from server.api.problems import Problem, ProblemError
from server.plain_words import in_plain_words

KEY = "key"  # the hidden field: the same for every pressing of one form's button
KEY_FORM = re.compile(r"[\w-]{1,100}", re.ASCII)
SENT_BEFORE = "This form was sent before, and that is kept. Send it again only if you mean a second one."
NO_FIELD = ""  # the field to blame where no field is

NOT_THEIRS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


def new_key() -> str:
    """Of a form that is shown for the first time."""
    return token_urlsafe(18)


class Typed(NamedTuple):
    """What came with a form: by field, without spaces around it; and the digest of the request."""

    values: dict[str, str]
    digest: bytes


@dataclass(frozen=True)
class Field:
    """One field. `steps`: where its value stands in the body; `missing`: what is said where it is empty and must not
    be, which it never may if it is `needed`; `kind`: only values that begin so stand there, as in "team:leek".
    """

    name: str
    label: str = ""
    steps: tuple[str | int, ...] = ()
    missing: str = ""
    needed: bool = False
    kind: str = ""

    @property
    def place(self) -> tuple[str | int, ...]:
        """Where its value stands in the body."""
        return self.steps or (self.name,)

    def value(self, values: Mapping[str, str]) -> str:
        """What is to stand there; empty: nothing."""
        given = values.get(self.name, "")
        if not self.kind:
            return given
        return given.removeprefix(f"{self.kind}:") if given.startswith(f"{self.kind}:") else ""


@dataclass(frozen=True)
class Filled:
    """A form as it is shown: what stands in it, and by field what is wrong. Its name begins the ids of its fields."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    key: str = field(default_factory=new_key)

    def id(self, name: str) -> str:
        """Of a field's element; of the form itself for no field."""
        return f"{self.name}-{name}" if name else self.name

    @property
    def summary(self) -> dict[str, str]:
        """{id: sentence} for the summary above the page."""
        return {self.id(name): sentence for name, sentence in self.errors.items()}


async def _typed(request: Request) -> Typed:
    digest = await digest_of_request(request)
    form = await request.form()
    values = {name: text.strip().replace("\r\n", "\n") for name, text in form.items() if isinstance(text, str)}
    return Typed(values, digest)


Sent = Annotated[Typed, Depends(_typed)]


@dataclass(frozen=True)
class Form:
    """A form and the shape of what the interface takes from it."""

    name: str
    shape: type[BaseModel]
    fields: Sequence[Field]

    def body(self, values: Mapping[str, str]) -> dict[str, Any]:
        """As a program would send it: what is empty is not said."""
        body: dict[str | int, Any] = {}
        for each in self.fields:
            if value := each.value(values):
                *way, last = each.place
                inner = body
                for step in way:
                    inner = inner.setdefault(step, {})
                inner[last] = value
        return {str(name): _listed(value) for name, value in body.items()}

    def blame(self, steps: Sequence[str | int], sentence: str, values: Mapping[str, str]) -> tuple[str, str]:
        """The field that these steps through the body lead to, and what to say there."""
        told = tuple(str(step) for step in steps)
        for each in self.fields:
            if tuple(str(step) for step in each.place) == told:
                empty = each.missing and not values.get(each.name)
                return each.name, each.missing if empty else _as_sentence(sentence, each)
        return NO_FIELD, _as_sentence(sentence, None)


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    return [inner[number] for number in sorted(inner)] if all(isinstance(name, int) for name in inner) else inner


def _as_sentence(sentence: str, blamed: Field | None) -> str:
    """What is wrong, of "this" where the interface names the field by its own word."""
    if blamed is not None:
        sentence = re.sub(rf"^{re.escape(str(blamed.place[-1]))} (?=holds )", "This ", sentence)
        if sentence[:1].islower():
            sentence = f"{blamed.label or 'This'} {sentence}"
    sentence = sentence[:1].upper() + sentence[1:]
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


class Sender(NamedTuple):
    """Who sent a form, and the transaction in which it is to be kept."""

    request: Request
    session: Session
    viewer: Viewer

    def send(
        self, form: Form, typed: Typed, act: Callable[[Any, Once], Response], ready: Mapping[str, str] | None = None
    ) -> Response | Filled:
        """What `act` answers to the body and the once-only of this form; or the form with what is wrong in it.

        `ready`: the values as the body takes them, where that is not as they were typed. Of what failed nothing is
        kept. Raises ProblemError where something is not there, or not theirs to change.
        """
        values = typed.values if ready is None else ready
        errors = {each.name: each.missing for each in form.fields if each.needed and not values.get(each.name)}
        key = typed.values.get(KEY, "")
        if not errors:
            of = KeyOf(self.viewer.organisation_id, self.viewer.actor, key) if KEY_FORM.fullmatch(key) else None
            once = Once(self.session, of, typed.digest, self.request.app.state.now())
            try:
                with self.session.begin_nested():
                    return act(form.shape.model_validate(form.body(values)), once)
            except ValidationError as error:
                errors = _joined(form.blame(each["loc"], in_plain_words(each), values) for each in _findings(error))
            except ProblemError as error:
                if error.problem.status in NOT_THEIRS:
                    raise
                errors = _joined(_blamed(form, error.problem, values))
        sent_before = errors.get(NO_FIELD) == SENT_BEFORE  # then with a key of its own: a second one is meant
        return Filled(form.name, typed.values, errors, new_key() if sent_before else key or new_key())


def _findings(error: ValidationError) -> list[dict[str, Any]]:
    return [dict(each) for each in error.errors()]


def _joined(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By field all that is wrong with it, a line each."""
    errors: dict[str, str] = {}
    for name, sentence in found:
        told = errors.get(name, "").split("\n")
        errors[name] = "\n".join([*filter(None, told), *([] if sentence in told else [sentence])])
    return errors


def _blamed(form: Form, problem: Problem, values: Mapping[str, str]) -> list[tuple[str, str]]:
    if not problem.errors:
        return [(NO_FIELD, problem.detail)]
    found = []
    for error in problem.errors:
        part, *steps = error.pointer.removeprefix("/").split("/")
        if (part, *steps) == ("header", HEADER):
            found.append((NO_FIELD, SENT_BEFORE))
        else:
            found.append(form.blame(steps, error.detail, values))
    return found


def go_on(path: str) -> Response:
    """To the page that shows what was done."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def number_of(made: Response, word: str) -> int:
    """The number of what was made, out of the interface's answer."""
    number: int = loads(bytes(made.body))[word]
    return number
