"""`pet rebuild --check` finds whatever is changed behind everybody's back."""

# ruff: noqa: S608 - the statements are made of constants

from datetime import timedelta
from hashlib import sha256

import pytest

from server.evidence.audited import AUDITED, logging_tables
from server.evidence.rows import stored_rows
from server.ingest import rollups
from server.ingest.rollup_withheld import close_months
from server.ingest.rollups import take_from_rollups
from server.ingest.tables import Evidence, Response
from tests.server.ingest.ward import NOW

OF_RESPONSE = ("other", "response")
BREAKS = {
    "an answer": ("UPDATE response SET answers = '{2,1,15,0,0,0,0,0,0,0,0,0}' WHERE sequence = 1", OF_RESPONSE),
    "a team": ("UPDATE response SET team_id = team_id + 1 WHERE sequence = 1", OF_RESPONSE),
    "a placement": ("UPDATE response SET placement_uncertain = true WHERE sequence = 1", OF_RESPONSE),
    "a date": ("UPDATE response SET answered_at = answered_at - interval '1 day' WHERE sequence = 1", OF_RESPONSE),
    "a day": ("UPDATE response SET day = day - 1 WHERE sequence = 1", OF_RESPONSE),
    "a bound": ("UPDATE response SET answered_after = now() WHERE sequence = 9", OF_RESPONSE),
    "a flag": ("UPDATE response SET flags = 0 WHERE sequence = 5", OF_RESPONSE),
    "a word of nobody": ("UPDATE response SET flagged_by_person = true WHERE sequence = 1", OF_RESPONSE),
    "an instant of receipt": ("UPDATE response SET received_at = received_at + interval '1 s'", OF_RESPONSE),
    "a deleted response": ("DELETE FROM response WHERE sequence = 3", ("missing", "response")),
    "a deleted last response": ("DELETE FROM response WHERE sequence = 12", ("missing", "response")),
    "a deleted batch": ("DELETE FROM evidence WHERE first_sequence = 1", ("extra", "response")),
    "a byte of a batch": (
        "UPDATE evidence SET payload = set_byte(payload, 60, get_byte(payload, 60) # 1) WHERE first_sequence = 1",
        ("evidence", "batch"),
    ),
    "a key epoch": ("UPDATE evidence SET key_epoch = 2 WHERE first_sequence = 1", ("evidence", "batch")),
    "a digest": ("UPDATE evidence SET digest = sha256('x') WHERE first_sequence = 1", ("evidence", "batch")),
    "the ledger": ("UPDATE journal SET stored_through = 11", ("other", "journal")),
    "the ledger ahead": ("UPDATE journal SET stored_through = 14", ("missing", "journal")),
    "a rollup": ("UPDATE rollup_day SET n1 = n1 + 1", ("other", "rollup_day")),
    "a count of passes": ("UPDATE rollup_response_day SET complete = 9", ("other", "rollup_response_day")),
    "an audit rollup": ("DELETE FROM rollup_audit_day", ("missing", "rollup_audit_day")),
    "a sentiment": ("UPDATE version_option SET sentiment = 'neutral'", ("other", "version_option")),
    "a placement's team": ("UPDATE placement SET team_id = team_id + 1", ("other", "placement")),
    "a device": ("UPDATE device SET enrolled_at = enrolled_at - interval '1 year'", ("other", "device")),
    "a flag that nobody logged": (
        """INSERT INTO response_flag SELECT organisation_id, 1, device_id, journal_id, 1, true, 'x', 'nobody', now()
        FROM journal""",
        ("extra", "response_flag"),
    ),
    "a target that nobody logged": (
        """INSERT INTO target SELECT organisation_id, 77, 0.5, 'organisation', NULL, '2026-01-01', NULL, 'x'
        FROM organisation""",
        ("extra", "target"),
    ),
    "a questionnaire's package": (
        "UPDATE questionnaire_version SET package = set_byte(package, 9, get_byte(package, 9) # 1)",
        ("evidence", "questionnaire_version"),
    ),
    "the audit log": ("UPDATE audit_log SET actor = 'x' WHERE sequence = 3", ("evidence", "audit")),
}


@pytest.mark.parametrize("what", BREAKS)
@pytest.mark.usefixtures("line")
def test_what_somebody_with_all_rights_breaks_is_found(inspector, what):
    statement, found = BREAKS[what]
    inspector.as_superuser(statement)
    assert found in inspector.kinds()


ROLLUPS = (
    "rollup_day",
    "rollup_response_day",
    "rollup_audit_day",
    "rollup_segment",
    "rollup_response_segment",
    "rollup_team_segment",
    "rollup_team_response_segment",
    "rollup_organisation_segment",
    "rollup_organisation_response_segment",
    "rollup_hour",
    "rollup_organisation_segment",
    "rollup_organisation_response_segment",
    "rollup_organisation_hour",
    "rollup_organisation_segment",
    "rollup_organisation_response_segment",
)


@pytest.mark.parametrize("table", ROLLUPS)
@pytest.mark.usefixtures("line")
def test_a_row_of_any_rollup_that_is_missing_is_found(inspector, table):
    inspector.as_superuser(f"DELETE FROM {table} WHERE ctid = (SELECT min(ctid) FROM {table})")
    assert inspector.kinds() == [("missing", table)]


@pytest.mark.parametrize("table", ["rollup_withheld", "rollup_organisation_withheld"])
@pytest.mark.usefixtures("line")
def test_a_row_of_what_is_withheld_that_is_missing_is_found(ward, inspector, table):
    with ward.engine.begin() as connection:
        close_months(connection, inspector.organisation_id(), (NOW + timedelta(days=40)).date().replace(day=1))
    inspector.assert_clean()
    inspector.as_superuser(f"DELETE FROM {table} WHERE ctid = (SELECT min(ctid) FROM {table})")
    assert inspector.kinds() == [("missing", table)]


def test_every_rollup_is_among_those_that_are_broken_here():
    assert {table.__tablename__ for table in rollups.ROLLUPS} == set(ROLLUPS)


def copied(**other):
    """SQL that invents a response: the first one's copy, with these other values."""
    names = [column.name for column in Response.__table__.columns if column.computed is None]
    values = ", ".join(other.get(name, name) for name in names)
    return f"INSERT INTO response ({', '.join(names)}) SELECT {values} FROM response WHERE sequence = 1"


@pytest.mark.usefixtures("line")
def test_an_invented_response_that_is_counted_is_found_with_every_count_of_it(inspector):
    inspector.as_superuser(
        copied(sequence="13"),
        "UPDATE rollup_day SET n1 = n1 + 1 WHERE position = 1 AND n1 > 0 AND NOT flagged",
    )
    assert ("extra", "response") in inspector.kinds()
    assert ("other", "rollup_day") in inspector.kinds()


@pytest.mark.usefixtures("line")
def test_a_response_of_a_device_that_is_not_there_is_found(inspector):
    inspector.as_superuser(copied(device_id="999"))
    assert ("extra", "1 responses of 000003e7") in {(each.kind, each.what) for each in inspector.differences()}


def test_a_response_hidden_in_quarantine_is_found(line, inspector):
    record = line.records[0].hex()
    inspector.as_superuser(
        "DELETE FROM response WHERE sequence = 1",
        "INSERT INTO quarantine SELECT organisation_id, device_id, sha256('x'), journal_id, 1, "
        f"decode('{record}', 'hex'), 'crc', 'made up', true, 1, received_at, NULL, NULL FROM evidence LIMIT 1",
    )
    assert ("missing", "response") in inspector.kinds()


def test_a_batch_made_up_with_another_key_is_found(ward, line, inspector):
    line.answer(1, 1, 1)
    forged = line.sealed(3, line.batch().payload[26:-16], key=bytes(32))
    with ward.engine.begin() as connection:
        row = dict(connection.execute(Evidence.__table__.select()).mappings().first())
        row |= {"payload": forged.payload, "digest": sha256(forged.payload).digest(), "first_sequence": 13}
        connection.execute(Evidence.__table__.insert(), row)
    (found,) = inspector.differences()
    assert (found.kind, "not signed" in found.detail) == ("evidence", True)


@pytest.mark.usefixtures("line")
def test_a_deleted_tail_of_responses_with_its_batch_is_found_by_the_ledger(inspector):
    inspector.as_superuser("DELETE FROM response WHERE sequence > 6", "DELETE FROM evidence WHERE first_sequence > 6")
    found = [str(each) for each in inspector.differences()]
    assert any("sequences 7 to 12 were acknowledged, and nothing is held of them" in each for each in found)


def take_out(inspector, *more, **of):
    """Somebody who knows the program removes a response with all its counts, and runs `more`."""
    with inspector.ward.engine.begin() as connection:
        gone = [row for row in stored_rows(connection) if all(getattr(row, name) == is_ for name, is_ in of.items())]
        take_from_rollups(connection, gone)
    inspector.as_superuser(*more)


OF_EVIDENCE = "SELECT organisation_id, device_id, journal_id"


@pytest.mark.parametrize("reason", ["unreadable on the device", "lost on the device after a restored server"])
def test_a_response_given_out_as_a_gap_is_found(line, inspector, reason):
    """The record is still signed, so the quarantine holds it as a conflict, as if it had come after the gap."""
    take_out(
        inspector,
        "DELETE FROM response WHERE sequence = 6",
        f"INSERT INTO gap {OF_EVIDENCE}, 6, 6, '{reason}', received_at FROM evidence WHERE first_sequence = 7",
        f"""INSERT INTO quarantine {OF_EVIDENCE.replace("journal_id", "sha256('x'), journal_id")}, 6,
        decode('{line.records[5].hex()}', 'hex'), 'conflict', 'x', false, 1, received_at FROM evidence LIMIT 1""",
        sequence=6,
    )
    assert inspector.kinds() == [("extra", "gap")]


@pytest.mark.usefixtures("line")
def test_a_table_whose_trigger_was_dropped_or_switched_off_is_looked_at_too(inspector):
    with inspector.ward.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER write_audit_log ON team")
        connection.exec_driver_sql("UPDATE team SET name = 'x' WHERE code = 'day'")
        connection.exec_driver_sql("ALTER TABLE target DISABLE TRIGGER write_audit_log")
    found = [(each.kind, each.what) for each in inspector.differences()]
    assert found == [("evidence", "table target"), ("evidence", "table team"), ("other", "team 1")]


def test_the_tables_that_are_looked_at_are_those_that_the_migrations_audit(engine):
    with engine.connect() as connection:
        assert logging_tables(connection) == set(AUDITED.split())
