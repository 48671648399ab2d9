"""What one version of a questionnaire asks otherwise than the one before it, change by change."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from server.web.questionnaires.wording import TEXT_NAMES, language_name

Flat = dict[tuple[str, ...], str]
FIELDS = {"name": "Name", "title": "Title on the device", "kind": "Answered by"}
OF_QUESTION = {"kind": "shown as", "topic": "topic", "objective": "objective", "core": "core"}
OF_OPTION = {"sentiment": "counts as", "face": "face"}


class Difference(NamedTuple):
    """`before` or `now` is empty where something is new or gone."""

    what: str
    before: str
    now: str


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """In the order of the device's screens; what is the same is left out."""
    old, new = _flat(before), _flat(now)
    whole = {key for key in (*old, *new) if key[-1] == "there" and (key in old) != (key in new)}
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        inside = any(key != each and key[: len(each) - 1] == each[:-1] for each in whole)
        if old.get(key) != new.get(key) and not inside and not _of_language(key, before, now):
            found.append(Difference(_name(key), old.get(key, ""), new.get(key, "")))
    return found


def _of_language(key: tuple[str, ...], before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether it is a text of a language that is new or gone, which is one difference and not fifty."""
    languages = set(before.get("languages", [])) ^ set(now.get("languages", []))
    return key[-2:-1] == ("in",) and key[-1] in languages


def _flat(definition: Mapping[str, Any]) -> Flat:
    return dict(_each(definition))


def _each(definition: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for field in FIELDS:
        yield (field,), str(definition.get(field, ""))
    yield ("languages",), ", ".join(language_name(code) for code in definition.get("languages", []))
    for code, who in definition.get("checked_by", {}).items():
        if who.strip():
            yield ("checked_by", code), who
    for name, words in definition.get("texts", {}).items():
        yield from (((f"{name}", "in", code), text) for code, text in words.items())
    questions = definition.get("questions", [])
    yield ("order",), ", ".join(question["question_id"] for question in questions)
    original = next(iter(definition.get("languages", [])), "")
    for question in questions:
        yield from _question(question, original)


def _question(question: Mapping[str, Any], original: str) -> Iterator[tuple[tuple[str, ...], str]]:
    place = ("question", question["question_id"])
    yield (*place, "there"), question.get("text", {}).get(original, "")
    for field in OF_QUESTION:
        if question.get(field) is not None:
            yield (*place, field), {True: "yes", False: "no"}.get(question[field], str(question[field]))
    for code, text in question.get("text", {}).items():
        yield (*place, "in", code), text
    for option in question.get("options", []):
        here = (*place, "option", option["code"])
        yield (*here, "there"), option.get("label", {}).get(original, "")
        for field in OF_OPTION:
            if field in option:
                yield (*here, field), str(option[field])
        for code, text in option.get("label", {}).items():
            yield (*here, "in", code), text


def _name(key: tuple[str, ...]) -> str:
    match key:
        case ("languages",):
            return "Languages"
        case ("order",):
            return "Questions, in order"
        case ("checked_by", code):
            return f"{language_name(code)} checked by"
        case (name, "in", code):
            return f"{TEXT_NAMES.get(name, name)}, {language_name(code)}"
        case ("question", question, *rest):
            return f"Question {question}{_inner(rest)}"
    return FIELDS.get(key[0], key[0])


def _inner(rest: list[str]) -> str:
    match rest:
        case ["option", option, *more]:
            return f", option {option}{_inner(more)}"
        case ["in", code]:
            return f", {language_name(code)}"
        case ["there"]:
            return ""
    return f", {OF_QUESTION.get(rest[0]) or OF_OPTION[rest[0]]}"
