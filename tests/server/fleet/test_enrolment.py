"""Enrolment at a bench: one token, one board, one number for ever; what is in the way is said in words."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from server.accounts.audit_tables import AuditEntry
from server.fleet.devices import find_device, revoke
from server.fleet.enrolment_tables import EnrolmentToken
from server.fleet.keys import KeyRing
from server.fleet.organisations import organisation_of
from server.fleet.tables import Device, DeviceKey
from tests.server.fleet.bench import MAC, PATH

OTHER = "24:0A:C4:00:00:02"


def in_database(engine, figures, change):
    with Session(engine) as session, session.begin():
        return change(session, organisation_of(session, figures.organisation_id))


def refused(answer, status, *words):
    problem = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    for word in words:
        assert word in problem["detail"]
    return [error["pointer"] for error in problem.get("errors", [])]


def test_a_board_gets_a_number_and_keys_that_are_the_server_s(bench, engine):
    answer = bench.enrol(serial="PET-0042", mac="24-0a-c4-00-00-01")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.json()
    assert (made["serial"], made["mac"], made["key_epoch"], made["known"]) == ("PET-0042", MAC, 1, False)
    assert made["device"] == f"{made['device_id']:08x}"
    with Session(engine) as session:
        row = session.scalars(select(DeviceKey)).one()
        key = bench.key_ring.unwrap(row.wrapped_key, row.organisation_id, row.device_id, row.key_epoch)
    assert key.hex() == made["hmac_key"]
    assert len(made["mqtt_password"]) == 64


def test_without_a_serial_the_board_s_address_is_it(bench):
    assert bench.made()["serial"] == MAC


def test_a_board_keeps_its_number_and_gets_new_keys(bench):
    first, again = bench.made(serial="PET-1"), bench.made()
    assert (again["device_id"], again["serial"], again["known"]) == (first["device_id"], "PET-1", True)
    assert (first["key_epoch"], again["key_epoch"]) == (1, 2)
    assert len({first["hmac_key"], again["hmac_key"], first["mqtt_password"], again["mqtt_password"]}) == 4


def test_a_token_enrols_one_device_only(bench):
    token = bench.token()
    assert bench.enrol(token).status_code == 201
    refused(bench.enrol(token, mac=OTHER), 401, "was used at")


def test_a_token_lasts_a_quarter_of_an_hour(bench):
    token = bench.token()
    bench.clock.wait(minutes=15)
    refused(bench.enrol(token), 401, "ended at")
    bench.clock.wait(seconds=-1)
    assert bench.enrol(token).status_code == 201


@pytest.mark.parametrize("lost", ["UPDATE person SET state = 'disabled'", "UPDATE role_grant SET to_at = now()"])
def test_a_token_is_worth_what_its_maker_may_do_when_it_is_used(bench, engine, lost):
    token = bench.token()
    bench.clock.wait(minutes=1)
    with engine.begin() as connection:
        connection.execute(text(lost.replace("now()", ":now")), {"now": bench.clock()} if "now()" in lost else {})
    refused(bench.enrol(token), 401, "no more")


@pytest.mark.parametrize("token", ["pete_" + 43 * "x", "pet_" + 43 * "x", "nonsense"])
def test_a_token_that_is_none_admits_nobody(bench, token):
    refused(bench.enrol(token), 401, "no enrolment token of this server")
    assert bench.client.post(PATH, json={"mac": MAC}).status_code == 401


def test_what_is_refused_uses_no_token_up(bench):
    bench.made(serial="PET-1")
    token = bench.token()
    assert refused(bench.enrol(token, serial="PET-2"), 409, "keeps that number") == ["/body/serial"]
    assert bench.enrol(token).status_code == 201


def test_another_board_for_a_serial_is_refused(bench):
    bench.made(serial="PET-1")
    pointers = refused(bench.enrol(mac=OTHER, serial="PET-1"), 409, MAC, OTHER, "keeps its board")
    assert pointers == ["/body/serial"]


def test_records_of_another_number_are_not_orphaned(bench):
    journal = {"device": "0000ffff", "waiting": 12}
    pointers = refused(bench.enrol(journal=journal), 409, "12 records of device 0000ffff wait")
    assert pointers == ["/body/journal"]
    made = bench.made(journal=journal | {"waiting": 0})  # its answers were delivered: nothing is lost
    bench.made(journal={"device": made["device"], "waiting": 12})  # its own: sent later, under the new keys


def test_a_device_that_was_enrolled_by_its_serial_is_bound_to_its_board_once(bench, figures):
    device = figures.device("PET-9")
    assert bench.made(serial="PET-9")["device"] == device
    refused(bench.enrol(mac=OTHER, serial="PET-9"), 409, "keeps its board")


def test_a_revoked_device_is_refused_until_it_is_reinstated(bench, engine, figures):
    bench.made()
    in_database(engine, figures, lambda session, here: revoke(find_device(session, here, MAC)))
    assert refused(bench.enrol(), 409, "is revoked", "reinstate") == ["/body/mac"]


@pytest.mark.parametrize(
    ("board", "pointer"),
    [
        ({"mac": "24:0A:C4:00:00"}, "/body/mac"),
        ({"mac": "00:00:00:00:00:00"}, "/body/mac"),
        ({"mac": "FF:FF:FF:FF:FF:FF"}, "/body/mac"),
        ({"serial": "0000000a"}, "/body/serial"),
        ({"serial": "größe"}, "/body/serial"),
        ({"journal": {"device": "7", "waiting": 1}}, "/body/journal/device"),
        ({"key": "mine"}, "/body/key"),
    ],
)
def test_nonsense_is_refused_at_its_place(bench, board, pointer):
    assert refused(bench.enrol(**board), 422) == [pointer]


def test_who_did_what_is_in_the_audit_log_and_no_secret_is(bench, engine, caplog):
    caplog.set_level("DEBUG")
    token = bench.token()
    made = bench.enrol(token).json()
    secrets = [token, made["hmac_key"], made["mqtt_password"], repr(bytes.fromhex(made["hmac_key"]))[2:-1]]
    with Session(engine) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.sequence)).all()
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        rows = [session.execute(text(f"SELECT t::text FROM {table} AS t")).all() for table in tables]  # noqa: S608
    dump = str(rows)
    actors = {entry.action: entry.actor for entry in entries}
    assert actors["enrolment_token insert"] == "ops@example.org"
    for action in ("device insert", "device_key insert", "enrolment_token update"):
        assert actors[action] == "ops@example.org, by enrolment token 1"
    for secret in secrets:
        assert secret not in dump
        assert secret not in caplog.text


def test_who_does_not_manage_the_whole_fleet_makes_no_tokens(bench):
    answer = bench.visit("local", operations="team:leek").post("/api/v1/enrolment-tokens", json={})
    refused(answer, 403, "manage the fleet")


def test_tokens_for_a_tray_are_made_on_the_command_line(trust, engine):
    code, out, err = trust.run("enrolment", "token", "--count", "30")
    assert (code, len(set(out.split()))) == (0, 30)
    assert "each enrols one device" in err
    with Session(engine) as session:
        rows = session.scalars(select(EnrolmentToken)).all()
    assert {row.expires_at - row.created_at for row in rows} == {timedelta(minutes=15)}
    assert all(row.made_by.startswith("command line") for row in rows)


def test_the_command_line_enrols_by_the_same_rules(trust):
    said = trust("device", "enrol", "--serial", "PET-1", "--mac", MAC, "--identity-file", "1")
    assert "key epoch 1" in said
    assert "key epoch 2" in trust("device", "enrol", "--serial", "PET-1", "--mac", MAC, "--identity-file", "2")
    assert "keeps its board" in trust.refuses(
        "device", "enrol", "--serial", "PET-1", "--mac", OTHER, "--identity-file", "3"
    )
    assert "rotate-key" in trust.refuses("device", "enrol", "--serial", MAC, "--identity-file", "4")


def test_the_keys_are_useless_without_the_key_file(bench, engine):
    made = bench.made()
    with Session(engine) as session:
        row = session.scalars(select(DeviceKey)).one()
        mac = session.scalars(select(Device.mac)).one()
    assert made["hmac_key"] != row.wrapped_key.hex()
    assert mac == MAC
    with pytest.raises(Exception, match="restore the key file"):
        KeyRing(bytes(32)).unwrap(row.wrapped_key, row.organisation_id, row.device_id, row.key_epoch)
