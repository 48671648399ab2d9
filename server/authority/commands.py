"""`pet ca`: the authority that devices and servers believe. It needs no database, and is best used off the server."""

from pathlib import Path
from typing import Annotated

import typer

from server.authority import folder
from server.command_line import now

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
    """Make a certificate for the broker's server."""
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
        print(f"{out / 'server.pem'}: renewed, until {until}; copy both files to the broker and restart it")


@ca.command("next")
def make_next(directory: Folder) -> None:
    """Make the authority that will follow. Devices are to believe both long before `pet ca switch`."""
    folder.begin_next(directory, now())
    print(f"{directory / 'next.pem'}: `pet settings ca` with ca.pem and next.pem gives both to the devices")


@ca.command()
def switch(directory: Folder) -> None:
    """Make the next authority the current one. Not before `pet fleet` shows nobody behind."""
    print(f"the next authority signs from now on; the old one is in {folder.switch(directory, now())}")


@ca.command()
def bundle(directory: Folder) -> None:
    """Print the certificates that ingest should believe (PET_BROKER_CA_FILE): the current and the next."""
    print(folder.believed(directory).decode(), end="")


@ca.command()
def status(
    directory: Folder, out: Annotated[Path | None, typer.Option(help="The folder of the server's certificate.")] = None
) -> None:
    """Say until when everything lasts; exit code 1 where something is to be done."""
    lines, due = folder.findings(directory, out, now())
    print(*lines, sep="\n")
    if due:
        raise typer.Exit(EXIT_DUE)
