"""A sync of the whole application over TLS through a real Mosquitto, on the first heap of an ESP32."""

from protocol.record import QUALITY_DRIFTING, QUALITY_SERVER, decode_record
from protocol.topics import device_name
from tests.answering import answering
from tests.device_directory import IDENTITY, journal
from tests.device_program import NOW, answers, run
from tests.server_end import ServerEnd

A_PASS = (*answers(1, 2, 3, 4, 5), "wait 9000")


def test_1000_responses_taken_in_one_go_are_delivered_from_the_small_heap(device, mosquitto):
    server = ServerEnd(IDENTITY, NOW)
    with answering(mosquitto, server):
        done = run(device, *A_PASS * 1000, "sync", *A_PASS, "sync", "status", quiet=True)
    assert done.errors == ""
    assert [(one["delivered"], one["error"]) for one in done.named("synced")] == [(1000, None), (1, None)]
    assert sorted(server.records) == list(range(1, 1002))
    assert decode_record(server.records[1001]).answers[:5] == (1, 2, 3, 4, 5)
    assert server.proven


def test_a_sync_sets_the_clock_and_moves_the_journal_on(device, mosquitto):
    server = ServerEnd(IDENTITY, NOW + 12345)
    with answering(mosquitto, server):
        done = run(device, *A_PASS, "sync", *A_PASS, "quit")
        woken = run(device, virtual=None)
    assert server.records.keys() == {1}
    assert 0 <= decode_record(server.records[1]).clock - NOW < 60
    assert server.status.last_sequence == 1
    assert done.last("thanked")["sequence"] == 2
    with journal(device) as kept:
        assert kept.acked_through == 1
        clock = decode_record(kept.records(2, 1)[0][1])
    assert 0 <= clock.clock - (NOW + 12345) < 60
    assert clock.quality == QUALITY_SERVER
    assert clock.seconds < 120  # the session's seconds know nothing of the leap
    assert woken.last("ready")["quality"] in (QUALITY_SERVER, QUALITY_DRIFTING)


def test_a_server_that_went_back_gets_what_it_lost(device, mosquitto):
    server = ServerEnd(IDENTITY, NOW)
    with answering(mosquitto, server):
        run(device, *A_PASS * 150, "sync", quiet=True)
        server.restore(7)
        done = run(device, *A_PASS * 3, "sync", quiet=True)
    assert done.last("synced")["error"] is None
    assert sorted(server.records) == list(range(1, 154))


def test_a_server_that_does_not_answer_costs_nothing_but_the_wait(device, mosquitto):
    server = ServerEnd(IDENTITY, NOW)
    silent = run(device, *A_PASS, "sync", *A_PASS)
    assert silent.last("synced")["error"] == "the server does not answer"
    assert silent.screens()[-1] == "idle"
    with answering(mosquitto, server):
        done = run(device, "sync")
    assert done.last("synced")["delivered"] == 2
    assert sorted(server.records) == [1, 2]


def test_a_wrong_password_is_told_in_words(device, mosquitto):
    mosquitto.allow(device_name(IDENTITY.device_id), "another")
    done = run(device, *A_PASS, "sync")
    assert done.last("synced")["error"] == "the broker refused user name or password: not authorised"
    assert done.last("synced")["waiting"] == 1
