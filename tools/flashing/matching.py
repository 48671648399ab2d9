"""Which device of a list is at which port: as the list says, or by the MAC that a device was begun with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tools.flashing.rows import Row

NO_PORT = "no port is left for it: plug it in, or name its port in the list."
GONE = "{mac} is at no port: plug it in, or name in the list the MAC of the board that takes its place."


def with_ports(
    rows: Sequence[Row],
    ports: Iterable[str],
    mac_at: Callable[[str], str],
    begun: Mapping[str, str],
    *,
    anywhere: bool,
) -> list[Row]:
    """The rows, each with its port, or with a fault that says why it has none.

    `begun`: {MAC: serial}, of the ledger: such a device is never taken for another row. `anywhere`: a device that was
    begun is looked for at every port; else the port that the list names is believed, and only rows without one are
    given one, in the order of the ports. `mac_at` asks a device, which takes seconds; empty: nobody answers.
    """
    named = set() if anywhere else {row.port for row in rows if row.port}
    homeless = [row for row in rows if not row.fault and row.port not in named]
    if not homeless:
        return list(rows)
    begun_as = {serial: mac for mac, serial in begun.items()}
    wanted = {row.serial: row.mac or begun_as.get(row.serial, "") for row in homeless}
    free = [port for port in dict.fromkeys(ports) if port not in named]
    macs = {port: mac_at(port) for port in free} if begun or any(wanted.values()) else {}
    at = {mac: port for port, mac in macs.items() if mac}
    found = {row.serial: at.get(mac, "") for row in homeless if (mac := wanted[row.serial])}
    known = {mac for mac in wanted.values() if mac} | begun.keys()
    strangers = [port for port in free if macs.get(port) not in known]
    strangers.sort(key=lambda port: bool(macs) and not macs[port])  # those that answer first
    found |= _shared_out([row for row in homeless if not wanted[row.serial]], strangers)
    return [_placed(row, found[row.serial], wanted[row.serial]) if row in homeless else row for row in rows]


def _shared_out(rows: Sequence[Row], ports: Sequence[str]) -> dict[str, str]:
    """{serial: port}: its own where it names one that is free, else the next."""
    own = {row.serial: row.port for row in rows if row.port in ports}
    rest = iter([port for port in ports if port not in own.values()])
    return {row.serial: own.get(row.serial) or next(rest, "") for row in rows}


def _placed(row: Row, port: str, mac: str) -> Row:
    if port:
        return replace(row, port=port, mac=mac)
    return replace(row, fault=GONE.format(mac=mac) if mac else NO_PORT)
