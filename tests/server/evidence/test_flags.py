"""A person's word on a response: counted anew at once, reversible, audited, and nothing else changes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from protocol.record import FLAG_BURST
from server.evidence.flags import flag_history, set_flag
from server.evidence.names import ResponseKey, parse_name
from server.ingest.tables import Response, RollupDay
from tests.server.evidence.inspector import plain
from tests.server.ingest.ward import NOW


def flag(inspector, key, value, reason="seen by the matron", actor="person 1"):
    return inspector.acting(
        set_flag, inspector.organisation_id(), key, flagged=value, reason=reason, now=NOW, actor=actor
    )


def counted(ward):
    """How many answers each side of the flag holds."""
    rows = ward.rows(RollupDay)
    return {side: sum(row.n1 + row.n2 + row.n3 for row in rows if row.flagged == side) for side in (False, True)}


@pytest.fixture
def handheld(ward):
    handheld = ward.handheld()
    handheld.answer(1, 1, 1)
    handheld.answer(2, 2, 2)
    handheld.answer(3, 2, 3, flags=FLAG_BURST)
    ward.sync(handheld)
    return handheld


def test_a_response_is_flagged_and_no_longer_counted(ward, handheld, inspector):
    assert counted(ward) == {False: 6, True: 3}
    state = flag(inspector, inspector.key(1, handheld), True)
    assert (state.flagged, state.device_flagged) == (True, False)
    assert counted(ward) == {False: 3, True: 6}
    inspector.assert_clean(3)


def test_a_flag_of_the_device_is_cleared_and_left_to_the_device_again(ward, handheld, inspector):
    key = inspector.key(3, handheld)
    before = plain(ward.rows(RollupDay))
    flag(inspector, key, False)
    assert counted(ward) == {False: 9, True: 0}
    assert flag(inspector, key, None).flagged is True
    assert plain(ward.rows(RollupDay)) == before
    inspector.assert_clean(3)


def test_all_that_was_said_stays_with_name_and_reason(handheld, inspector):
    key = inspector.key(1, handheld)
    flag(inspector, key, True, "children played", "person 1")
    flag(inspector, key, False, "it was another day", "person 2")
    said = inspector.acting(
        lambda session: [
            (row.flagged, row.reason, row.set_by) for row in flag_history(session, inspector.organisation_id(), key)
        ]
    )
    assert said == [(True, "children played", "person 1"), (False, "it was another day", "person 2")]


def test_a_flag_is_in_the_audit_log(ward, handheld, inspector):
    flag(inspector, inspector.key(1, handheld), True)
    with ward.engine.connect() as connection:
        row = connection.execute(text("SELECT actor, detail FROM audit_log ORDER BY sequence DESC LIMIT 1")).one()
    assert row.actor == "person 1"
    assert row.detail["new"]["reason"] == "seen by the matron"


@pytest.mark.parametrize("what", ["UPDATE response_flag SET flagged = false", "DELETE FROM response_flag"])
def test_what_was_said_is_never_changed(ward, handheld, inspector, what):
    flag(inspector, inspector.key(1, handheld), True)
    with pytest.raises(Exception, match="only ever added to"), ward.engine.begin() as connection:
        connection.exec_driver_sql(what)


def test_to_say_the_same_again_counts_nothing_twice(ward, handheld, inspector):
    key = inspector.key(1, handheld)
    flag(inspector, key, True)
    before = plain(ward.rows(RollupDay))
    flag(inspector, key, True)
    assert plain(ward.rows(RollupDay)) == before
    inspector.assert_clean(3)


def test_a_response_that_is_not_there_is_not_flagged(handheld, inspector):
    key = inspector.key(1, handheld)._replace(sequence=99)
    assert flag(inspector, key, True) is None


def test_a_word_that_somebody_takes_back_behind_everybody_s_back_is_found(handheld, inspector):
    flag(inspector, inspector.key(1, handheld), True)
    inspector.as_superuser("UPDATE response SET flagged_by_person = NULL WHERE sequence = 1")
    assert inspector.kinds() == [("other", "response")]
    inspector.as_superuser("DELETE FROM response_flag")
    assert ("missing", "response_flag") in inspector.kinds()


def test_flags_and_batches_at_once_deadlock_nobody_and_count_everything(ward, inspector):
    handhelds = [ward.handheld(serial) for serial in "AB"]
    for handheld in handhelds:
        for number in range(40):
            handheld.answer(1 + number % 3, 1, 1, flags=FLAG_BURST if number % 4 == 0 else 0)
        ward.process(handheld.batch(first=1, count=20))
    keys = [inspector.key(sequence, handheld) for handheld in handhelds for sequence in range(1, 11)]
    barrier = Barrier(3)

    def say(word):
        barrier.wait()
        for key in keys if word else reversed(keys):
            flag(inspector, key, word)

    def store():
        barrier.wait()
        for start in range(21, 40, 2):
            ward.process(*(handheld.batch(first=start, count=2) for handheld in handhelds))

    with ThreadPoolExecutor(3) as others:
        for work in [others.submit(say, True), others.submit(say, False), others.submit(store)]:
            work.result()
    inspector.assert_clean(80)


def test_names_of_responses():
    key = ResponseKey(42, bytes(range(8)), 17)
    assert key.name() == "0000002a-0001020304050607-17"
    assert parse_name(key.name()) == key
    for wrong in ("", "0000002a-0001020304050607-0", "0000002A-0001020304050607-1", key.name() + "\n"):
        assert parse_name(wrong) is None


def test_the_column_of_the_table_says_what_the_row_says(ward, handheld, inspector):
    for sequence, word in ((1, True), (3, False)):
        flag(inspector, inspector.key(sequence, handheld), word)
    assert [row.flagged for row in ward.rows(Response)] == [True, False, False]
