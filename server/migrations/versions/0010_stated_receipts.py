"""When records that seemed to come from the future really arrived, as an operator stated it; each one audited."""

from alembic import op

revision = "0010"
down_revision = "0009"

SCHEMA = """
CREATE TABLE stated_receipt (
    organisation_id integer NOT NULL,
    received_at timestamptz NOT NULL,
    records bigint NOT NULL,
    stated_by text NOT NULL,
    stated_at timestamptz NOT NULL,
    CONSTRAINT pk_stated_receipt PRIMARY KEY (organisation_id, received_at),
    CONSTRAINT fk_stated_receipt_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
INSERT INTO stated_receipt
    SELECT organisation_id, judged_as_received_at, count(*), 'not on record', max(resolved_at)
    FROM quarantine WHERE judged_as_received_at IS NOT NULL GROUP BY organisation_id, judged_as_received_at;
-- No record can be delivered as received at an instant that nobody stated.
ALTER TABLE quarantine ADD CONSTRAINT fk_quarantine_stated_receipt
    FOREIGN KEY (organisation_id, judged_as_received_at) REFERENCES stated_receipt;

SELECT audited('stated_receipt');
CREATE TRIGGER never_deleted BEFORE DELETE ON stated_receipt FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('what was stated stays');
"""


def upgrade() -> None:
    op.execute(SCHEMA)
