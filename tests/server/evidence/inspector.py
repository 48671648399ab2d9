"""Somebody who checks a ward, and somebody with all rights who breaks it behind everybody's back."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.database import act_as
from server.evidence.differences import Summary
from server.evidence.names import ResponseKey
from server.evidence.rebuild import check
from server.fleet.organisations import find_organisation
from server.ingest.tables import Response
from tests.server.ingest.ward import KEY_RING


class Inspector:
    def __init__(self, ward):
        self.ward = ward
        self.summary = None

    def differences(self):
        """Of a whole check."""
        self.summary = Summary()
        with Session(self.ward.engine) as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            owner = find_organisation(session, self.ward.name)
            return list(check(session, KEY_RING, owner, self.summary))

    def assert_clean(self, responses=None):
        assert [str(each) for each in self.differences()] == []
        if responses is not None:
            assert self.summary.responses == responses

    def kinds(self):
        """(kind, first word of what) of every difference, each once, in the order found."""
        return list(dict.fromkeys((each.kind, each.what.split()[0]) for each in self.differences()))

    def as_superuser(self, *statements):
        """No trigger and no foreign key stands in the way."""
        with self.ward.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for statement in statements:
                assert connection.execute(text(statement)).rowcount > 0, statement

    def acting(self, what, *arguments, actor="tester", **options):
        """Call a function with a session, in one transaction."""
        with Session(self.ward.engine) as session, session.begin():
            act_as(session, actor)
            return what(session, *arguments, **options)

    def organisation_id(self):
        with Session(self.ward.engine) as session:
            return find_organisation(session, self.ward.name).organisation_id

    def key(self, sequence, handheld):
        row = next(
            each
            for each in self.ward.rows(Response, device_id=handheld.identity.device_id)
            if each.sequence == sequence
        )
        return ResponseKey(row.device_id, row.journal_id, sequence)


def plain(rows):
    """Rows as what can be compared after they have changed."""
    return [{name: value for name, value in vars(row).items() if not name.startswith("_")} for row in rows]
