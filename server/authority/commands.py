"""`pet ca`: the authority that devices and servers believe. It needs no database, and is best used off the server."""

import os
from pathlib import Path
from typing import Annotated

import typer

from server.authority import folder
from server.command_line import now, transaction
from server.errors import OperatorError
from server.fleet.believing import believers, listed
from server.fleet.organisations import organisations

EXIT_DUE = 1  # something is to be renewed: for whoever looks by a timer
NAME = "PET authority"

ca = typer.Typer(help="The authority that devices and servers believe.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the authority lies; keep it off the server.")]
Out = Annotated[Path, typer.Option("--out", help="The folder of server.pem and server.key.")]


@ca.command("init")
def make(directory: Folder, name: Annotated[str, typer.Option(help="As certificates call it.")] = NAME) -> None:
    """Make an authority. Devices believe ca.der, servers ca.pem; ca.key signs, and belongs in a safe."""
    made = folder.begin(directory, name, now())
    print(f"{directory}: an authority until {made.certificate.not_valid_after_utc:%Y-%m-%d}; back ca.key up now")


@ca.command("server")
def issue(
    directory: Folder,
    hosts: Annotated[list[str], typer.Argument(metavar="NAME...", help="As devices are told it, and further names.")],
    out: Out,
) -> None:
    """Make a certificate for the broker, or for the pages."""
    made = folder.issue(directory, tuple(hosts), out, now())
    print(f"{out / 'server.pem'}: for {', '.join(hosts)}, until {made.certificate.not_valid_after_utc:%Y-%m-%d}")


@ca.command()
def renew(directory: Folder, out: Out) -> None:
    """Make the server's certificate anew where it ends within 60 days or is an earlier authority's."""
    made = folder.renew(directory, out, now())
    if made is None:
        print("it lasts: nothing to do")
    else:
        until = f"{made.certificate.not_valid_after_utc:%Y-%m-%d}"
        print(f"{out / 'server.pem'}: renewed, until {until}; copy both files to where they are used, and restart that")


@ca.command("next")
def make_next(directory: Folder) -> None:
    """Make the authority that will follow. Devices are to believe both long before `pet ca switch`."""
    folder.begin_next(directory, now())
    print(f"{directory / 'next.pem'}: `pet settings ca` with ca.pem and next.pem gives both to the devices")


@ca.command()
def switch(
    directory: Folder,
    at_once: Annotated[bool, typer.Option("--now", help="Although devices may not know the next one yet.")] = False,
) -> None:
    """Make the next authority the current one. Refused while devices may not know it (`pet settings believed`)."""
    if not at_once:
        _refuse_early(directory)
    print(f"the next authority signs from now on; the old one is in {folder.switch(directory, now())}")


@ca.command()
def bundle(directory: Folder) -> None:
    """Print the certificates that ingest should believe (PET_BROKER_CA_FILE): the current and the next."""
    print(folder.believed(directory).decode(), end="")


@ca.command()
def status(
    directory: Folder,
    out: Annotated[Path | None, typer.Option(help="The folder of the broker's certificate.")] = None,
    pages: Annotated[
        Path | None,
        typer.Option(envvar="PET_WEB_CERTIFICATE_FILE", help="The certificate of the pages, of whichever authority."),
    ] = None,
) -> None:
    """Say until when everything lasts; exit code 1 where something is to be done."""
    lines, due = folder.findings(directory, out, now(), pages)
    print(*lines, sep="\n")
    if due:
        raise typer.Exit(EXIT_DUE)


def _refuse_early(directory: Path) -> None:
    """Where there is a server's database, it knows what devices hold; else only time can tell."""
    following = folder.next_of(directory)
    if "PET_DATABASE_URL" in os.environ:
        with transaction() as session:
            known = [each for owner in organisations(session) for each in believers(session, owner, following, now())]
        lacking = [each.serial for each in known if not each.believes]
        if lacking:
            raise OperatorError(
                f"{len(lacking)} of {len(known)} devices have not said that they hold the next authority, and would be "
                f"cut off: {listed(lacking)}. Wait for them, or say --now."
            )
        return
    age = folder.age_of_next(directory, now())
    if age < folder.NEXT_KNOWN_AFTER:
        raise OperatorError(
            f"the next authority is {age.days} days old, and a device that has not fetched it would be cut off. "
            "`pet settings believed next.pem`, on the server, names those that have not; when none is left, say --now. "
            f"After {folder.NEXT_KNOWN_AFTER.days} days nothing is asked."
        )
