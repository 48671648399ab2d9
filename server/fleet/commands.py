"""The fleet's commands: parse, call, and one line that says what was done. None of them shows a secret."""

import secrets
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from protocol.package import KIND_PATIENTS
from server.backup.hold import refuse_while_held
from server.command_line import OrganisationName, now, transaction
from server.errors import OperatorError
from server.fleet import organisations, targets
from server.fleet.assignments import find_version
from server.fleet.broker import first_state, follow
from server.fleet.broker_control import control_of
from server.fleet.definition import check_definition
from server.fleet.files import write_private
from server.fleet.keys import create_key_file, open_key_ring
from server.fleet.organisations import find_organisation
from server.fleet.questionnaires import lacking_core, publish_file, published
from server.fleet.scope import ScopeWord, parse_scope, scope_words
from server.fleet.translations import checked_lines, unchecked_warning
from server.settings import load_settings, read_secret

PASSWORD_BYTES = 32  # Mosquitto hashes passwords weakly: only random ones will do

organisation = typer.Typer(help="Organisations.", no_args_is_help=True)
service = typer.Typer(help="Clinical services.", no_args_is_help=True)
team = typer.Typer(help="Teams.", no_args_is_help=True)
location = typer.Typer(help="Where devices are.", no_args_is_help=True)
questionnaire = typer.Typer(help="Questionnaires.", no_args_is_help=True)
target = typer.Typer(help="Targets.", no_args_is_help=True)
broker = typer.Typer(help="The broker's accounts.", no_args_is_help=True)
key = typer.Typer(help="The key that wraps the devices' keys.", no_args_is_help=True)


@organisation.command("add")
def add_organisation(name: str, timezone: Annotated[str, typer.Option(help="Like Europe/London.")]) -> None:
    """Add an organisation; its time zone decides which day a response belongs to."""
    with transaction() as session:
        organisations.add_organisation(session, name, timezone)
    print(f"organisation {name}")


@organisation.command("list")
def list_organisations() -> None:
    """All organisations, with their time zones."""
    with transaction() as session:
        for each in organisations.organisations(session):
            print(f"{each.name} ({each.timezone})")


@service.command("add")
def add_service(
    code: str,
    name: str,
    directorate: Annotated[str | None, typer.Option(help="The code of its directorate, where there are any.")] = None,
    organisation: OrganisationName = None,
) -> None:
    """Add a clinical service; CODE is the word that commands and addresses name it by."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        of = organisations.find_directorate(session, owner, directorate) if directorate else None
        organisations.add_service(session, owner, code, name, of)
    print(f"service {code}")


@service.command("list")
def list_services(organisation: OrganisationName = None) -> None:
    """All services: code and name."""
    with transaction() as session:
        for each in organisations.services(session, find_organisation(session, organisation)):
            print(f"{each.code}: {each.name}")


@team.command("add")
def add_team(
    code: str,
    name: str,
    service: Annotated[str, typer.Option(help="The code of its service.")],
    organisation: OrganisationName = None,
) -> None:
    """Add a team to a service."""
    with transaction() as session:
        of = organisations.find_service(session, find_organisation(session, organisation), service)
        organisations.add_team(session, of, code, name)
    print(f"team {code}")


@team.command("list")
def list_teams(organisation: OrganisationName = None) -> None:
    """All teams: code and name, by service."""
    with transaction() as session:
        for each, service_code in organisations.teams(session, find_organisation(session, organisation)):
            print(f"{each.code}: {each.name} ({service_code})")


@location.command("add")
def add_location(code: str, name: str, organisation: OrganisationName = None) -> None:
    """Add a ward, desk, clinic room or bag."""
    with transaction() as session:
        organisations.add_location(session, find_organisation(session, organisation), code, name)
    print(f"location {code}")


@location.command("list")
def list_locations(organisation: OrganisationName = None) -> None:
    """All locations: code and name."""
    with transaction() as session:
        for each in organisations.locations(session, find_organisation(session, organisation)):
            print(f"{each.code}: {each.name}")


@questionnaire.command("publish")
def publish(file: Path, organisation: OrganisationName = None) -> None:
    """Publish a questionnaire version from its definition. What would not fit a device is refused here."""
    with transaction() as session:
        version = publish_file(session, find_organisation(session, organisation), file, now())
        code, number, reference = version.definition["code"], version.version, version.reference
        definition = check_definition(version.definition)
        warning = unchecked_warning(definition)
        lacking = lacking_core(session, find_organisation(session, organisation), definition)
    print(f"questionnaire {code} version {number}, reference {reference}")
    if warning:
        print(warning)
    if lacking:
        print(f"it does not ask the core questions {', '.join(lacking)}: its devices cannot be compared by them")


@questionnaire.command("show")
def show(
    code: str,
    version: Annotated[int | None, typer.Option(help="Its number; without it, the newest.")] = None,
    organisation: OrganisationName = None,
) -> None:
    """Show what a published questionnaire asks, in which languages, and who has checked each translation."""
    with transaction() as session:
        found = find_version(session, find_organisation(session, organisation), code, version)
        definition, reference = check_definition(found.definition), found.reference
    print(f"questionnaire {code} version {definition.version}, reference {reference}: {definition.name}")
    for number, question in enumerate(definition.questions, 1):
        print(f"  {number} {question.text[definition.languages[0]]}  [{question.question_id}]")
    for line in checked_lines(definition):
        print(f"  {line}")


@target.command("set")
def set_target(
    value: Annotated[str, typer.Argument(help="0.85 for 85 %.")],
    by: Annotated[str, typer.Option(help="The role that sets it.")],
    from_date: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Set the positivity to be reached, from a date on."""
    try:
        proportion = Decimal(value)
    except InvalidOperation:
        raise OperatorError(f"{value} is not a number: write 0.85 for 85 %.") from None
    with transaction() as session:
        owner = find_organisation(session, organisation)
        targets.set_target(session, owner, proportion, parse_scope(session, owner, scope), from_date.date(), by)
    print(f"target {value} for {scope} from {from_date.date()}")


@questionnaire.command("list")
def list_questionnaires(organisation: OrganisationName = None) -> None:
    """What is published: code, versions and name."""
    with transaction() as session:
        for code, name, kind, versions in published(session, find_organisation(session, organisation)):
            whose = "patients" if kind == KIND_PATIENTS else kind
            print(f"{code}: {name} ({whose}), version {', '.join(map(str, versions))}")


@target.command("list")
def list_targets(organisation: OrganisationName = None) -> None:
    """All targets, past and present."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        words = scope_words(session, owner)
        for row in sorted(targets.all_targets(session, owner), key=lambda row: (words.order(row), row.from_date)):
            until = f" to {row.to_date}" if row.to_date else ""
            print(f"{words.of(row)}: {row.value:.0%} from {row.from_date}{until}, set by {row.set_by}")


@broker.command("init")
def init_broker(
    file: Annotated[Path, typer.Option(help="New file, from which the broker's accounts begin: the server's alone.")],
) -> None:
    """Write what a new broker starts from. The devices' accounts follow the database while `pet ingest` runs."""
    settings = load_settings()
    if not settings.broker_password_file.exists():
        write_private(settings.broker_password_file, secrets.token_hex(PASSWORD_BYTES).encode())
        print(f"ingest's password, newly made, is in {settings.broker_password_file}")
    password = read_secret(settings.broker_password_file, "PET_BROKER_PASSWORD_FILE")
    write_private(file, first_state({settings.broker_user: password}))
    print(f"{file}: move it to where the broker's configuration says, owned by the broker's account")


@broker.command("follow")
def follow_database() -> None:
    """Make the broker's accounts what the database says, now; `pet ingest` does so by itself."""
    settings = load_settings()
    key_ring = open_key_ring(settings.key_file)
    with transaction() as session:
        refuse_while_held(session)
        with control_of(settings) as control:
            print(follow(session, key_ring, control.ask).words)


@key.command("create")
def create_key() -> None:
    """Make the key file of a new installation. Back it up apart from the database: each is useless alone."""
    path = load_settings().key_file
    create_key_file(path)
    print(f"key file {path}: copy it to a safe place now (`pet key copy`), apart from backups of the database")


@key.command("copy")
def copy_key(file: Path) -> None:
    """Write a copy of the key file, for a place apart from every backup of the database."""
    path = load_settings().key_file
    key_ring = open_key_ring(path)
    write_private(file, path.read_bytes())
    print(f"{file}: the key {key_ring.fingerprint}; bring it where no backup of the database lies")
