"""How a connection is begun: the broker's address, and TLS that trusts nobody but the authorities in the settings.

In memory only until the connection stands (see `firmware.opening`).
"""

import socket
import ssl

from firmware.link_error import BAD_CA, CERTIFICATE, LOST, NAME, NO_CA, REFUSED, TIMED_OUT, TLS, LinkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.board.deadline import Network


OPEN_TIMEOUT_MS = 10000  # TCP, TLS (seconds on an ESP32 in weak Wi-Fi), CONNACK; twice when an address was stale
# An attempt that ended like this may have gone to the wrong machine: the stored address is worth a name look-up.
ADDRESS_IN_DOUBT = (REFUSED, TIMED_OUT, LOST, NAME, TLS, CERTIFICATE)


def connect(
    network: "Network",
    make_client: "Callable[..., Any]",
    arguments: "tuple[Any, ...]",
    callback: "Callable[[bytes, bytes], None]",
    do: "Callable[..., None]",
) -> "Any":
    """A client of umqtt that is connected, after a name look-up if the stored address failed. Raises LinkError.

    `arguments` are those of umqtt's client; `do` runs an operation under a deadline and drops what failed.
    """
    first: LinkError | None = None
    while True:
        client_id, host, port, user, password, keepalive_s = arguments
        client = make_client(client_id, host, port=port, user=user, password=password, keepalive=keepalive_s)
        client.set_callback(callback)
        try:
            do(OPEN_TIMEOUT_MS, "connecting", client.connect)
        except LinkError as error:
            if first:  # a look-up that finds nothing says less than what happened at the stored address
                raise (first if error.kind == NAME else error) from None
            if error.kind not in ADDRESS_IN_DOUBT or not network.forget_address():
                raise
            first = error
        else:
            return client


def find(network: "Network", look_up: "Callable[..., Any]", host: str, port: int) -> "list[tuple[Any, ...]]":
    """What `Network.getaddrinfo` gives to umqtt: one entry, IPv4."""
    asked = network.instead or host
    network.by_address = asked != network.server_name
    doing = "looking up %s" % asked
    try:
        entries = look_up(asked, port)
    except (OSError, IndexError) as error:
        network.check(doing)
        raise LinkError(NAME, "%s was not found: no network, or no such name (%s)" % (asked, error)) from None
    network.check(doing)
    for entry in entries:
        if entry[0] in (socket.AF_INET, 0):
            network.resolved = network.instead = _numeric(entry[-1])
            return [entry]
    raise LinkError(NAME, "%s has no IPv4 address" % asked)


def verified(raw: "Any", authorities: "list[bytes]", server_name: str) -> "Any":
    """TLS over `raw`. The server must show a certificate made out for `server_name`, signed by one of `authorities`.

    `authorities`: DER certificates, this CA and the next. There is no way without.
    """
    if not authorities:
        raise LinkError(CERTIFICATE, NO_CA)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        for authority in authorities:
            context.load_verify_locations(cadata=authority)
    except ValueError:
        raise LinkError(CERTIFICATE, BAD_CA) from None
    return context.wrap_socket(raw, server_hostname=server_name, do_handshake_on_connect=False)


def _numeric(address: "Any") -> str:
    """The IPv4 address in digits. The unix port gives the C structure (2 bytes family, 2 port, 4 address)."""
    if isinstance(address, tuple):
        return str(address[0])
    return ".".join([str(byte) for byte in bytes(address[4:8])])
