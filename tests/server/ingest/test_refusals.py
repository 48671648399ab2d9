"""Bad input at the door: a counted and logged refusal that names the reason; nothing stored, nothing good lost."""

from random import Random
from struct import pack

import pytest

from protocol.envelope import BATCH, CONTENT_REQUEST, DESIRED, STATUS, UP, parse
from protocol.messages import ContentRequest, begin_batch, encode_ack, encode_batch, encode_content_request
from protocol.topics import up_topic
from server.fleet.keys import KeyRing
from server.ingest.incoming import IncomingMessage
from server.ingest.tables import Connection, Evidence, Gap, Journal, Quarantine, Response
from server.ingest.transaction import process
from tests.server.ingest.ward import NOW


def tampered(message, offset):
    payload = bytearray(message.payload)
    payload[offset] ^= 1
    return message._replace(payload=bytes(payload))


def topic_of(handheld, number):
    return up_topic(handheld.identity.device_id + number, BATCH)


BAD = {
    "the HMAC is wrong": ("hmac", lambda h: tampered(h.batch(), -1)),
    "a record was changed on the way": ("hmac", lambda h: tampered(h.batch(), 60)),
    "a nonce was changed on the way": ("hmac", lambda h: tampered(h.batch(), 12)),
    "another device's key": ("hmac", lambda h: h.sealed(BATCH, b"", key=bytes(32))),
    "an unknown device": (
        "unknown-device",
        lambda h: h.sealed(BATCH, b"")._replace(
            topic=topic_of(h, 5), payload=b"\x01\x01\x03\x00" + bytes([h.identity.device_id + 5]) + bytes(60)
        ),
    ),
    "a key epoch that never was": ("unknown-key-epoch", lambda h: h.sealed(BATCH, b"", key_epoch=9)),
    "another device's topic": ("topic", lambda h: h.batch()._replace(topic=topic_of(h, 1))),
    "a batch on the status topic": (
        "topic",
        lambda h: h.batch()._replace(topic=up_topic(h.identity.device_id, STATUS)),
    ),
    "a topic of nobody": ("topic", lambda h: h.batch()._replace(topic="pet/v1/d/zz/up/batch")),
    "a topic with a name in capitals": ("topic", lambda h: h.batch()._replace(topic="pet/v1/d/0000000A/up/batch")),
    "nothing at all": ("length", lambda h: h.batch()._replace(payload=b"")),
    "a torn packet": ("length", lambda h: h.batch()._replace(payload=h.batch().payload[:20])),
    "a packet that is too long": ("length", lambda h: h.batch()._replace(payload=bytes(3601))),
    "64 KB of noise": ("length", lambda h: h.batch()._replace(payload=Random(1).randbytes(65536))),
    "noise of a good length": ("version", lambda h: h.batch()._replace(payload=b"\xff" + Random(2).randbytes(3000))),
    "another protocol version": ("version", lambda h: tampered(h.batch(), 0)),
    "a message for devices": ("direction", lambda h: tampered(h.batch(), 1)),
    "a type that only travels down": ("type", lambda h: tampered(h.batch(), 2)._replace(payload=_typed(h, DESIRED))),
    "a content request of no connection": (
        "content-nonce",
        lambda h: h.sealed(CONTENT_REQUEST, encode_content_request(ContentRequest(bytes(32), 0, 1))),
    ),
    "a batch cut short": ("length", lambda h: h.sealed(BATCH, encode_batch(h.journal_id, 1, h.records)[:-1])),
    "a batch of something else": ("length", lambda h: h.sealed(BATCH, encode_ack((bytes(8), 1, 0, 0)))),
    "a batch whose sequences do not run on": (
        "sequence",
        lambda h: h.sealed(BATCH, begin_batch(h.journal_id, 1, 2) + h.records[0] + h.records[0]),
    ),
    "a batch from sequence 0": ("sequence", lambda h: h.sealed(BATCH, begin_batch(h.journal_id, 0, 0))),
    "a status beyond its own journal": ("range", lambda h: h.sealed(STATUS, _impossible(h))),
}


def _impossible(handheld):
    body = bytearray(parse(handheld.status().payload, UP).body)
    body[19:23] = pack("<I", 9)  # acked_through, of a journal with one record
    return bytes(body)


def _typed(handheld, kind):
    payload = bytearray(handheld.batch().payload)
    payload[2] = kind
    return bytes(payload)


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_by_name_and_the_good_beside_it_is_stored(ward, caplog, name):
    reason, make = BAD[name]
    handheld, neighbour = ward.handheld("A"), ward.handheld("B")
    handheld.answer()
    neighbour.answer()
    bad = make(handheld)
    replies = ward.process(neighbour.batch(), bad, neighbour.batch())
    assert ward.refusals() == {reason: 1}
    assert f"reason={reason} " in caplog.text
    assert neighbour.take(replies) == len(replies) == 1  # and none for the bad one
    assert ward.sequences(handheld) == []
    assert ward.sequences(neighbour) == [1]
    assert len(ward.rows(Evidence)) == 1
    assert ward.rows(Quarantine) == ward.rows(Gap) == ward.rows(Connection) == []
    ward.sync(handheld)  # nothing good was lost
    assert ward.sequences(handheld) == [1]


def test_refusals_are_counted_by_reason_and_day(ward):
    handheld = ward.handheld()
    bad = tampered(handheld.batch(), -1)
    for _ in range(3):
        ward.process(bad, bad)
    assert ward.refusals() == {"hmac": 6}


def test_no_secret_is_logged(ward, caplog):
    handheld = ward.handheld()
    handheld.answer()
    for _, make in BAD.values():
        ward.process(make(handheld))
    for secret in (handheld.identity.hmac_key.hex(), handheld.identity.mqtt_password):
        assert secret not in caplog.text
    assert repr(handheld.identity.hmac_key)[2:-1] not in caplog.text


def test_an_invented_topic_cannot_forge_a_log_line(ward, caplog):
    ward.process(IncomingMessage("x\nERROR conflict device=00000001 " + "y" * 500, b"", NOW))
    assert all(len(record.getMessage()) < 300 and "\n" not in record.getMessage() for record in caplog.records)


def test_a_key_file_of_another_database_refuses_but_stores_and_loses_nothing(ward):
    handheld = ward.handheld()
    handheld.answer()
    assert process(ward.engine, KeyRing(bytes(32)), [handheld.batch()], NOW) == []
    assert ward.refusals() == {"key-unreadable": 1}
    assert ward.rows(Response) == ward.rows(Journal) == []
    ward.sync(handheld)
    assert ward.sequences(handheld) == [1]


def test_random_noise_of_every_length_never_stops_the_worker(ward):
    handheld = ward.handheld()
    handheld.answer()
    random = Random(3)
    topics = [handheld.batch().topic, handheld.status().topic, "", "pet/v1/d/", "pet/v1/d/00000001/up/batch/x"]
    noise = [IncomingMessage(random.choice(topics), random.randbytes(n), NOW) for n in range(0, 3700, 7)]
    good = handheld.batch().payload
    noise += [IncomingMessage(topics[0], good[:n], NOW) for n in range(len(good))]
    assert ward.process(*noise) == []
    assert sum(ward.refusals().values()) == len(noise)
    assert ward.rows(Response) == ward.rows(Quarantine) == []
