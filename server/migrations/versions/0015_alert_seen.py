"""Which occurrences of alerts somebody has acknowledged, audited."""

from alembic import op

revision = "0015"
down_revision = "0014"

SCHEMA = """
CREATE TABLE alert_seen (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    seen_by text NOT NULL,
    CONSTRAINT pk_alert_seen PRIMARY KEY (organisation_id, device_id, kind, since),
    CONSTRAINT fk_alert_seen_device FOREIGN KEY (organisation_id, device_id) REFERENCES device
);
SELECT audited('alert_seen');
"""


def upgrade() -> None:
    op.execute(SCHEMA)
