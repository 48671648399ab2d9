"""Reports that never change once they are issued, subscriptions, the outbox of mails, and work that is due."""

from alembic import op

revision = "0016"
down_revision = "0015"

REPORTS = """
CREATE TABLE report (
    organisation_id integer NOT NULL,
    report_id integer NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    service_id integer,
    team_ids integer[],
    first_day date NOT NULL,
    after_day date NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    CONSTRAINT pk_report PRIMARY KEY (organisation_id, report_id),
    CONSTRAINT uq_report_organisation_id_kind_subject_first_day
        UNIQUE (organisation_id, kind, subject, first_day),
    CONSTRAINT fk_report_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
    CONSTRAINT fk_report_service FOREIGN KEY (organisation_id, service_id) REFERENCES service,
    CONSTRAINT ck_report_kind CHECK (kind IN ('monthly', 'commissioner', 'board')),
    CONSTRAINT ck_report_teams CHECK ((service_id IS NULL) = (team_ids IS NULL)),
    CONSTRAINT ck_report_span CHECK (first_day < after_day)
);

CREATE TABLE report_revision (
    organisation_id integer NOT NULL,
    report_id integer NOT NULL,
    revision integer NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    failure text NOT NULL,
    built_at timestamptz,
    data_version bigint,
    snapshot jsonb,
    snapshot_sha256 text,
    issued_at timestamptz,
    issued_by text,
    audit_sequence bigint,
    audit_hash text,
    pdf bytea,
    pdf_sha256 text,
    xlsx bytea,
    xlsx_sha256 text,
    CONSTRAINT pk_report_revision PRIMARY KEY (organisation_id, report_id, revision),
    CONSTRAINT fk_report_revision_report FOREIGN KEY (organisation_id, report_id) REFERENCES report,
    CONSTRAINT ck_report_revision_state CHECK (state IN ('building', 'failed', 'draft', 'issued')),
    CONSTRAINT ck_report_revision_reason CHECK (revision = 1 OR reason <> ''),
    CONSTRAINT ck_report_revision_built CHECK (state NOT IN ('draft', 'issued') OR snapshot IS NOT NULL),
    CONSTRAINT ck_report_revision_issued CHECK ((state = 'issued') = (num_nulls(issued_at, issued_by, audit_sequence,
        audit_hash, pdf, pdf_sha256, xlsx, xlsx_sha256) = 0))
);

-- The log keeps the digests; what they are of stands in the row, which cannot change any more.
SELECT audited('report');
SELECT audited('report_revision', '{snapshot,pdf,xlsx}');

CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON report FOR EACH ROW
    EXECUTE FUNCTION refuse_change('what a report is about never changes');
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON report_revision FOR EACH ROW WHEN (OLD.state = 'issued')
    EXECUTE FUNCTION refuse_change('an issued report never changes: issue a revision with its reason');

CREATE TABLE report_progress (
    organisation_id integer NOT NULL,
    report_id integer NOT NULL,
    revision integer NOT NULL,
    step text NOT NULL,
    done integer NOT NULL,
    steps integer NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_report_progress PRIMARY KEY (organisation_id, report_id, revision),
    CONSTRAINT fk_report_progress_report_revision FOREIGN KEY (organisation_id, report_id, revision)
        REFERENCES report_revision
);

CREATE TABLE report_reader (
    organisation_id integer NOT NULL,
    report_id integer NOT NULL,
    revision integer NOT NULL,
    person_id integer NOT NULL,
    opened_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    CONSTRAINT pk_report_reader PRIMARY KEY (organisation_id, report_id, revision, person_id),
    CONSTRAINT fk_report_reader_report_revision FOREIGN KEY (organisation_id, report_id, revision)
        REFERENCES report_revision,
    CONSTRAINT fk_report_reader_person FOREIGN KEY (organisation_id, person_id) REFERENCES person
);
"""

MAILS = """
CREATE TABLE subscription (
    organisation_id integer NOT NULL,
    subscription_id integer NOT NULL,
    person_id integer NOT NULL,
    what text NOT NULL,
    secret text NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    ended_at timestamptz,
    ended_by text,
    CONSTRAINT pk_subscription PRIMARY KEY (organisation_id, subscription_id),
    CONSTRAINT uq_subscription_organisation_id_secret UNIQUE (organisation_id, secret),
    CONSTRAINT fk_subscription_person FOREIGN KEY (organisation_id, person_id) REFERENCES person,
    CONSTRAINT ck_subscription_what CHECK (what IN ('digest', 'monthly', 'commissioner', 'board')),
    CONSTRAINT ck_subscription_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX uq_subscription_in_force ON subscription (organisation_id, person_id, what)
    WHERE ended_at IS NULL;
CREATE INDEX ix_subscription_secret ON subscription (secret);
SELECT audited('subscription', '{secret}');

CREATE TABLE mail (
    organisation_id integer NOT NULL,
    mail_id integer NOT NULL,
    key text NOT NULL,
    person_id integer NOT NULL,
    subscription_id integer NOT NULL,
    report_id integer,
    revision integer,
    address text NOT NULL,
    subject text NOT NULL,
    content bytea,
    content_sha256 text NOT NULL,
    state text NOT NULL,
    tries integer NOT NULL,
    made_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    tried_at timestamptz,
    ended_at timestamptz,
    answer text NOT NULL,
    CONSTRAINT pk_mail PRIMARY KEY (organisation_id, mail_id),
    CONSTRAINT uq_mail_organisation_id_key UNIQUE (organisation_id, key),
    CONSTRAINT fk_mail_person FOREIGN KEY (organisation_id, person_id) REFERENCES person,
    CONSTRAINT fk_mail_subscription FOREIGN KEY (organisation_id, subscription_id) REFERENCES subscription,
    CONSTRAINT fk_mail_report_revision FOREIGN KEY (organisation_id, report_id, revision) REFERENCES report_revision,
    CONSTRAINT ck_mail_state CHECK (state IN ('waiting', 'sending', 'sent', 'unsure', 'refused')),
    CONSTRAINT ck_mail_content CHECK ((content IS NOT NULL) = (state IN ('waiting', 'sending')))
);
CREATE INDEX ix_mail_organisation_id_state_next_at ON mail (organisation_id, state, next_at);
SELECT audited('mail', '{content}');

CREATE TABLE job_run (
    organisation_id integer NOT NULL,
    job text NOT NULL,
    due text NOT NULL,
    ran_at timestamptz NOT NULL,
    outcome text NOT NULL,
    CONSTRAINT pk_job_run PRIMARY KEY (organisation_id, job, due),
    CONSTRAINT fk_job_run_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
"""


def upgrade() -> None:
    for part in (REPORTS, MAILS):
        op.execute(part)
