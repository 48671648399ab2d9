"""Joining a Wi-Fi network of several: at once the one of last time, else whichever of them is heard.

A wake that joins as the last one did spares the scan and, while the address is fresh, DHCP: third parties measured
1.6 s with both and 0.7 s without (docs/power.md). What is remembered of the last network: its access point, its channel
and the address that it gave, kept in the RTC's memory. In memory only during a sync.
"""

from binascii import crc32
from struct import calcsize, pack, unpack

from firmware.link_error import INTERRUPTED, LinkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from network import WLAN

    from firmware.board.interface import Board

    Networks = list[dict[str, str]]

# A failed attempt is given up after so many, with its reason; 0 would try for ever and never say why.
TRIES = 2
KNOWN_MS_MAX = 4000  # for the network of last time; if it has moved, the others need what is left
SLICE_MS = 10  # how often state and buttons are looked at
# An address is used again for so long without asking: leases last for hours, and MicroPython does not say how many.
ADDRESS_S = 4 * 3600
CONNECTING = 1001  # network.STAT_CONNECTING
SILENT = "not in reach"
LATE = "no answer in time"
# ESP-IDF's reasons; 15 and 204 are time-outs of the four-way handshake, which a wrong password causes.
REASONS = {201: SILENT, 202: "wrong password", 15: "wrong password", 204: "wrong password"}

# CRC-32 of name and password, access point, channel, when DHCP gave the address (0: it must not be used), and it:
# address, mask, gateway, DNS. A CRC-32 of all this follows.
FORMAT = "<I6sBI4s4s4s4s"
FORMAT_BYTES = calcsize(FORMAT)


def join(board: "Board", wlan: "WLAN", networks: "Networks", timeout_ms: int, remembered: bytes) -> "tuple[str, bytes]":
    """(why no network came up or "", what to remember for the next time). Raises LinkError at a press."""
    wlan.active(True)
    wlan.config(reconnects=TRIES)
    return _Joining(board, wlan, timeout_ms).join(networks, remembered)


def without_address(remembered: bytes) -> bytes:
    """The same network, but its address has to be asked for."""
    if not _whole(remembered):
        return b""
    fields = unpack(FORMAT, remembered[:FORMAT_BYTES])
    return _packed(fields[:3] + (0,) + fields[4:])


class _Joining:
    """One attempt at everything; it ends by one deadline, or at a press."""

    def __init__(self, board: "Board", wlan: "WLAN", timeout_ms: int) -> None:
        self._board = board
        self._wlan = wlan
        self._ends_ms = board.ticks_add(board.ticks_ms(), timeout_ms)
        self._held = board.levels()

    def join(self, networks: "Networks", remembered: bytes) -> "tuple[str, bytes]":
        for entry in networks:
            if _whole(remembered) and _key(entry) == unpack("<I", remembered[:4])[0]:
                found = self._join_again(entry, remembered)
                if found:
                    return "", found
        heard = self._scan() if networks else {}
        failures = []
        order = [entry for entry in networks if entry["ssid"] in heard]
        order += [entry for entry in networks if entry["ssid"] not in heard]  # perhaps it hides its name
        for place, entry in enumerate(order):
            access_point, channel, _ = heard.get(entry["ssid"], (None, 0, 0))
            reason = self._connect(entry, access_point, self._left_ms() // (len(order) - place))
            if not reason:
                return "", _packed(self._fields(entry, access_point or bytes(6), channel))
            failures.append("%s: %s" % (entry["ssid"], reason))
        return "no Wi-Fi: " + ("; ".join(failures) or "none in the settings"), b""

    def _join_again(self, entry: "dict[str, str]", remembered: bytes) -> bytes:
        """What to remember, or b"" when the network of last time is not there."""
        fields = unpack(FORMAT, remembered[:FORMAT_BYTES])
        age_s = self._board.rtc_seconds() - fields[3]
        with_address = bool(fields[3]) and 0 <= age_s <= ADDRESS_S
        if with_address:
            address, mask, gateway, names = [_text(part) for part in fields[4:]]
            self._wlan.ifconfig((address, mask, gateway, names))
        if fields[2]:
            try:  # the scan of the driver may begin where the radio is
                self._wlan.config(channel=fields[2])
            except OSError:
                pass
        access_point = fields[1] if fields[1] != bytes(6) else None
        reason = self._connect(entry, access_point, min(KNOWN_MS_MAX, self._left_ms()))
        if reason and with_address:
            self._wlan.ipconfig(dhcp4=True)
        if reason:
            return b""
        return remembered if with_address else _packed(self._fields(entry, fields[1], fields[2]))

    def _connect(self, entry: "dict[str, str]", access_point: "bytes | None", timeout_ms: int) -> str:
        """Why not, or ""."""
        board, wlan = self._board, self._wlan
        wlan.connect(entry["ssid"], entry.get("password"), bssid=access_point)
        ends_ms = board.ticks_add(board.ticks_ms(), timeout_ms)
        while not wlan.isconnected():
            self._look_at_buttons()
            status: "Any" = wlan.status()  # a list, the stubs of 1.27 say
            if status != CONNECTING:
                return REASONS.get(status, "failed with status %d" % status)
            left_ms = board.ticks_diff(ends_ms, board.ticks_ms())
            if left_ms <= 0:
                wlan.disconnect()
                return LATE
            board.wait(min(SLICE_MS, left_ms))
        return ""

    def _scan(self) -> "dict[str, tuple[bytes, int, int]]":
        """Name of each network that is heard: (strongest access point, channel, strength). Blocks for 2 s or so."""
        heard: dict[str, tuple[bytes, int, int]] = {}
        try:
            found = self._wlan.scan()
        except (OSError, RuntimeError):
            found = []
        for name, access_point, channel, strength, *_ in found:
            try:
                ssid = str(name, "utf-8")
            except UnicodeError:  # somebody else's
                continue
            if ssid not in heard or strength > heard[ssid][2]:
                heard[ssid] = (access_point, channel, strength)
        self._look_at_buttons()
        return heard

    def _fields(self, entry: "dict[str, str]", access_point: bytes, channel: int) -> "tuple[object, ...]":
        addresses = tuple([_bytes(part) for part in self._wlan.ifconfig()])
        return (_key(entry), access_point, channel, max(0, self._board.rtc_seconds())) + addresses

    def _left_ms(self) -> int:
        return max(0, self._board.ticks_diff(self._ends_ms, self._board.ticks_ms()))

    def _look_at_buttons(self) -> None:
        levels = self._board.levels()
        self._held &= levels  # one that is stuck does not stop it
        if levels != self._held:
            raise LinkError(INTERRUPTED, "interrupted by a press while joining the Wi-Fi", 0, levels & ~self._held)


def _key(entry: "dict[str, str]") -> int:
    """New settings for a network make it unknown."""
    return crc32((entry["ssid"] + "\n" + (entry.get("password") or "")).encode())


def _packed(fields: "tuple[object, ...]") -> bytes:
    data = pack(FORMAT, *fields)
    return data + pack("<I", crc32(data))


def _whole(remembered: bytes) -> bool:
    if len(remembered) != FORMAT_BYTES + 4:
        return False
    return bool(crc32(remembered[:-4]) == unpack("<I", remembered[-4:])[0])


def _text(address: bytes) -> str:
    return "%d.%d.%d.%d" % tuple(address)


def _bytes(address: str) -> bytes:
    return bytes([int(part) for part in address.split(".")])
