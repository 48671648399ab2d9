"""An entry of the audit log in plain words: what was changed, from what to what."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from server.accounts.audit_names import Row
from server.api.audit_log import AuditEntryAnswer
from server.web.administration.page import moment

# By table: what people call a row of it; also what the filter offers, in this order.
NOUNS = {
    "person": "account",
    "role_grant": "role",
    "api_token": "API token",
    "share_link": "share link",
    "enrolment_token": "enrolment token",
    "organisation": "organisation",
    "directorate": "directorate",
    "service": "service",
    "team": "team",
    "location": "location",
    "device": "device",
    "device_key": "device's keys",
    "placement": "placement of a device",
    "placement_correction": "correction of a placement",
    "setting": "setting of devices",
    "text_item": "text on devices",
    "application_release": "release of the firmware",
    "release_assignment": "assignment of a release",
    "question": "question",
    "questionnaire": "questionnaire",
    "questionnaire_draft": "draft of a questionnaire",
    "questionnaire_version": "version of a questionnaire",
    "version_question": "question of a version",
    "version_option": "answer of a version",
    "assignment": "assignment of a questionnaire",
    "target": "target",
    "rebase": "new beginning of limits",
    "topic": "topic",
    "objective": "objective",
    "journey_stage": "stage of the journey",
    "concern": "concern",
    "concern_evidence": "evidence of a concern",
    "action": "action plan",
    "action_step": "step of an action plan",
    "audit_schedule": "schedule of an audit",
    "audit_entry": "round of an audit",
    "audit_feedback": "feedback on an audit",
    "meeting": "team meeting",
    "meeting_item": "item of a team meeting",
    "recognition": "credit to a team",
    "you_said": "“You said, we did”",
    "response_flag": "flag on a response",
    "stated_receipt": "stated receipt",
    "report": "report",
    "report_revision": "revision of a report",
    "subscription": "subscription",
    "mail": "mail",
    "league_choice": "choice about the league",
    "alert_seen": "alert that was seen",
    "import_source": "source of imports",
    "import_stand_in": "stand-in of imports",
    "response_import": "import of responses",
    "fft_option": "answer in the FFT submission",
    "fft_grouping": "grouping in the FFT submission",
    "checkpoint": "checkpoint of the evidence",
    "restored": "restore of a backup",
}
VERBS = {
    "insert": "made",
    "update": "changed",
    "delete": "removed",
    "baseline": "was there when the log began",
}
# Of a new row, what says nothing to a reader: its key, and what stands in the sentence already.
UNTOLD = {"organisation_id", "created_at", "made_at", "node_kind"}
KEYS = {"role_grant": "grant_id", "api_token": "token_id", "share_link": "share_id"}
LABELS = {"node_id": "On", "node_kind": "On a", "to_at": "Until"}
NAMES = ("name", "title", "email", "serial", "code")
VALUE_LETTERS_MAX = 160
LINES_MAX = 8
NOTHING = "nothing"


class Told(NamedTuple):
    """An entry as the page shows it."""

    entry: AuditEntryAnswer
    when: str
    sentence: str  # without who: "target 3 changed"
    changed: bool  # its lines say from what to what; those of others, what there is
    lines: list[str]
    more: int  # lines that stand only in the raw detail
    raw: str


def noun_of(table: str) -> str:
    """Of a table that has no word here, its own name."""
    return NOUNS.get(table, table.replace("_", " "))


def tell(entry: AuditEntryAnswer, names: Mapping[Row, str], zone: ZoneInfo) -> Told:
    """In plain words."""
    table, _, verb = entry.action.rpartition(" ")
    lines = list(_lines(entry, KEYS.get(table, f"{table}_id"), names, zone))
    raw = json.dumps(entry.detail, indent=1, ensure_ascii=False, sort_keys=True)
    sentence = f"{noun_of(table)} {_called(entry, table, names)} {VERBS.get(verb, verb)}"
    return Told(
        entry,
        moment(entry.at, zone),
        sentence[:1].upper() + sentence[1:],
        verb == "update",
        lines[:LINES_MAX],
        max(0, len(lines) - LINES_MAX),
        raw,
    )


def _called(entry: AuditEntryAnswer, table: str, names: Mapping[Row, str]) -> str:
    number = int(entry.subject) if entry.subject.isascii() and entry.subject.isdigit() else None
    if number is not None and (name := names.get(Row(table, number))):
        return f"“{name}”"
    for values in (entry.detail.get("new", {}), entry.detail.get("old", {})):
        for column in NAMES:
            if isinstance(found := values.get(column), str) and found:
                return f"“{found[:VALUE_LETTERS_MAX]}”"
    return entry.subject


def _lines(entry: AuditEntryAnswer, key: str, names: Mapping[Row, str], zone: ZoneInfo) -> Iterator[str]:
    old, new = entry.detail.get("old"), entry.detail.get("new")
    for column in sorted({**(old or {}), **(new or {})}):
        before, after = (_value(column, values or {}, names, zone) for values in (old, new))
        label = _label(column)
        if old is not None and new is not None:
            yield f"{label}: {before} → {after}"
        elif column not in {*UNTOLD, key} and (value := after if old is None else before) != NOTHING:
            yield f"{label}: {value}"
    for column in entry.detail.get("left_out", ()):
        yield f"{_label(column)}: {'' if old is None else 'changed; '}the log does not hold it"


def _label(column: str) -> str:
    words = LABELS.get(column) or column.removesuffix("_id").removesuffix("_at").replace("_", " ")
    return words[:1].upper() + words[1:]


def _value(column: str, values: Mapping[str, Any], names: Mapping[Row, str], zone: ZoneInfo) -> str:
    value = values.get(column)
    kind = str(values.get("node_kind")) if column == "node_id" else column.removesuffix("_id")
    if isinstance(value, int) and not isinstance(value, bool) and (name := names.get(Row(kind, value))):
        return name
    if column == "node_id" and kind == "organisation":
        return "the whole organisation"
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and column.endswith("_at"):
        return _instant(value, zone)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        text = ", ".join(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_LETTERS_MAX else f"{text[:VALUE_LETTERS_MAX]}…"


def _instant(value: str, zone: ZoneInfo) -> str:
    try:
        found = datetime.fromisoformat(value)
        return moment(found, zone) if found.tzinfo else value
    except (ValueError, OverflowError):
        return value
