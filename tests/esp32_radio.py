"""The Wi-Fi of an imitated ESP32: access points in the air, a driver that joins or says why not, DHCP."""

STRENGTH = -60
SCAN_MS = 2000
MISSED_MS = 2000  # until the driver gives up on a network that is not there
LEASED = ("10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.2")
DHCP_MS = 900


def access_point(ssid):
    """Its address: six bytes of its own."""
    return (ssid.encode() + b"######")[:6]


class Wlan:
    """Joins, or says why not, as ESP-IDF does: a reason only when the tries are used up.

    A network in the air is (password, milliseconds until joined), DHCP not counted.
    """

    def __init__(self, chip):
        self.chip = chip
        self.tries = 0
        self.asked = None
        self.asked_ms = 0

    def active(self, on):
        self.chip.radio = on
        return on

    def config(self, *, reconnects=None, channel=None):
        if reconnects is not None:
            self.tries = reconnects
        if channel is not None:
            assert 1 <= channel <= 13
            self.chip.channel = channel

    def scan(self):
        chip = self.chip
        assert chip.radio
        chip.scans += 1
        chip.pass_time(SCAN_MS)
        heard = [(b"\xff\xfe", b"strang", 1, -40, 3, False)]
        for ssid in sorted(chip.air):
            name = b"" if ssid in chip.hidden else ssid.encode()
            heard.append((name, b"other#", 11, STRENGTH - 20, 3, False))
            heard.append((name, access_point(ssid), 6, STRENGTH, 3, False))
        return heard

    def ipconfig(self, *, dhcp4):
        assert dhcp4 is True
        assert self.chip.address, "ESP-IDF refuses to start a DHCP client that runs"
        self.chip.address = None

    def ifconfig(self, addresses=None):
        if addresses is not None:
            assert len(addresses) == 4
            self.chip.address = addresses
        return self.chip.address or LEASED

    def connect(self, ssid, password=None, *, bssid=None):
        assert self.chip.radio
        self.asked = (ssid, password, bssid)
        self.asked_ms = self.chip.time.now_ms

    def disconnect(self):
        if not self.chip.radio:
            raise OSError("Wifi Not Started")
        self.asked = self.chip.joined = None

    def isconnected(self):
        if self._waited_ms() >= self._needs_ms():
            self.chip.joined = self.asked[0]
            return True
        return False

    def status(self):
        if self.isconnected():
            return 1010
        ssid, password, _ = self.asked
        if self.tries and self._waited_ms() >= MISSED_MS:
            if ssid not in self.chip.air:
                return 201
            if self.chip.air[ssid][0] != password:
                return 202
        return 1001

    def _waited_ms(self):
        return self.chip.time.now_ms - self.asked_ms

    def _needs_ms(self):
        ssid, password, bssid = self.asked
        known, joins_ms = self.chip.air.get(ssid, (None, 0))
        if ssid not in self.chip.air or known != password or bssid not in (None, access_point(ssid)):
            return 1 << 40
        return joins_ms + (0 if self.chip.address else DHCP_MS)
