"""Content through a real broker and a real worker: whole, and in step with answers that are handed over."""

from hashlib import sha256

import pytest

from protocol.envelope import CONTENT_REQUEST
from protocol.messages import ITEM_APPLICATION, ContentRequest, encode_content_request
from server.fleet import releases
from server.fleet.scope import ORGANISATION
from server.ingest.incoming import Reply
from tests.server.ingest.ward import NOW
from tests.server.ingest.wire import DEADLINE_S, Line
from tests.server.roll_out import Operator, archive, chunks_for, greet, public_line

KILOBYTES = 150
CHUNKS = 8  # of one request, as the firmware asks


@pytest.fixture
def line(tmp_path, database_url, mosquitto):
    key_file = tmp_path / "key"
    key_file.touch(mode=0o600)
    key_file.write_text(bytes(range(32)).hex())
    line = Line(tmp_path / "line", database_url, mosquitto, key_file)
    yield line
    line.close()


def test_a_large_package_arrives_whole_while_others_hand_over_answers(ward, line, tmp_path):
    (tmp_path / "release.pub").write_text(public_line())
    operator, handheld, neighbour = Operator(ward), ward.handheld("A"), ward.handheld("B")
    data = archive(1, files=(("firmware/main.mpy", bytes(range(256)) * 4 * KILOBYTES),))
    operator.change(releases.add_release, data, tmp_path / "release.pub", NOW)
    operator.change(releases.assign_release, ORGANISATION, "sim", 1, NOW)
    item = greet(ward, handheld, base="sim")[1][ITEM_APPLICATION, 0]
    for _ in range(100):
        neighbour.answer()
    line.write_accounts(ward.engine)
    line.worker()
    radio, other = line.radio(handheld), line.radio(neighbour)
    radio.meet()
    fetched, count = b"", -(-len(data) // 1024)
    for first in range(0, count, CHUNKS):
        request = encode_content_request(ContentRequest(item.digest, first, CHUNKS))
        radio.send(handheld.sealed(CONTENT_REQUEST, request))
        for number in range(first, min(first + CHUNKS, count)):
            fetched += next_chunk(radio, number)
        if first == count // 2 // CHUNKS * CHUNKS:
            other.sync()
    assert sha256(fetched).digest() == item.digest
    assert ward.sequences(neighbour) == list(range(1, 101))
    assert ward.refusals() == {}


def next_chunk(radio, number):
    message = radio.received.get(timeout=DEADLINE_S)
    assert message.topic.endswith("/down/content")
    assert not message.retain
    [chunk] = chunks_for(radio.handheld, [Reply(message.topic, message.payload)])
    assert chunk.chunk == number
    return chunk.data
