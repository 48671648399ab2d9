"""What devices deliver: ledger, evidence, responses and their rollups, quarantine."""

from alembic import op

revision = "0002"
down_revision = "0001"

SCHEMA = """
CREATE TABLE refusal_count (
    reason text NOT NULL,
    day date NOT NULL,
    count integer NOT NULL,
    CONSTRAINT pk_refusal_count PRIMARY KEY (reason, day)
);

CREATE TABLE connection (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    device_nonce bytea NOT NULL,
    server_nonce bytea NOT NULL,
    key_epoch integer NOT NULL,
    session integer NOT NULL,
    seconds bigint NOT NULL,
    clock bigint NOT NULL,
    quality smallint NOT NULL,
    journal_id bytea NOT NULL,
    acked_through bigint NOT NULL,
    last_sequence bigint NOT NULL,
    oldest_readable bigint NOT NULL,
    desired_revision bigint NOT NULL,
    battery_mv integer NOT NULL,
    free_slots bigint NOT NULL,
    all_slots bigint NOT NULL,
    application text NOT NULL,
    base text NOT NULL,
    counters jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    CONSTRAINT pk_connection PRIMARY KEY (organisation_id, device_id, device_nonce),
    CONSTRAINT fk_connection_device FOREIGN KEY (organisation_id, device_id) REFERENCES device
);
CREATE INDEX ix_connection_organisation_id_device_id_journal_id_session
    ON connection (organisation_id, device_id, journal_id, session);

CREATE TABLE evidence (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    journal_id bytea NOT NULL,
    first_sequence bigint NOT NULL,
    digest bytea NOT NULL,
    payload bytea NOT NULL,
    key_epoch integer NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_evidence PRIMARY KEY (organisation_id, device_id, journal_id, first_sequence, digest),
    CONSTRAINT fk_evidence_device FOREIGN KEY (organisation_id, device_id) REFERENCES device
);

CREATE TABLE gap (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    journal_id bytea NOT NULL,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT pk_gap PRIMARY KEY (organisation_id, device_id, journal_id, first_sequence),
    CONSTRAINT fk_gap_device FOREIGN KEY (organisation_id, device_id) REFERENCES device,
    CONSTRAINT ck_gap_span CHECK (first_sequence <= last_sequence)
);

CREATE TABLE journal (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    journal_id bytea NOT NULL,
    stored_through bigint NOT NULL,
    first_seen_at timestamptz NOT NULL,
    CONSTRAINT pk_journal PRIMARY KEY (organisation_id, device_id, journal_id),
    CONSTRAINT fk_journal_device FOREIGN KEY (organisation_id, device_id) REFERENCES device
);

CREATE TABLE quarantine (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    digest bytea NOT NULL,
    journal_id bytea NOT NULL,
    sequence bigint NOT NULL,
    record bytea NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    in_ledger boolean NOT NULL,
    key_epoch integer NOT NULL,
    received_at timestamptz NOT NULL,
    resolution text,
    resolved_at timestamptz,
    CONSTRAINT pk_quarantine PRIMARY KEY (organisation_id, device_id, digest),
    CONSTRAINT fk_quarantine_device FOREIGN KEY (organisation_id, device_id) REFERENCES device
);
CREATE INDEX ix_quarantine_organisation_id_device_id_journal_id_sequence
    ON quarantine (organisation_id, device_id, journal_id, sequence);

CREATE TABLE rollup_response_day (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    team_id integer NOT NULL,
    reference integer NOT NULL,
    day date NOT NULL,
    flagged boolean NOT NULL,
    complete integer NOT NULL,
    partial integer NOT NULL,
    declined integer NOT NULL,
    CONSTRAINT pk_rollup_response_day
        PRIMARY KEY (organisation_id, device_id, team_id, reference, day, flagged),
    CONSTRAINT fk_rollup_response_day_device FOREIGN KEY (organisation_id, device_id) REFERENCES device,
    CONSTRAINT fk_rollup_response_day_team FOREIGN KEY (organisation_id, team_id) REFERENCES team,
    CONSTRAINT fk_rollup_response_day_questionnaire_version FOREIGN KEY (organisation_id, reference)
        REFERENCES questionnaire_version
);
CREATE INDEX ix_rollup_response_day_organisation_id_team_id_day
    ON rollup_response_day (organisation_id, team_id, day);

CREATE TABLE response (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    journal_id bytea NOT NULL,
    sequence bigint NOT NULL,
    record_crc bigint NOT NULL,
    kind smallint NOT NULL,
    flags integer NOT NULL,
    reference integer NOT NULL,
    session integer NOT NULL,
    seconds bigint NOT NULL,
    clock bigint NOT NULL,
    quality smallint NOT NULL,
    language smallint NOT NULL,
    team_choice smallint NOT NULL,
    stage smallint NOT NULL,
    duration smallint NOT NULL,
    answers smallint[] NOT NULL,
    placement_id integer NOT NULL,
    placement_uncertain boolean NOT NULL,
    team_id integer NOT NULL,
    location_id integer NOT NULL,
    answered_at timestamptz,
    answered_by text NOT NULL,
    answered_after timestamptz,
    answered_before timestamptz,
    day date NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_response PRIMARY KEY (organisation_id, device_id, journal_id, sequence),
    CONSTRAINT fk_response_device FOREIGN KEY (organisation_id, device_id) REFERENCES device,
    CONSTRAINT fk_response_questionnaire_version FOREIGN KEY (organisation_id, reference)
        REFERENCES questionnaire_version,
    CONSTRAINT fk_response_placement FOREIGN KEY (organisation_id, placement_id) REFERENCES placement,
    CONSTRAINT fk_response_team FOREIGN KEY (organisation_id, team_id) REFERENCES team
);
CREATE INDEX ix_response_organisation_id_team_id_answered_at
    ON response (organisation_id, team_id, answered_at);

CREATE TABLE rollup_day (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    team_id integer NOT NULL,
    reference integer NOT NULL,
    position integer NOT NULL,
    day date NOT NULL,
    flagged boolean NOT NULL,
    n1 integer NOT NULL,
    n2 integer NOT NULL,
    n3 integer NOT NULL,
    n4 integer NOT NULL,
    n5 integer NOT NULL,
    n6 integer NOT NULL,
    skipped integer NOT NULL,
    timed_out integer NOT NULL,
    CONSTRAINT pk_rollup_day
        PRIMARY KEY (organisation_id, device_id, team_id, reference, position, day, flagged),
    CONSTRAINT fk_rollup_day_device FOREIGN KEY (organisation_id, device_id) REFERENCES device,
    CONSTRAINT fk_rollup_day_team FOREIGN KEY (organisation_id, team_id) REFERENCES team,
    CONSTRAINT fk_rollup_day_version_question FOREIGN KEY (organisation_id, reference, position)
        REFERENCES version_question
);
CREATE INDEX ix_rollup_day_organisation_id_team_id_day ON rollup_day (organisation_id, team_id, day);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
