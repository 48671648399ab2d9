"""What has a page of its own, and what each such page shows beside its chart."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, urlencode

from server.api.catalogue_shapes import MetaAnswer
from server.api.stats.groups import By
from server.web.figures.form import names_of

Crumbs = list[tuple[str, str]]


class Kind(NamedTuple):
    """`word`: the parameter that asks for one; `parts`: what it is told apart by; `peers`: whom its funnel holds."""

    word: str
    folder: str  # of its addresses
    parts: tuple[By, ...]
    peers: By
    fields: tuple[str, ...]  # what the form narrows further by

    @property
    def is_place(self) -> bool:
        """Whether it stands among others of its kind; a question or an objective has no like to be held against."""
        return self.peers.value == self.word


KINDS = {
    "service": Kind("service", "services", (By.TEAM, By.QUESTION), By.SERVICE, ("question",)),
    "team": Kind("team", "teams", (By.DEVICE, By.QUESTION), By.TEAM, ("question",)),
    "device": Kind("device", "devices", (By.QUESTION,), By.DEVICE, ("question",)),
    "question": Kind("question", "questions", (By.SERVICE,), By.TEAM, ("service", "team")),
    "objective": Kind("objective", "objectives", (By.QUESTION, By.SERVICE), By.TEAM, ("service", "team")),
}
TITLES = {"service": "Service", "team": "Team", "device": "Device", "question": "Question", "objective": "Objective"}


def address_of(word: str, code: str) -> str:
    """The page of one."""
    return f"/{KINDS[word].folder}/{code}"


def page_of(word: str, code: str, kept: Iterable[tuple[str, str]] = ()) -> str:
    """The same with these parameters: what a link says, so that what was chosen stays chosen."""
    asked = urlencode(list(kept))
    return quote(address_of(word, code)) + (f"?{asked}" if asked else "")


def crumbs_of(kind: Kind, code: str, known: MetaAnswer) -> Crumbs:
    """The pages above: of a team its service too, of a question its objective."""
    services = {each.team: each.service for each in known.teams if kind.word == "team"}
    objectives = {each.question: each.objective for each in known.questions if kind.word == "question"}
    names, above = names_of(known), [("/", "Figures")]
    if code in services:
        above.append((page_of("service", services[code]), names["service"][services[code]]))
    if objective := objectives.get(code):
        above.append((page_of("objective", objective), names["objective"].get(objective, objective)))
    return above


class Aim(NamedTuple):
    """An objective, or what serves none, with its questions as (word, text)."""

    objective: str | None
    name: str
    questions: list[tuple[str, str]]


def aims_of(known: MetaAnswer) -> list[Aim]:
    """Every question that can be asked about, under the objective it serves."""
    named = [Aim(each.objective, each.name, []) for each in known.objectives]
    by_word = {each.objective: each for each in [*named, Aim(None, "Other questions", [])]}
    for question in known.questions:
        by_word.get(question.objective, by_word[None]).questions.append((question.question, question.text))
    return [each for each in by_word.values() if each.questions]
