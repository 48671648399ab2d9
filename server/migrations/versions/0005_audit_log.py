"""The audit log: written by the database itself at commit, chained by SHA-256, and never changed afterwards."""

from alembic import op

revision = "0005"
down_revision = "0004"

# By table: the columns whose values are left out of the log, for they are secrets or of no use to a reader.
AUDITED: dict[str, tuple[str, ...]] = {
    "organisation": (),
    "directorate": (),
    "service": (),
    "team": (),
    "location": (),
    "person": ("password_hash",),
    "role_grant": (),
    "api_token": ("secret_hash",),
    "share_link": ("secret_hash",),
    "device": (),
    "device_key": ("wrapped_key", "password_hash"),
    "placement": (),
    "question": (),
    "questionnaire": (),
    "questionnaire_version": ("package",),
    "version_question": (),
    "version_option": (),
    "target": (),
    "assignment": (),
    "setting": ("value",),
    "text_item": (),
    "application_release": (),
    "release_assignment": (),
}

TABLES = """
CREATE TABLE audit_head (
    organisation_id integer NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_audit_head PRIMARY KEY (organisation_id),
    CONSTRAINT fk_audit_head_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);

CREATE TABLE audit_log (
    organisation_id integer NOT NULL,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (organisation_id, sequence),
    CONSTRAINT fk_audit_log_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
CREATE INDEX ix_audit_log_organisation_id_action ON audit_log (organisation_id, action);

-- What a row's hash is taken over, after the hash before it. server/accounts/audit_log.py has the same expression.
CREATE FUNCTION audit_text(entry audit_log) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(
        entry.organisation_id, entry.sequence,
        to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        entry.actor, entry.action, entry.subject, entry.detail
    )::text
$$;

-- The sequence is drawn under the lock of the head row: drawn before it, chains of concurrent writers look broken.
CREATE FUNCTION chain_audit_log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    head audit_head%ROWTYPE;
BEGIN
    SELECT * INTO head FROM audit_head WHERE organisation_id = NEW.organisation_id FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO audit_head VALUES (NEW.organisation_id, 0, '') ON CONFLICT DO NOTHING;
        SELECT * INTO STRICT head FROM audit_head WHERE organisation_id = NEW.organisation_id FOR UPDATE;
    END IF;
    NEW.sequence := head.sequence + 1;
    NEW.at := clock_timestamp();
    NEW.hash := sha256(head.hash || convert_to(audit_text(NEW), 'UTF8'));
    UPDATE audit_head SET sequence = NEW.sequence, hash = NEW.hash WHERE organisation_id = NEW.organisation_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER chain_audit_log BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION chain_audit_log();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: %', lower(TG_OP), TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = '42501';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the audit log is only ever added to');

-- Arguments: the columns of the key, joined by commas; the columns whose values are left out, the same way.
CREATE FUNCTION write_audit_log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path FROM CURRENT SET timezone = 'UTC' AS $$
DECLARE
    left_out text[] := string_to_array(TG_ARGV[1], ',');
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
    whole jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
    detail jsonb := '{}';
    changed text[];
BEGIN
    SELECT array_agg(name ORDER BY name) INTO changed FROM jsonb_object_keys(before || after) AS name
        WHERE before -> name IS DISTINCT FROM after -> name;
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        detail := detail || jsonb_build_object('old', (SELECT coalesce(jsonb_object_agg(key, value), '{}')
            FROM jsonb_each(before) WHERE key = ANY (changed) AND key <> ALL (left_out)));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        detail := detail || jsonb_build_object('new', (SELECT coalesce(jsonb_object_agg(key, value), '{}')
            FROM jsonb_each(after) WHERE key = ANY (changed) AND key <> ALL (left_out)));
    END IF;
    IF changed && left_out THEN
        detail := detail || jsonb_build_object('left_out',
            (SELECT jsonb_agg(name) FROM unnest(changed) AS name WHERE name = ANY (left_out)));
    END IF;
    INSERT INTO audit_log (organisation_id, actor, action, subject, detail) VALUES (
        (whole ->> 'organisation_id')::integer,
        coalesce(nullif(current_setting('pet.actor', true), ''), 'database user ' || session_user),
        TG_TABLE_NAME || ' ' || lower(TG_OP),
        (SELECT coalesce(string_agg(whole ->> name, '/' ORDER BY place), '')
            FROM unnest(string_to_array(TG_ARGV[0], ',')) WITH ORDINALITY AS names (name, place)),
        detail
    );
    RETURN NULL;
END
$$;

-- From now on every change of this table's rows is in the log, and the rows that are there already stand in it as they
-- are ('... baseline'). The table's key must begin with organisation_id.
CREATE FUNCTION audited(audited_table text, left_out text[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    keys text;
    unknown text;
    subject text;
BEGIN
    SELECT string_agg(attname, ',' ORDER BY array_position(indkey::int2[], attnum)) INTO keys
        FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE indrelid = audited_table::regclass AND indisprimary AND attname <> 'organisation_id';
    SELECT name INTO unknown FROM unnest(left_out) AS name WHERE NOT EXISTS (
        SELECT 1 FROM pg_attribute WHERE attrelid = audited_table::regclass AND attname = name);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'table % has no column % to leave out', audited_table, unknown;
    END IF;
    EXECUTE format('CREATE CONSTRAINT TRIGGER write_audit_log AFTER INSERT OR UPDATE OR DELETE ON %I '
        'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION write_audit_log(%L, %L)',
        audited_table, coalesce(keys, ''), array_to_string(left_out, ','));
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT '
        'EXECUTE FUNCTION refuse_change(%L)', audited_table, 'its changes are in the audit log row by row');
    SELECT coalesce(string_agg(format('(to_jsonb(t) ->> %L)', name), ' || ''/'' || ' ORDER BY place), '''''')
        INTO subject FROM unnest(string_to_array(keys, ',')) WITH ORDINALITY AS names (name, place);
    EXECUTE format('INSERT INTO audit_log (organisation_id, actor, action, subject, detail) '
        'SELECT organisation_id, ''migration'', %L, %s, jsonb_build_object(''new'', to_jsonb(t) - %L::text[]) '
        'FROM %I AS t', audited_table || ' baseline', subject, left_out, audited_table);
END
$$;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table, left_out in AUDITED.items():
        op.execute(f"SELECT audited('{table}', string_to_array('{','.join(left_out)}', ','))")
