"""The commands about what devices are told beside questionnaires. Secrets come from a file or from stdin only."""

import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509

from server.command_line import OrganisationName, now, transaction
from server.errors import OperatorError
from server.fleet.authorities import as_setting, read_authorities
from server.fleet.believing import believers, listed
from server.fleet.device_settings import SECRET, open_settings, set_setting, setting_rows, unset_setting
from server.fleet.organisations import find_organisation
from server.fleet.rollout import key_ring, rollout
from server.fleet.scope import ScopeWord, parse_scope, scope_words

settings = typer.Typer(help="What devices are told: broker, Wi-Fi, CAs, times, stages.", no_args_is_help=True)

STDIN = "-"
NEXT_SYNC = "devices try it at their next sync, and go back if nothing comes through"


@settings.command("broker")
def set_broker(
    host: Annotated[str, typer.Argument(help="The name in the broker's certificate.")],
    port: Annotated[int, typer.Option()] = 8883,
    address: Annotated[str | None, typer.Option(help="Its IPv4 address, where there is no name service.")] = None,
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Say where the broker is."""
    value = {"host": host, "port": port} | ({"address": address} if address else {})
    _set({"broker": value}, scope, organisation)
    print(f"broker {host}:{port} for {scope}; {NEXT_SYNC}")


@settings.command("wifi")
def set_wifi(
    file: Annotated[str, typer.Argument(metavar="FILE", help=r"TOML with \[\[network]] ssid, password; - for stdin.")],
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Say which Wi-Fi networks there are, best first. The passwords are kept wrapped and shown nowhere."""
    networks = _read_networks(file)
    _set({"wifi": networks}, scope, organisation)
    names = ", ".join(network["ssid"] for network in networks) or "none"
    print(f"{len(networks)} networks ({names}) for {scope}; {NEXT_SYNC}")


@settings.command("ca")
def set_ca(
    files: Annotated[list[Path], typer.Argument(help="PEM or DER: the current CA, and perhaps the next.")],
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Say whose certificates devices believe."""
    found = [certificate for file in files for certificate in _read_certificates(file)]
    _set({"ca": [as_setting(each) for each in found]}, scope, organisation)
    for each in found:
        print(f"CA {each.subject.rfc4514_string()} until {each.not_valid_after_utc:%Y-%m-%d} for {scope}")


@settings.command("believed")
def count_believers(
    file: Annotated[Path, typer.Argument(help="PEM or DER: a CA, say the next one.")],
    organisation: OrganisationName = None,
) -> None:
    """Count the devices that have said that they believe this CA, and name those that have not."""
    [authority, *_] = _read_certificates(file)
    with transaction() as session:
        known = believers(session, find_organisation(session, organisation), authority, now())
    lacking = [each.serial for each in known if not each.believes]
    rest = f"; not yet: {listed(lacking)}" if lacking else ""
    print(f"{len(known) - len(lacking)} of {len(known)} devices have said that they believe {file}{rest}")


@settings.command("sync")
def set_sync(
    every_s: Annotated[int, typer.Option(help="Seconds from one sync to the next.")],
    backlog: Annotated[int, typer.Option(help="Answers after which a device does not wait for that.")],
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Say how often devices sync."""
    _set({"sync_every_s": every_s, "sync_backlog": backlog}, scope, organisation)
    print(f"a sync every {every_s} s, or after {backlog} answers, for {scope}")


@settings.command("sleep")
def set_sleep(
    after_s: Annotated[int, typer.Argument(help="Seconds without a press; 0 for never.")],
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Say when devices go to sleep."""
    _set({"sleep_after_s": after_s}, scope, organisation)
    print(f"sleep after {after_s} s for {scope}")


@settings.command("stages")
def set_stages(
    names: Annotated[list[str], typer.Argument(help="In order; the first is stage 1 in the responses.")],
    scope: ScopeWord = "organisation",
    organisation: OrganisationName = None,
) -> None:
    """Name the stages of a patient's journey that a nurse may choose."""
    _set({"stages": names}, scope, organisation)
    print(f"stages {', '.join(names)} for {scope}")


@settings.command("unset")
def unset(name: str, scope: ScopeWord = "organisation", organisation: OrganisationName = None) -> None:
    """Take a setting back: what holds more widely holds again."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        unset_setting(session, owner, parse_scope(session, owner, scope), name)
    print(f"{name} is no longer set for {scope}")


@settings.command("list")
def list_settings(organisation: OrganisationName = None) -> None:
    """All that is set, without secrets."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        known = open_settings(setting_rows(session, owner.organisation_id), owner.organisation_id, key_ring)
        words = scope_words(session, owner)
    for name, by_scope in sorted(known.values.items()):
        for scope in sorted(by_scope, key=words.order):
            print(f"{name} ({words.of(scope)}): {_shown(name, by_scope[scope])}")
    if not known.values:
        print("nothing is set: devices keep what they were flashed with")


def _set(values: dict[str, Any], scope: str, organisation: str | None) -> None:
    with rollout() as session:
        owner = find_organisation(session, organisation)
        place = parse_scope(session, owner, scope)
        for name, value in values.items():
            set_setting(session, owner, place, name, value, key_ring, now())


def _shown(name: str, value: Any) -> str:
    if name in SECRET:
        return ", ".join(network["ssid"] for network in value) or "none"
    if name == "ca":
        return f"{len(value)} certificates"
    return str(value)


def _read_networks(file: str) -> list[dict[str, str]]:
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
        networks = tomllib.loads(text).get("network", [])
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not text"
        raise OperatorError(f"{file} cannot be read: {cause}.") from None
    except tomllib.TOMLDecodeError:  # its text may quote a password
        raise OperatorError(f"{file} is not readable as TOML.") from None
    if not isinstance(networks, list) or not all(_is_network(each) for each in networks):
        raise OperatorError(
            f'{file}: write each network as [[network]], ssid = "...", and password = "..." unless it is open.'
        )
    return networks


def _is_network(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and "ssid" in entry
        and set(entry) <= {"ssid", "password"}
        and all(isinstance(value, str) for value in entry.values())
    )


def _read_certificates(path: Path) -> list[x509.Certificate]:
    try:
        return read_authorities(path.read_bytes(), now())
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from None
    except OperatorError as error:
        raise OperatorError(f"{path} {error}") from None
