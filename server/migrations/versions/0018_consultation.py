"""One more kind of report: the evidence of consultation."""

from alembic import op

revision = "0018"
down_revision = "0017"

SCHEMA = """
ALTER TABLE report DROP CONSTRAINT ck_report_kind, ADD CONSTRAINT ck_report_kind
    CHECK (kind IN ('monthly', 'commissioner', 'board', 'consultation'));
ALTER TABLE subscription DROP CONSTRAINT ck_subscription_what, ADD CONSTRAINT ck_subscription_what
    CHECK (what IN ('digest', 'monthly', 'commissioner', 'board', 'consultation'));
"""


def upgrade() -> None:
    op.execute(SCHEMA)
