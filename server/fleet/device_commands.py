"""The commands about one device: enrol, place, and what to do when it is lost."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from protocol.identity import Identity, encode_identity
from protocol.topics import device_name
from server.command_line import OrganisationName, instant, now, transaction
from server.fleet import devices
from server.fleet.enrolment import enrol_device
from server.fleet.files import write_private
from server.fleet.keys import open_key_ring
from server.fleet.organisations import find_location, find_organisation, find_team
from server.fleet.placements import end_placement
from server.fleet.placements import place as place_device
from server.fleet.rollout import rollout
from server.ingest.replay import replay
from server.settings import load_settings

device = typer.Typer(help="Devices.", no_args_is_help=True)

DeviceWord = Annotated[str, typer.Argument(metavar="DEVICE", help="Its serial, or its 8 hex digits.")]
IdentityFile = Annotated[
    Path, typer.Option(help="New file for the device's identity and keys; it belongs on the device only.")
]
BROKER_FOLLOWS = "the broker follows after `pet broker write`"


@device.command()
def enrol(
    serial: Annotated[str, typer.Option(help="What stands on the handheld.")],
    identity_file: IdentityFile,
    mac: Annotated[str | None, typer.Option(help="Of its board: one that is known keeps its number.")] = None,
    enrolled_at: Annotated[datetime | None, typer.Option(parser=instant, metavar="INSTANT")] = None,
    organisation: OrganisationName = None,
) -> None:
    """Enrol a device and write its identity area, 4,096 bytes, readable by you only."""
    key_ring = open_key_ring(load_settings().key_file)
    with rollout() as session:
        owner = find_organisation(session, organisation)
        identity = enrol_device(session, owner, serial, enrolled_at or now(), key_ring, mac=mac).identity
        _hand_over(identity, identity_file)
    print(f"device {device_name(identity.device_id)} ({serial}), key epoch {identity.key_epoch}; {BROKER_FOLLOWS}")


@device.command("rotate-key")
def rotate_key(word: DeviceWord, identity_file: IdentityFile, organisation: OrganisationName = None) -> None:
    """Give a device new keys. The old ones end at once: write the new identity to the device by cable."""
    key_ring = open_key_ring(load_settings().key_file)
    with transaction() as session:
        row = devices.find_device(session, find_organisation(session, organisation), word)
        identity = devices.rotate_key(session, row, now(), key_ring)
        _hand_over(identity, identity_file)
    print(f"device {device_name(identity.device_id)}, key epoch {identity.key_epoch}; {BROKER_FOLLOWS}")


@device.command()
def place(
    device: Annotated[str, typer.Option(help="Its serial, or its 8 hex digits.")],
    team: Annotated[str, typer.Option(help="A team's code.")],
    location: Annotated[str, typer.Option(help="A location's code.")],
    from_at: Annotated[datetime, typer.Option("--from", parser=instant, metavar="INSTANT")],
    *,
    to_at: Annotated[datetime | None, typer.Option("--to", parser=instant, metavar="INSTANT")] = None,
    choice: Annotated[list[str] | None, typer.Option(help="A team that a nurse may choose; repeat it.")] = None,
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
    """Refuse whatever a device sends from now on."""
    with transaction() as session:
        devices.revoke(devices.find_device(session, find_organisation(session, organisation), word))
    print(f"device {word} is revoked; {BROKER_FOLLOWS}")


@device.command()
def lost(word: DeviceWord, organisation: OrganisationName = None) -> None:
    """Keep in quarantine whatever a device sends from now on, until it is reinstated or revoked."""
    with transaction() as session:
        devices.mark_lost(devices.find_device(session, find_organisation(session, organisation), word))
    print(
        f"device {word} is lost: what it sends is kept apart. A finder can read the Wi-Fi password and the answers "
        "that it has not sent: change that password; if the device does not return, revoke it."
    )


@device.command()
def reinstate(word: DeviceWord, organisation: OrganisationName = None) -> None:
    """Let a device count again, with what it sent while it was lost."""
    with rollout() as session:
        row = devices.find_device(session, find_organisation(session, organisation), word)
        devices.reinstate(row)
        session.flush()
        delivered, left = replay(session.connection(), now(), device_id=row.device_id)
    print(f"device {word} is active; {delivered} records delivered, {left} left in quarantine; {BROKER_FOLLOWS}")


def _hand_over(identity: Identity, path: Path) -> None:
    # Before the commit: keys that cannot be handed over are not the device's.
    write_private(path, encode_identity(identity))
