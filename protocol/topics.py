"""MQTT topics, built and parsed in one place: `pet/v1/d/<device_id as 8 hex digits>/<up|down>/<what>`."""

from protocol.envelope import ACK, BATCH, CONTENT_CHUNK, CONTENT_REQUEST, DESIRED, STATUS
from protocol.errors import ProtocolError

PREFIX = "pet/v1/d"
WORDS = {
    STATUS: "status",
    BATCH: "batch",
    CONTENT_REQUEST: "content",
    DESIRED: "desired",
    ACK: "ack",
    CONTENT_CHUNK: "content",
}
UP_WORDS = (WORDS[STATUS], WORDS[BATCH], WORDS[CONTENT_REQUEST])
DEVICE_NAME_CHARACTERS = 8
ALL_UP = PREFIX + "/+/up/+"  # what the server subscribes to


def device_name(device_id: int) -> str:
    """The device's name on the broker, 8 lower-case hex digits: topic level, user name, client id alike."""
    return "%08x" % device_id


def up_topic(device_id: int, kind: int) -> str:
    """The topic a device publishes this message type on."""
    return "%s/%s/up/%s" % (PREFIX, device_name(device_id), WORDS[kind])


def down_topic(device_id: int, kind: int) -> str:
    """The topic the server publishes this message type on."""
    return "%s/%s/down/%s" % (PREFIX, device_name(device_id), WORDS[kind])


def down_filter(device_id: int) -> str:
    """What a device subscribes to: all that comes down to it."""
    return "%s/%s/down/+" % (PREFIX, device_name(device_id))


def parse_up_topic(topic: str) -> "tuple[int, str]":
    """(device_id, word) of a topic a device published on; the word is of UP_WORDS.

    Raises ProtocolError `topic`.
    """
    levels = topic.split("/")
    if len(levels) != 6 or "/".join(levels[:3]) != PREFIX or levels[4] != "up" or levels[5] not in UP_WORDS:
        raise ProtocolError("topic", "not a topic that a device publishes on: %s" % topic[:80])
    try:
        device_id = int(levels[3], 16) if len(levels[3]) == DEVICE_NAME_CHARACTERS else -1
    except ValueError:
        device_id = -1
    if device_id < 0 or levels[3] != device_name(device_id):
        raise ProtocolError("topic", "not a device's name in the topic: %s" % levels[3][:80])
    return device_id, levels[5]
