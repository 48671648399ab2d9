"""The commands about people and API tokens. Passwords come from a prompt or from standard input, never an argument."""

import getpass
import sys
from typing import Annotated

import typer

from server.accounts import people, tokens
from server.accounts.grants import find_grants, grant, name_grants, parse_role, revoke
from server.accounts.nodes import parse_node
from server.accounts.rights import Role
from server.command_line import OrganisationName, instant, now, transaction
from server.errors import OperatorError
from server.fleet.organisations import find_organisation

ACTOR = "command line"
ROLES = ", ".join(Role)

person = typer.Typer(help="People who may sign in, and their roles.", no_args_is_help=True)
token = typer.Typer(
    help="API tokens of people; they make them on the pages or over the interface.", no_args_is_help=True
)

Email = Annotated[str, typer.Argument(help="E-mail address: what they sign in with.")]
RoleWord = Annotated[str, typer.Argument(help=f"One of {ROLES}.")]
Part = Annotated[str, typer.Option("--on", help="organisation, directorate:CODE, service:CODE or team:CODE.")]


@person.command("add")
def add_person(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="As others know them.")],
    role: Annotated[str | None, typer.Option("--role", help=f"One of {ROLES}.")] = None,
    on: Part = "organisation",
    *,
    without_password: Annotated[
        bool, typer.Option("--without-password", help="They sign in elsewhere (OpenID Connect), or get one later.")
    ] = False,
    organisation: OrganisationName = None,
) -> None:
    """Make an account; the password is asked for. The first administrator of an installation is made with this."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        added = people.add_person(session, owner.organisation_id, email, name, now())
        if role is not None:
            node = parse_node(session, owner.organisation_id, on)
            grant(session, added, parse_role(role), node, ACTOR, now())
        if not without_password:
            people.set_password(session, added, _ask_password())
        print(f"person {added.email}" + (f": {role} of {on}" if role else ": no role yet"))


@person.command("list")
def list_people(*, organisation: OrganisationName = None) -> None:
    """Everybody, with their roles."""
    with transaction() as session:
        here = find_organisation(session, organisation).organisation_id
        roles = name_grants(session, here, find_grants(session, here, now()))
        for each in people.people(session, here):
            held = [f"{row.role} of {row.words}" for row in roles if row.person_id == each.person_id]
            print(f"{each.email}  {each.name}  {each.state}  {', '.join(held) or 'no role'}")


@person.command("grant")
def grant_role(
    email: Email,
    role: RoleWord,
    on: Part = "organisation",
    until: Annotated[str | None, typer.Option("--until", help="When it ends by itself: an ISO 8601 instant.")] = None,
    organisation: OrganisationName = None,
) -> None:
    """Give a role on the organisation or a part of it."""
    with transaction() as session:
        here = find_organisation(session, organisation).organisation_id
        found = people.find_person(session, here, email)
        ends = instant(until) if until else None
        grant(session, found, parse_role(role), parse_node(session, here, on), ACTOR, now(), ends)
        print(f"{found.email} is {role} of {on}")


@person.command("revoke")
def revoke_role(email: Email, role: RoleWord, on: Part = "organisation", organisation: OrganisationName = None) -> None:
    """Take a role away; what they do next is without it."""
    with transaction() as session:
        here = find_organisation(session, organisation).organisation_id
        found = people.find_person(session, here, email)
        wanted, node = parse_role(role), parse_node(session, here, on)
        held = find_grants(session, here, now(), found.person_id)
        rows = [row for row in held if (row.role, row.node_kind, row.node_id) == (wanted, *node)]
        if not rows:
            raise OperatorError(f"{found.email} is not {role} of {on}: `pet person list` says who is what.")
        for row in rows:
            revoke(session, row, now())
        print(f"{found.email} is no longer {role} of {on}")


@person.command("disable")
def disable_person(email: Email, organisation: OrganisationName = None) -> None:
    """End an account: signed out everywhere, and its tokens and share links stop working. Nothing is deleted."""
    with transaction() as session:
        found = people.find_person(session, find_organisation(session, organisation).organisation_id, email)
        people.disable(session, found)
        print(f"{found.email} is disabled")


@person.command("enable")
def enable_person(email: Email, organisation: OrganisationName = None) -> None:
    """Let a disabled account sign in again, with the roles it still has."""
    with transaction() as session:
        found = people.find_person(session, find_organisation(session, organisation).organisation_id, email)
        people.enable(session, found)
        print(f"{found.email} may sign in")


@person.command("password")
def set_password(email: Email, organisation: OrganisationName = None) -> None:
    """Set an account's password, asked for. Whoever is signed in with the account is signed out."""
    with transaction() as session:
        found = people.find_person(session, find_organisation(session, organisation).organisation_id, email)
        people.set_password(session, found, _ask_password())
        print(f"{found.email} has a new password")


@token.command("list")
def list_tokens(*, organisation: OrganisationName = None) -> None:
    """Every API token, never its secret."""
    with transaction() as session:
        here = find_organisation(session, organisation).organisation_id
        for each in tokens.tokens(session, here):
            made = each.token
            state = "revoked" if made.revoked_at else "expired" if made.expires_at <= now() else "in force"
            used = f"{each.used_at:%Y-%m-%d}" if each.used_at else "never"
            rights = ", ".join(made.rights)
            print(f"{made.token_id}  {each.owner.email}  {made.name}  {state}  used {used}  {rights}")


@token.command("revoke")
def revoke_token(
    number: Annotated[int, typer.Argument(help="As `pet token list` says it.")], organisation: OrganisationName = None
) -> None:
    """Revoke an API token: it stops working with the next request."""
    with transaction() as session:
        here = find_organisation(session, organisation).organisation_id
        found = tokens.find_own_token(session, here, number, None)
        if found is None:
            raise OperatorError(f"there is no token {number}: `pet token list` names all.")
        tokens.revoke_token(session, found, now())
        print(f"token {number} is revoked")


def _ask_password() -> str:
    """Typed twice at a terminal; otherwise the first line of standard input."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
        if not password:
            raise OperatorError("no password on standard input: write it as the first line.")
        return password
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise OperatorError("the two passwords differ.")
    return password
