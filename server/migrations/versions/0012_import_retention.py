"""Retention of imports: when the rows and the file of one went, and how many went by a checkpoint."""

from alembic import op

revision = "0012"
down_revision = "0011"

SCHEMA = """
ALTER TABLE response_import ADD dropped_at timestamptz;
ALTER TABLE response_import ADD CONSTRAINT ck_response_import_dropped
    CHECK (dropped_at IS NULL OR length(payload) = 0);
ALTER TABLE checkpoint ADD imports bigint NOT NULL DEFAULT 0;
ALTER TABLE checkpoint ALTER imports DROP DEFAULT;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
