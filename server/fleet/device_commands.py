"""The commands about one device: enrol, place, and what to do when it is lost."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from protocol.identity import Identity, encode_identity
from protocol.topics import device_name
from server.command_line import OrganisationName, instant, now, transaction
from server.errors import OperatorError
from server.fleet import devices, lifecycle
from server.fleet.broker_follower import broker_words
from server.fleet.enrolment import enrol_device
from server.fleet.files import write_private
from server.fleet.keys import open_key_ring
from server.fleet.lifecycle import Changed, change_state
from server.fleet.organisations import find_location, find_organisation, find_team
from server.fleet.placements import end_placement
from server.fleet.placements import place as place_device
from server.fleet.rollout import key_ring, rollout
from server.fleet.tables import ACTIVE, LOST, RETIRED, REVOKED
from server.settings import load_settings

device = typer.Typer(help="Devices.", no_args_is_help=True)

DeviceWord = Annotated[str, typer.Argument(metavar="DEVICE", help="Its serial, or its 8 hex digits.")]
IdentityFile = Annotated[
    Path, typer.Option(help="New file for the device's identity and keys; it belongs on the device only.")
]
Choices = Annotated[list[str] | None, typer.Option(help="A team that a nurse may choose; repeat it.")]
ACTIVE_AGAIN = (
    "device {name} ({serial}) is revoked. Made active again it is let in with the keys that it had, and so is whoever "
    "else may hold them: `pet device rotate-key` makes new ones. What it sent meanwhile was refused and is not here; "
    "what still waits on it will be taken."
)


@device.command()
def enrol(
    serial: Annotated[str, typer.Option(help="What stands on the handheld.")],
    identity_file: IdentityFile,
    mac: Annotated[str | None, typer.Option(help="Of its board: one that is known keeps its number.")] = None,
    enrolled_at: Annotated[datetime | None, typer.Option(parser=instant, metavar="INSTANT")] = None,
    organisation: OrganisationName = None,
) -> None:
    """Enrol a device and write its identity area, 4,096 bytes, readable by you only."""
    keys = open_key_ring(load_settings().key_file)
    with rollout() as session:
        owner = find_organisation(session, organisation)
        identity = enrol_device(session, owner, serial, enrolled_at or now(), keys, mac=mac).identity
        _hand_over(identity, identity_file)
        follows = _broker_words(session)
    print(f"device {device_name(identity.device_id)} ({serial}), key epoch {identity.key_epoch}; {follows}")


@device.command()
def register(
    serial: Annotated[str, typer.Option(help="What stands on the handheld.")],
    mac: Annotated[str | None, typer.Option(help="Of its board, where it is known.")] = None,
    organisation: OrganisationName = None,
) -> None:
    """Register a device that is to come, so that it can be placed; enrolling it gives it its keys."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        name = device_name(lifecycle.register(session, owner, serial, now(), mac).device_id)
    print(f"device {name} ({serial}), not enrolled yet")


@device.command("rotate-key")
def rotate_key(word: DeviceWord, identity_file: IdentityFile, organisation: OrganisationName = None) -> None:
    """Give a device new keys. The old ones end at once: write the new identity to the device by cable."""
    keys = open_key_ring(load_settings().key_file)
    with transaction() as session:
        row = devices.find_device(session, find_organisation(session, organisation), word)
        identity = devices.rotate_key(session, row, now(), keys)
        _hand_over(identity, identity_file)
        follows = _broker_words(session)
    print(f"device {device_name(identity.device_id)}, key epoch {identity.key_epoch}; {follows}")


@device.command()
def place(
    device: Annotated[str, typer.Option(help="Its serial, or its 8 hex digits.")],
    team: Annotated[str, typer.Option(help="A team's code.")],
    location: Annotated[str, typer.Option(help="A location's code.")],
    from_at: Annotated[datetime, typer.Option("--from", parser=instant, metavar="INSTANT")],
    *,
    to_at: Annotated[datetime | None, typer.Option("--to", parser=instant, metavar="INSTANT")] = None,
    choice: Choices = None,
    organisation: OrganisationName = None,
) -> None:
    """Say where a device is, and for which team, from when on."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        place_device(
            session,
            devices.find_device(session, owner, device),
            find_team(session, owner, team),
            find_location(session, owner, location),
            from_at,
            to_at=to_at,
            team_choices=[find_team(session, owner, code) for code in choice or ()],
        )
    print(f"device {device} with {team} at {location} from {from_at}")


@device.command()
def move(
    word: DeviceWord,
    team: Annotated[str, typer.Option(help="A team's code.")],
    location: Annotated[str, typer.Option(help="A location's code.")],
    at: Annotated[datetime, typer.Option("--at", parser=instant, metavar="INSTANT")],
    *,
    choice: Choices = None,
    organisation: OrganisationName = None,
) -> None:
    """End a device's placement and begin another at the same instant."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        row = devices.find_device(session, owner, word)
        choices = [find_team(session, owner, code) for code in choice or ()]
        to = find_team(session, owner, team), find_location(session, owner, location)
        lifecycle.move(session, row, *to, at, choices)
    print(f"device {word} is with {team} at {location} from {at}")


@device.command()
def lend(
    word: DeviceWord,
    team: Annotated[str, typer.Option(help="The code of the team that borrows it.")],
    location: Annotated[str, typer.Option(help="A location's code.")],
    from_at: Annotated[datetime, typer.Option("--from", parser=instant, metavar="INSTANT")],
    to_at: Annotated[datetime, typer.Option("--to", parser=instant, metavar="INSTANT")],
    *,
    choice: Choices = None,
    organisation: OrganisationName = None,
) -> None:
    """Place a device elsewhere for a time, and from then on where it stood before."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        row = devices.find_device(session, owner, word)
        choices = [find_team(session, owner, code) for code in choice or ()]
        to = find_team(session, owner, team), find_location(session, owner, location)
        lifecycle.lend(session, row, *to, from_at, to_at, choices)
    print(f"device {word} is lent to {team} at {location} from {from_at} to {to_at}, and then back")


@device.command()
def unplace(
    word: DeviceWord,
    to_at: Annotated[datetime, typer.Option("--at", parser=instant, metavar="INSTANT")],
    organisation: OrganisationName = None,
) -> None:
    """End a device's open placement, so that it can be placed elsewhere."""
    with rollout() as session:
        row = devices.find_device(session, find_organisation(session, organisation), word)
        end_placement(session, row, to_at)
    print(f"device {word} is placed until {to_at}")


@device.command()
def revoke(word: DeviceWord, organisation: OrganisationName = None) -> None:
    """Refuse whatever a device sends from now on; its connection ends."""
    _, follows = _change(word, organisation, REVOKED)
    print(f"device {word} is revoked: what it sends is refused; {follows}")


@device.command()
def lost(word: DeviceWord, organisation: OrganisationName = None) -> None:
    """Keep in quarantine whatever a device sends from now on, until it is reinstated or revoked."""
    networks = _change(word, organisation, LOST)[0].networks
    which = f"of {' and '.join(networks)}" if networks else "that it was given"
    print(
        f"device {word} is lost: what it sends is kept apart. A finder can read the Wi-Fi passwords {which} and the "
        "answers that it has not sent: change those passwords; if the device does not return, revoke it."
    )


@device.command()
def retire(word: DeviceWord, organisation: OrganisationName = None) -> None:
    """Take a device out of service for good, once its answers are delivered."""
    _, follows = _change(word, organisation, RETIRED)
    print(f"device {word} is retired and placed nowhere; {follows}")


@device.command()
def reinstate(
    word: DeviceWord,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Of one that was revoked: do not ask for its serial.")] = False,
    organisation: OrganisationName = None,
) -> None:
    """Let a device count again, with what it sent while it was lost. Of one that was revoked, its serial is asked."""
    if not yes:
        _confirm_revoked(word, organisation)
    changed, follows = _change(word, organisation, ACTIVE)
    print(
        f"device {word} is active; {changed.delivered} records delivered, {changed.left} left in quarantine; {follows}"
    )


@device.command("list", hidden=True)
def list_devices() -> None:
    """The list of devices has a name of its own; who looks for it here is told which."""
    raise OperatorError("`pet fleet` lists the devices, each with what to see to.")


def _confirm_revoked(word: str, organisation: str | None) -> None:
    """Asked before anything is locked: an operator may take their time."""
    with transaction() as session:
        row = devices.find_device(session, find_organisation(session, organisation), word)
        serial, state, name = row.serial, row.state, device_name(row.device_id)
    if state != REVOKED:
        return
    print(ACTIVE_AGAIN.format(name=name, serial=serial), file=sys.stderr)
    if sys.stdin.isatty():
        print("Type its serial to make it active: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != serial:
        raise OperatorError(f"that is not {serial}: nothing was changed. Scripts say --yes.")


def _change(word: str, organisation: str | None, state: str) -> tuple[Changed, str]:
    with rollout() as session:
        owner = find_organisation(session, organisation)
        changed = change_state(session, owner, devices.find_device(session, owner, word), state, now(), key_ring)
        return changed, _broker_words(session)


def _broker_words(session: Session) -> str:
    return broker_words(session, load_settings())


def _hand_over(identity: Identity, path: Path) -> None:
    # Before the commit: keys that cannot be handed over are not the device's.
    write_private(path, encode_identity(identity))
