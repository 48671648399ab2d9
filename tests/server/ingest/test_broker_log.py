"""What is read out of the broker's log: every refusal with device and topic, and nothing that a device wrote into it.

That a real broker writes so is in test_cross_device.py.
"""

import pytest

from server.ingest.broker_log import PUBLISH, SUBSCRIBE, Denial, denials

# As Mosquitto 2.0.11 wrote it.
LOG = """\
2026-11-23T17:19:06: New client connected from 127.0.0.1:43999 as 0000000a (p2, c1, k60, u'0000000a').
2026-11-23T17:19:06: Received SUBSCRIBE from 0000000a
2026-11-23T17:19:06: \t# (QoS 1)
2026-11-23T17:19:06: \tpet/v1/d/0000000a/down/+ (QoS 1)
2026-11-23T17:19:06: 0000000a 1 pet/v1/d/0000000a/down/+
2026-11-23T17:19:06: \t$CONTROL/# (QoS 1)
2026-11-23T17:19:06: Sending SUBACK to 0000000a
2026-11-23T17:19:06: Denied PUBLISH from 0000000a (d0, q1, r0, m6, 'pet/v1/d/0000000b/up/batch', ... (78 bytes))
2026-11-23T17:19:06: Sending PUBACK to 0000000a (m6, rc135)
2026-11-23T17:19:06: Received PUBLISH from 0000000a (d0, q1, r0, m9, 'pet/v1/d/0000000a/up/batch', ... (78 bytes))
2026-11-23T17:19:06: Denied PUBLISH from 0000000a (d0, q1, r0, m11, 'evil ', 'x', ... (1 bytes))
2026-11-23T17:19:06: Denied PUBLISH from somebody (d0, q1, r0, m11, 'x', ... (1 bytes))
2026-11-23T17:19:06: Received SUBSCRIBE from pet-ingest-3b1f
2026-11-23T17:19:06: \tpet/v1/d/+/up/+ (QoS 1)
2026-11-23T17:19:06: pet-ingest-3b1f 1 pet/v1/d/+/up/+
2026-11-23T17:19:06: Received UNSUBSCRIBE from 0000000a
2026-11-23T17:19:06: \t#
2026-11-23T17:19:06: 0000000a #
2026-11-23T17:19:06: Received SUBSCRIBE from 0000000b
2026-11-23T17:19:06: \tpet/# (QoS 0)
2026-11-23T17:19:06: Client 0000000b disconnected.
"""
FOUND = [
    Denial(10, SUBSCRIBE, "#"),
    Denial(10, SUBSCRIBE, "$CONTROL/#"),
    Denial(10, PUBLISH, "pet/v1/d/0000000b/up/batch"),
    Denial(10, PUBLISH, "evil ', 'x"),
    Denial(11, SUBSCRIBE, "pet/#"),
]


def test_each_refusal_is_found_with_device_and_topic():
    assert list(denials(LOG.splitlines(keepends=True))) == FOUND


@pytest.mark.parametrize("prefix", ["", "1795454346: "])
def test_other_times_and_none_are_read_too(prefix):
    lines = [prefix + line.partition(": ")[2] for line in LOG.splitlines()]
    assert list(denials(lines)) == FOUND


@pytest.mark.parametrize("following", ["1: Received PINGREQ from 0000000b", "1: 0000000a 1 pet/v1/d/0000000a/down/+"])
def test_nothing_is_held_against_a_device_where_lines_are_lacking_or_it_was_granted(following):
    """A journal drops lines where there are too many."""
    lines = [
        "1: Received SUBSCRIBE from 0000000a",
        "1: \tpet/v1/d/0000000a/down/+ (QoS 1)",
        following,
        "1: \t# (QoS 1)",
    ]
    assert list(denials(lines)) == []


@pytest.mark.parametrize(
    "topic",
    [
        "Denied PUBLISH from 0000000b (d0, q1, r0, m6, 'x', ... (1 bytes))",
        "0000000a 1 #",
        "x (QoS 1)",
        "Received SUBSCRIBE from 0000000b",
        "2026-11-23T17:19:06: 0000000a 1 2026-11-23T17:19:06: 0000000a 1 #",
    ],
)
def test_a_topic_that_looks_like_the_log_is_only_a_topic(topic):
    lines = [
        "1: Received SUBSCRIBE from 0000000a",
        f"1: \t{topic} (QoS 1)",
        "1: Sending SUBACK to 0000000a",
        f"1: Denied PUBLISH from 0000000a (d0, q1, r0, m6, '{topic}', ... (1 bytes))",
    ]
    assert list(denials(lines)) == [Denial(10, SUBSCRIBE, topic), Denial(10, PUBLISH, topic)]
