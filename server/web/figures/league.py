"""The league page: who collected how many valid responses in a month, by those who asked to be in it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.catalogue import read_meta
from server.api.league_areas import LeagueArea, LeagueWord, get_areas
from server.api.problems import ProblemError, in_body, unknown_name
from server.api.stats import leagues
from server.api.stats.leagues import LeagueAnswer, LeagueQuery, Ranked, read_league
from server.web.figures.downloads import Items, tables_only
from server.web.figures.form import field, names_of
from server.web.figures.reading import Reading
from server.web.words import count, day

MONTHS = 12  # that the form offers; any other may stand in the address
RANKED = (Ranked.TEAM, Ranked.SERVICE)


def league_page(session: Session, items: Iterable[tuple[str, str]], viewer: Viewer, now: datetime) -> dict[str, Any]:
    """What the template shows. Raises ProblemError."""
    given = [(name, value) for name, value in items if value]
    if not {"period", "from", "to"} & dict(given).keys():
        outside = Reading(session, [], viewer, now).asked.scope.outside
        given.append(("period", "last-month" if outside else "this-month"))
    by = [item for item in given if item[0] in ("by", "metric")]
    reading = Reading(session, [item for item in given if item not in by], viewer, now)
    answer, asked = reading.read(LeagueQuery, read_league, leagues.MORE, own=by)
    names = names_of(read_meta(session, viewer, now))
    first = date.fromisoformat(answer.query.from_ or "")
    noun = answer.query.by
    return {
        "path": "/league",
        "answer": answer,
        "noun": noun,
        "days": f"{day(first)} to {day(_last(answer, reading.asked.today))}",
        "running": reading.asked.today < date.fromisoformat(answer.query.to or ""),
        "sentence": league_sentence(answer),
        "fields": [_month_field(asked, reading.asked.today), _by_field(noun)],
        "carried": [item for item in given if item[0] not in ("by", "period", "from", "to")],
        "downloads": tables_only("league", asked, "the league"),
        "areas": [_own(area, names) for area in get_areas(viewer, session).data if _decides(viewer, area)],
    }


def league_word(area: str, *, opted_in: bool) -> LeagueWord:
    """What the form of an area says. Raises ProblemError where it is none."""
    scope, _, name = area.partition(":")
    try:
        return LeagueWord.model_validate({"scope": scope, "name": name, "opted_in": opted_in})
    except ValidationError:
        raise ProblemError(unknown_name(in_body("area", detail="There is no such service or team here."))) from None


def _last(answer: LeagueAnswer, today: date) -> date:
    first = date.fromisoformat(answer.query.from_ or "")
    return max(first, min(today, date.fromisoformat(answer.query.to or "") - timedelta(days=1)))


def league_sentence(answer: LeagueAnswer) -> str:
    """The table in one sentence."""
    noun, rows = answer.query.by, answer.data
    rest = f" {count(answer.not_taking_part, noun)} did not ask to be in it." if answer.not_taking_part else ""
    if not rows:
        return f"No {noun} takes part yet.{rest}"
    first = [row for row in rows if row.rank == 1]
    most = first[0]
    if not most.n:
        return f"Nobody of the {count(len(rows), noun)} taking part has collected a valid response yet.{rest}"
    who = " and ".join(row.name for row in first)
    total = sum(row.n for row in rows)
    each = "each " if len(first) > 1 else ""
    return f"{who} {each}collected the most: {most.n:,} of {count(total, 'valid response')} together.{rest}"


def _month_field(asked: Items, today: date) -> dict[str, Any]:
    months = {"this-month": "This month", "last-month": "Last month"}
    month = today.replace(day=1)
    for _ in range(MONTHS):
        months[f"{month:%Y-%m}"] = f"{month:%B %Y}"
        month = (month - timedelta(days=1)).replace(day=1)
    chosen = dict(asked).get("period", "")
    if chosen not in months:
        months = {chosen: chosen or "As in the address"} | months
    return field("period", "Month", months, [chosen])


def _by_field(noun: str) -> dict[str, Any]:
    return field("by", "Who", {each.value: f"{each.value.title()}s" for each in RANKED}, [noun])


def _decides(viewer: Viewer, area: LeagueArea) -> bool:
    """Whether the form is shown at all; who may really say so is asked when it is sent."""
    return viewer.may(Right.IMPROVE) and (area.scope == "team" or viewer.may_everywhere(Right.IMPROVE))


def _own(area: LeagueArea, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "area": f"{area.scope}:{area.name}",
        "name": names[area.scope].get(area.name, area.name),
        "kind": area.scope,
        "opted_in": area.opted_in,
        "said": area.said,
    }
