"""How a sync begins: the network, the memory there is, TLS, and clocks that disagree about a date.

In memory only until the connection stands: what follows needs the room.
"""

import gc

from firmware.link import Link
from firmware.link_error import CERTIFICATE, CERTIFICATE_DATES, CLOCK_UNSET, INTERRUPTED, NO_CA, LinkError
from protocol.record import QUALITY_UNSET
from protocol.topics import device_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.board.deadline import Network
    from firmware.board.interface import Board
    from firmware.clock import Clock
    from firmware.settings import Access
    from protocol.identity import Identity

NETWORK_UP_TIMEOUT_MS = 15000
KEEPALIVE_S = 60


def join(board: "Board", access: "Access", clock: "Clock", pressed: "Callable[[], bool]") -> "Network":
    """Bring the network up. Raises LinkError or OSError with words; MemoryError where TLS would find too little."""
    if not access.authorities:  # the network refuses too, but only once it has found the broker
        raise LinkError(CERTIFICATE, NO_CA)
    clock.raise_to_floor()
    board.network_up(access.wifi, NETWORK_UP_TIMEOUT_MS)
    gc.collect()
    if board.memory_is_short():
        raise MemoryError
    return board.network(access.authorities, access.host, pressed)


def make_link(network: "Network", access: "Access", identity: "Identity", mqtt: object) -> Link:
    """The link to the broker of these settings, not yet open."""
    name = device_name(identity.device_id)
    host = access.address or access.host
    return Link(network, mqtt, host, access.port, name, name, identity.mqtt_password, KEEPALIVE_S)


def open_link(link: Link, clock: "Clock") -> None:
    """Connect. If only the dates of a certificate are wrong, once a wake again at the build time. Raises LinkError."""
    first: LinkError | None = None
    try:
        link.open()
    except LinkError as refused:
        if refused.kind != CERTIFICATE_DATES:
            raise
        first = refused
    if first is None:
        return
    if clock.read().quality == QUALITY_UNSET:
        first = LinkError(CERTIFICATE_DATES, CLOCK_UNSET)
    if not clock.fall_back():
        raise first
    try:
        link.open()
    except LinkError as second:
        clock.come_back()
        raise second if second.kind == INTERRUPTED else first from None
