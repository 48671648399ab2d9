"""Short texts for the idle screen ("You said, we did"), shown once somebody has approved them."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from protocol.package import TEXTS_MAX, pack_package, parse_texts
from protocol.screen import HEIGHT, WIDTH
from server.errors import OperatorError
from server.fleet.ink import lacking_letters
from server.fleet.languages import LANGUAGE_NAMES
from server.fleet.packages import SCREEN_SIZES
from server.fleet.rollout_tables import TextItem
from server.fleet.scope import Scope
from server.fleet.tables import Organisation
from server.fleet.typeset import DoesNotFitError, Picture, too_long, typeset

logger = logging.getLogger("pet.fleet")


def add_text(
    session: Session,
    organisation: Organisation,
    scope: Scope,
    translations: dict[str, str],
    now: datetime,
    *,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
) -> TextItem:
    """A text by language, not shown before it is approved. Raises OperatorError where a device could not show it."""
    if not translations:
        raise OperatorError("a text needs words: say --say en='You said it was noisy. We bought soft-close bins.'")
    if to_at is not None and to_at <= (from_at or now):
        raise OperatorError(f"the text would end ({to_at}) before it begins ({from_at or now}).")
    for language, words in translations.items():
        check_text(language, words)
    item = TextItem(
        organisation_id=organisation.organisation_id,
        **scope._asdict(),
        translations=translations,
        created_at=now,
        from_at=from_at or now,
        to_at=to_at,
    )
    session.add(item)
    session.flush()
    return item


def approve_text(session: Session, organisation: Organisation, text_id: int, by: str, now: datetime) -> TextItem:
    """From now on devices show it, in its time. `by`: the role that answers for it."""
    item = _find(session, organisation, text_id)
    if item.approved_at is not None:
        raise OperatorError(f"text {text_id} is approved already, by {item.approved_by}.")
    item.approved_by, item.approved_at = by, now
    return item


def end_text(session: Session, organisation: Organisation, text_id: int, now: datetime) -> TextItem:
    """Devices show it no more once they have synced."""
    item = _find(session, organisation, text_id)
    if item.from_at >= now:
        item.approved_by = item.approved_at = None  # it has never been shown
    else:
        item.to_at = now
    return item


def find_text(session: Session, organisation: Organisation, text_id: int, scope: Scope) -> TextItem:
    """A text for exactly this scope. Raises OperatorError."""
    item = session.get(TextItem, (organisation.organisation_id, text_id))
    if item is None or (item.scope_kind, item.scope_id) != scope:
        raise OperatorError(f"there is no text {text_id} of its own.")
    return item


def all_texts(session: Session, organisation: Organisation) -> list[TextItem]:
    """Approved or not, oldest first."""
    query = select(TextItem).where(TextItem.organisation_id == organisation.organisation_id)
    return list(session.scalars(query.order_by(TextItem.text_id)))


def texts(session: Session, organisation_id: int) -> list[Row[Any]]:
    """Those that are approved, newest first."""
    query = (
        select(
            TextItem.text_id,
            TextItem.scope_kind,
            TextItem.scope_id,
            TextItem.translations,
            TextItem.from_at,
            TextItem.to_at,
        )
        .where(TextItem.organisation_id == organisation_id, TextItem.approved_at.is_not(None))
        .order_by(TextItem.from_at.desc(), TextItem.text_id.desc())
    )
    return list(session.execute(query))


def texts_package(translations: Sequence[dict[str, str]], languages: Sequence[str]) -> bytes:
    """The package of these texts in the languages of the device's questionnaire; empty where none is left to show.

    As many of the first texts as a device takes, each in all of its languages. One that does not fit is left out.
    """
    entries: list[dict[str, Any]] = []
    pictures = bytearray()
    for words in translations:
        spoken = [(number, code) for number, code in enumerate(languages) if code in words]
        if len(entries) + len(spoken) > TEXTS_MAX:
            break
        for number, code in spoken:
            try:
                picture = _typeset(words[code], code)
            except DoesNotFitError as error:  # it did when it was added: the type has changed since
                logger.warning("a text in language '%s' is left out: %s", code, error)
                continue
            entries.append({"language": number, "picture": [len(pictures), picture.width, picture.height]})
            pictures += picture.rows
    if not entries:
        return b""
    index = json.dumps({"texts": entries}, separators=(",", ":")).encode()
    parse_texts(index)
    return pack_package(index, bytes(pictures))


def check_text(language: str, words: str) -> None:
    """Raises OperatorError where a device could not show these words in this language."""
    place = f"language '{language}'"
    if language not in LANGUAGE_NAMES:
        raise OperatorError(f"{place} is not known: the languages are {', '.join(LANGUAGE_NAMES)}.")
    long = too_long(words, language)
    if long:
        raise OperatorError(f"{place}: {long}.")
    lacking = lacking_letters(words, language)
    if lacking:
        raise OperatorError(f"{place}: the font has no {', '.join(lacking)}.")
    try:
        _typeset(words, language)
    except DoesNotFitError as error:
        raise OperatorError(f"{place}: {error}.") from None


@lru_cache(maxsize=256)
def _typeset(words: str, language: str) -> Picture:
    return typeset(words, language, SCREEN_SIZES, WIDTH, HEIGHT)


def _find(session: Session, organisation: Organisation, text_id: int) -> TextItem:
    item = session.get(TextItem, (organisation.organisation_id, text_id))
    if item is None:
        raise OperatorError(f"there is no text {text_id}: `pet text list` shows them.")
    return item
