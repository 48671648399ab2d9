"""The commands that say what devices should hold: questionnaires, texts, applications; and which are behind."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from server.command_line import OrganisationName, instant, now, transaction
from server.errors import OperatorError
from server.fleet import releases, texts
from server.fleet.assignments import assign, assignments, find_version, unassign
from server.fleet.commands import questionnaire
from server.fleet.device_commands import DeviceWord, device
from server.fleet.devices import find_device
from server.fleet.halting import refuse_failing
from server.fleet.held import describe, held_states
from server.fleet.languages import in_order
from server.fleet.organisations import find_organisation
from server.fleet.rollout import rollout
from server.fleet.rollout_tables import TextItem
from server.fleet.roster import Wanted, roster
from server.fleet.scope import ScopeWord, parse_scope, scope_words
from server.fleet.watching import watched
from server.settings import load_settings

text = typer.Typer(help='Texts for the idle screen: "You said, we did".', no_args_is_help=True)
release = typer.Typer(help="Application releases for devices.", no_args_is_help=True)

Number = Annotated[int | None, typer.Option(help="Of an audit on the device, 1 to 7.")]
Board = Annotated[str, typer.Option(help="As devices name it: esp32.")]


@questionnaire.command("assign")
def assign_questionnaire(
    code: Annotated[str, typer.Argument(help="As in its definition.")],
    version: Annotated[int | None, typer.Option(help="The newest, unless one is named.")] = None,
    number: Number = None,
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Have a published version asked. The nearest assignment wins: device, team, service, organisation."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        place = parse_scope(session, owner, scope)
        row = assign(session, owner, code, place, now(), version=version, number=number)
        what = f"audit {row.number}" if row.number else "what patients are asked"
        asked = find_version(session, owner, code, version)
        named = f"{code} version {asked.version} ({asked.definition['name']})"
    print(f"questionnaire {named} is {what} for {scope}; devices ask it after their next sync")


@questionnaire.command("unassign")
def unassign_questionnaire(
    number: Annotated[int, typer.Option(help="0 for the patients', 1 to 7 for an audit.")],
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Take an assignment back: what is assigned more widely holds again."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        unassign(session, owner, parse_scope(session, owner, scope), number)
    print(f"number {number} is no longer assigned for {scope}")


@questionnaire.command("assignments")
def list_assignments(organisation: OrganisationName = None) -> None:
    """What is assigned to whom."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        words = scope_words(session, owner)
        for row in sorted(assignments(session, owner), key=lambda row: (row.number, words.order(row))):
            place = words.of(row)
            what = f"audit {row.number}" if row.number else "patients"
            print(f"{place}: {what}: {row.code} version {row.version}")


@text.command("add")
def add_text(
    say: Annotated[list[str], typer.Option(metavar="LANGUAGE=WORDS", help="Repeat it for each language.")],
    from_at: Annotated[datetime | None, typer.Option("--from", parser=instant, metavar="INSTANT")] = None,
    to_at: Annotated[datetime | None, typer.Option("--to", parser=instant, metavar="INSTANT")] = None,
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Propose a text. Devices show it once it is approved, in the languages of their questionnaire."""
    words = dict(_translation(each) for each in say)
    with rollout() as session:
        owner = find_organisation(session, organisation)
        place = parse_scope(session, owner, scope)
        item = texts.add_text(session, owner, place, words, now(), from_at=from_at, to_at=to_at)
        number = item.text_id
    print(f"text {number} for {scope}: `pet text approve {number} --by ROLE` shows it")


@text.command("approve")
def approve_text(
    number: int,
    by: Annotated[str, typer.Option(help="The role that answers for it.")],
    organisation: OrganisationName = None,
) -> None:
    """Let devices show a text."""
    with rollout() as session:
        texts.approve_text(session, find_organisation(session, organisation), number, by, now())
    print(f"text {number} is approved by {by}")


@text.command("end")
def end_text(number: int, organisation: OrganisationName = None) -> None:
    """Let devices show a text no more."""
    with rollout() as session:
        texts.end_text(session, find_organisation(session, organisation), number, now())
    print(f"text {number} is shown no more")


@text.command("list")
def list_texts(organisation: OrganisationName = None) -> None:
    """All texts, approved or not."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        words = scope_words(session, owner)
        for item in texts.all_texts(session, owner):
            languages = in_order(item.translations)
            said = item.translations[languages[0]].replace("\n", " ")
            print(f"{item.text_id} ({words.of(item)}) {_standing(item)}, in {', '.join(languages)}: {said}")


@release.command("add")
def add_release(archive: Path, organisation: OrganisationName = None) -> None:
    """Keep a signed archive, as tools/release.py builds it. Refused unless devices would take it."""
    try:
        data = archive.read_bytes()
    except OSError as error:
        raise OperatorError(f"{archive} cannot be read: {error.strerror}.") from None
    with rollout() as session:
        owner = find_organisation(session, organisation)
        row = releases.add_release(session, owner, data, load_settings().release_keys_file, now())
        line = f"release {row.number} ({row.name}) for {row.board}"
    print(f"{line}: `pet release assign` sends it to devices, best to one first")


@release.command("assign")
def assign_release(
    number: int,
    board: Board = "esp32",
    scope: ScopeWord = "organisation",
    *,
    despite_failures: Annotated[
        bool, typer.Option("--despite-failures", help="Although a device has refused it, or went back.")
    ] = False,
    organisation: OrganisationName = None,
) -> None:
    """Have devices run a release. They install it at their next sync, and go back where it does not start."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        if not despite_failures:
            refuse_failing(session, owner, board, number)
        row = releases.assign_release(session, owner, parse_scope(session, owner, scope), board, number, now())
        name = row.name
    print(f"release {number} ({name}) for {board} is assigned to {scope}")


@release.command("withdraw")
def withdraw_release(
    board: Board = "esp32", scope: ScopeWord = "organisation", organisation: OrganisationName = None
) -> None:
    """Offer no release to this scope any more. Devices that have it keep it."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        releases.withdraw_release(session, owner, parse_scope(session, owner, scope), board)
    print(f"no release for {board} is offered to {scope} any more")


@release.command("list")
def list_releases(organisation: OrganisationName = None) -> None:
    """All releases, oldest first."""
    with transaction() as session:
        for row in releases.releases(session, find_organisation(session, organisation)):
            print(f"{row.number} ({row.name}) for {row.board}, added {row.added_at:%Y-%m-%d %H:%M}")


@device.command("show")
def show_device(word: DeviceWord, organisation: OrganisationName = None) -> None:
    """What one device should hold, and what it lacks."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        [state] = held_states(session, owner, find_device(session, owner, word).device_id)
    print(describe(state))
    behind = state.behind
    for item in state.items:
        print(f"  {item.title}: {item.length} bytes, {'lacking' if item in behind else 'held'}")


def fleet(organisation: OrganisationName = None) -> None:
    """Every device in a line: when it was heard, whether it holds what it should, and what to see to."""
    with transaction() as session:
        owner, at = find_organisation(session, organisation), now()
        alerts = watched(session, owner, roster(session, owner, at, None, Wanted()), at)
        for state in held_states(session, owner):
            print("; ".join([describe(state), *(alert.words for alert in alerts.get(state.device_id, []))]))


def _translation(words: str) -> tuple[str, str]:
    language, equals, said = words.partition("=")
    if not equals or not said.strip():
        raise OperatorError(f"{words!r} says no language: write --say en='You said ... We did ...'.")
    return language, said.replace("\\n", "\n")


def _standing(item: TextItem) -> str:
    if item.approved_at is None:
        return "waits for approval"
    until = f" to {item.to_at:%Y-%m-%d %H:%M}" if item.to_at else ""
    return f"from {item.from_at:%Y-%m-%d %H:%M}{until}, approved by {item.approved_by}"
