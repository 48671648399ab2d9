"""Content requests: a device gets what it should hold, in sealed chunks, and nothing else; nobody else gets it."""

import json
import logging

import pytest
from sqlalchemy import event, select, text

from protocol.envelope import CONTENT_REQUEST
from protocol.messages import (
    CHUNKS_MAX,
    ITEM_APPLICATION,
    ITEM_QUESTIONNAIRE,
    ITEM_SETTINGS,
    ITEM_TEXTS,
    ContentRequest,
    encode_content_request,
)
from protocol.package import HEAD_BYTES, parse_head, parse_index, parse_texts
from server.fleet import devices, releases
from server.fleet.keys import KeyRing
from server.fleet.rollout_tables import Content
from server.fleet.scope import ORGANISATION
from server.ingest.transaction import process
from tests.server.ingest.ward import NOW, snapshot
from tests.server.roll_out import NETWORK, Operator, archive, ask, chunks_for, fetch, greet, public_line

NO_SUCH = [(0, 0, b"")]


@pytest.fixture
def operator(ward):
    return Operator(ward)


def index(package):
    length, _ = parse_head(package)
    return package[HEAD_BYTES : HEAD_BYTES + length]


def told(chunks):
    return [(chunk.chunk, chunk.all_chunks, chunk.data) for chunk in chunks]


def test_a_device_fetches_everything_it_should_hold(ward, operator, tmp_path):
    keys = tmp_path / "release.pub"
    keys.write_text(public_line())
    handheld = ward.handheld(choices=("day", "night"))
    audit = ward.publish_audit()
    operator.assign()
    operator.assign("hands-audit")
    operator.set_all(port=8884)
    operator.set("stages", ["First visit", "Review"])
    operator.set("sleep_after_s", 0)
    operator.say()
    operator.release(3, keys)
    revision, items = greet(ward, handheld, base="MicroPython 1.29.0 sim")
    assert revision > 0
    assert set(items) == {
        (ITEM_QUESTIONNAIRE, 0),
        (ITEM_QUESTIONNAIRE, 1),
        (ITEM_SETTINGS, 0),
        (ITEM_APPLICATION, 0),
        (ITEM_TEXTS, 0),
    }
    patients = parse_index(index(fetch(ward, handheld, items[ITEM_QUESTIONNAIRE, 0])))
    assert (patients["reference"], patients["kind"], patients["title"]) == (1, "patients", "Ward")
    staff = parse_index(index(fetch(ward, handheld, items[ITEM_QUESTIONNAIRE, 1])))
    assert (staff["reference"], staff["kind"]) == (audit, "audit")
    settings = json.loads(fetch(ward, handheld, items[ITEM_SETTINGS, 0]))
    assert len(settings.pop("salt")) == 32
    assert settings.pop("ca")
    assert settings == {
        "broker": {"host": "broker.example", "port": 8884},
        "wifi": [NETWORK],
        "teams": ["Day", "Night"],
        "stages": ["First visit", "Review"],
        "sleep_after_s": 0,
    }
    assert [text["language"] for text in parse_texts(index(fetch(ward, handheld, items[ITEM_TEXTS, 0])))] == [0]
    assert fetch(ward, handheld, items[ITEM_APPLICATION, 0]) == archive(3)
    assert ward.refusals() == {}


def test_a_request_is_answered_in_order_and_within_bounds(ward, operator):
    handheld = ward.handheld()
    operator.assign()
    _, items = greet(ward, handheld)
    item = items[ITEM_QUESTIONNAIRE, 0]
    count = -(-item.length // 1024)
    assert count > 2
    assert [chunk.chunk for chunk in ask(ward, handheld, item.digest, 1, 2)] == [1, 2]
    assert [chunk.chunk for chunk in ask(ward, handheld, item.digest, count - 1, 8)] == [count - 1]
    assert ask(ward, handheld, item.digest, count, 8) == []
    assert ask(ward, handheld, item.digest, 0xFFFF, CHUNKS_MAX) == []
    assert {chunk.all_chunks for chunk in ask(ward, handheld, item.digest, 0, CHUNKS_MAX)} == {count}


def test_no_more_than_so_many_chunks_for_a_request(ward, operator, tmp_path):
    keys = tmp_path / "release.pub"
    keys.write_text(public_line())
    handheld = ward.handheld()
    big = archive(1, files=(("firmware/main.mpy", bytes(100 * 1024)),))
    operator.change(lambda session, owner: _keep(session, owner, big, keys))
    _, items = greet(ward, handheld, base="sim")
    digest = items[ITEM_APPLICATION, 0].digest
    assert [chunk.chunk for chunk in ask(ward, handheld, digest, 5, 255)] == list(range(5, 5 + CHUNKS_MAX))


def _keep(session, owner, data, keys):
    releases.add_release(session, owner, data, keys, NOW)
    releases.assign_release(session, owner, ORGANISATION, "sim", 1, NOW)


def test_what_another_device_should_hold_is_not_for_this_one(ward, operator, caplog):
    mine, other = ward.handheld("A"), ward.handheld("B")
    operator.assign(scope="device:B")
    _, items = greet(ward, other)
    digest = items[ITEM_QUESTIONNAIRE, 0].digest
    assert ask(ward, other, digest)
    assert greet(ward, mine) == (0, {})
    assert told(ask(ward, mine, digest)) == NO_SUCH
    assert told(ask(ward, mine, bytes(32))) == NO_SUCH
    assert ward.refusals() == {"content-not-desired": 2}
    assert digest.hex() in caplog.text


def test_what_is_no_longer_desired_is_not_sent(ward, operator):
    handheld = ward.handheld()
    operator.assign()
    _, items = greet(ward, handheld)
    operator.unassign()
    assert told(ask(ward, handheld, items[ITEM_QUESTIONNAIRE, 0].digest)) == NO_SUCH


def test_a_lost_device_is_told_nothing_and_gets_nothing(ward, operator):
    handheld = ward.handheld()
    operator.assign()
    operator.set_all()
    revision, items = greet(ward, handheld)
    ward.change("A", devices.mark_lost)
    for item in items.values():
        assert told(ask(ward, handheld, item.digest)) == NO_SUCH
    assert ward.refusals() == {"content-lost": 2}
    assert greet(ward, handheld) == (0, {})
    ward.change("A", devices.reinstate)
    assert greet(ward, handheld) == (revision, items)


def test_a_revoked_device_gets_no_answer(ward, operator):
    handheld = ward.handheld()
    operator.assign()
    _, items = greet(ward, handheld)
    ward.change("A", devices.revoke)
    assert ask(ward, handheld, items[ITEM_QUESTIONNAIRE, 0].digest) == []
    assert ward.refusals() == {"device-revoked": 1}


def test_a_request_counts_only_with_the_nonces_of_its_connection(ward, operator):
    handheld = ward.handheld()
    operator.assign()
    _, items = greet(ward, handheld)
    digest = items[ITEM_QUESTIONNAIRE, 0].digest
    known = handheld.device_nonce, handheld.server_nonce
    handheld.device_nonce = bytes(8)
    assert ask(ward, handheld, digest) == []
    handheld.device_nonce, handheld.server_nonce = known[0], bytes(8)
    assert ask(ward, handheld, digest) == []
    assert ward.refusals() == {"content-nonce": 2}
    handheld.device_nonce, handheld.server_nonce = known
    assert ask(ward, handheld, digest)


def test_to_answer_writes_nothing_and_reads_the_content_once(ward, operator):
    handheld = ward.handheld()
    operator.assign()
    _, items = greet(ward, handheld)
    item = items[ITEM_QUESTIONNAIRE, 0]
    before = snapshot(ward.engine)
    statements = []
    event.listen(ward.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    fetch(ward, handheld, item)
    fetch(ward, handheld, item)
    assert snapshot(ward.engine) == before
    assert sum("content.bytes" in statement for statement in statements if "FROM content" in statement) <= 1
    assert not [statement for statement in statements if statement.split()[0] in ("INSERT", "UPDATE", "DELETE")]


def test_batches_in_the_same_transaction_are_stored_and_acked(ward, operator):
    handheld, neighbour = ward.handheld("A"), ward.handheld("B")
    operator.assign()
    _, items = greet(ward, handheld)
    neighbour.answer()
    handheld.answer()
    request = encode_content_request(ContentRequest(items[ITEM_QUESTIONNAIRE, 0].digest, 0, 2))
    replies = ward.process(neighbour.batch(), handheld.sealed(CONTENT_REQUEST, request), handheld.batch())
    assert neighbour.take(replies) == 1
    assert len(chunks_for(handheld, replies)) == 2
    assert ward.sequences(handheld) == ward.sequences(neighbour) == [1]


def test_settings_lie_wrapped_in_the_database_and_are_never_logged(ward, operator, caplog):
    caplog.set_level(logging.DEBUG)
    handheld = ward.handheld()
    operator.set_all()
    _, items = greet(ward, handheld)
    fetch(ward, handheld, items[ITEM_SETTINGS, 0])
    ask(ward, handheld, bytes(32))
    assert NETWORK["password"] not in caplog.text
    assert NETWORK["password"] not in json.dumps(snapshot(ward.engine))
    with ward.engine.connect() as connection:
        assert connection.scalars(select(Content.kind)).all() == [ITEM_SETTINGS]
        dump = connection.execute(text("SELECT string_agg(encode(bytes, 'escape'), '') FROM content")).scalar()
        values = connection.execute(text("SELECT string_agg(encode(value, 'escape'), '') FROM setting")).scalar()
    assert NETWORK["password"] not in dump
    assert NETWORK["password"] not in values
    assert "broker.example" not in dump  # all of it is wrapped


def test_another_key_file_sends_nothing(ward, operator):
    handheld = ward.handheld()
    operator.set_all(port=9999)
    _, items = greet(ward, handheld)
    request = encode_content_request(ContentRequest(items[ITEM_SETTINGS, 0].digest, 0, 4))
    sealed = handheld.sealed(CONTENT_REQUEST, request)
    assert process(ward.engine, KeyRing(bytes(32)), [sealed], NOW) == []
    assert ward.refusals() == {"key-unreadable": 1}
