"""Topics and instants against the golden vectors."""

from protocol.envelope import DIRECTIONS, UP
from protocol.instants import from_unix, to_unix
from protocol.topics import ALL_UP, WORDS, device_name, down_filter, down_topic, parse_up_topic, up_topic
from tests.protocol.golden import refusal, vectors

TYPES = {"status": 1, "desired": 2, "batch": 3, "ack": 4, "content request": 5, "content chunk": 6}


def test_topics_are_the_ones_of_the_vectors():
    for vector in vectors("topics.json"):
        device_id = vector["device_id"]
        assert device_name(device_id) == vector["device_name"]
        assert down_filter(device_id) == vector["down_filter"]
        for name, topic in vector["topics"].items():
            make = up_topic if DIRECTIONS[TYPES[name]] == UP else down_topic
            assert make(device_id, TYPES[name]) == topic, topic


def test_what_a_device_publishes_on_is_read_back():
    for vector in vectors("topics.json"):
        for name, topic in vector["topics"].items():
            if DIRECTIONS[TYPES[name]] == UP:
                assert parse_up_topic(topic) == (vector["device_id"], WORDS[TYPES[name]])
            else:
                assert refusal(parse_up_topic, topic) == "topic"


def test_what_is_refused_is_refused_for_its_reason():
    for vector in vectors("topics.json", "refused"):
        assert refusal(parse_up_topic, vector["topic"]) == vector["reason"], vector["name"]
    assert refusal(parse_up_topic, "pet/v1/d/" + "f" * 65000 + "/up/batch") == "topic"


def test_the_server_hears_every_device_on_every_word():
    """The filter's levels are those of a topic, with a wildcard for device and word."""
    levels = ALL_UP.split("/")
    topic = up_topic(1, 1).split("/")
    assert len(levels) == len(topic)
    assert [one for one, other in zip(levels, topic) if one != other] == ["+", "+"]


def test_instants_are_the_ones_of_the_vectors():
    for vector in vectors("instants.json"):
        assert from_unix(vector["unix_s"]) == vector["instant"], vector["name"]
        if vector["instant"]:
            assert to_unix(vector["instant"]) == vector["unix_s"], vector["name"]
