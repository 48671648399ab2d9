"""The commands for what stands above services and questions: directorates, topics, objectives."""

from typing import Annotated

import typer

from server.command_line import OrganisationName, transaction
from server.errors import OperatorError
from server.fleet import organisations, subjects
from server.fleet.commands import service
from server.fleet.organisations import find_directorate, find_organisation, find_service

directorate = typer.Typer(help="Directorates: several services under one head.", no_args_is_help=True)
topic = typer.Typer(help="Topics of questions.", no_args_is_help=True)
objective = typer.Typer(help="The organisation's objectives, which questions serve.", no_args_is_help=True)


@directorate.command("add")
def add_directorate(code: str, name: str, organisation: OrganisationName = None) -> None:
    """Add a directorate; `pet service move` puts services into it."""
    with transaction() as session:
        organisations.add_directorate(session, find_organisation(session, organisation), code, name)
    print(f"directorate {code}")


@directorate.command("list")
def list_directorates(organisation: OrganisationName = None) -> None:
    """All directorates with their services, and the services that have none."""
    with transaction() as session:
        for name, codes in organisations.tree(session, find_organisation(session, organisation)):
            print(f"{name}: {', '.join(codes) or 'no services'}")


@service.command("move")
def move_service(
    code: str,
    directorate: Annotated[str | None, typer.Option(help="The code of its directorate.")] = None,
    out: Annotated[bool, typer.Option("--out", help="Out of its directorate, into none.")] = False,
    organisation: OrganisationName = None,
) -> None:
    """Move a service to a directorate. Its figures go with it, those of the past as well."""
    if (directorate is None) != out:
        raise OperatorError("say where it goes: --directorate CODE, or --out for none.")
    with transaction() as session:
        owner = find_organisation(session, organisation)
        into = find_directorate(session, owner, directorate) if directorate else None
        organisations.move_service(session, find_service(session, owner, code), into)
    print(f"service {code} is in {f'directorate {directorate}' if directorate else 'no directorate'}")


@topic.command("add")
def add_topic(code: str, name: str, organisation: OrganisationName = None) -> None:
    """Add a topic of your own; definitions name it by CODE."""
    with transaction() as session:
        subjects.add_topic(session, find_organisation(session, organisation), code, name)
    print(f"topic {code}")


@topic.command("list")
def list_topics(organisation: OrganisationName = None) -> None:
    """All topics."""
    with transaction() as session:
        for row in subjects.topics(session, find_organisation(session, organisation)):
            print(f"{row.topic}: {row.name}{'' if row.built_in else ' (your own)'}")


@objective.command("add")
def add_objective(code: str, words: str, organisation: OrganisationName = None) -> None:
    """Add an objective, in the words of your strategy; definitions name it by CODE."""
    with transaction() as session:
        subjects.add_objective(session, find_organisation(session, organisation), code, words)
    print(f"objective {code}")


@objective.command("list")
def list_objectives(organisation: OrganisationName = None) -> None:
    """All objectives, and how many questions serve each."""
    with transaction() as session:
        for row, questions in subjects.objectives(session, find_organisation(session, organisation)):
            print(f"{row.objective}: {row.words} ({questions} question{'' if questions == 1 else 's'})")
