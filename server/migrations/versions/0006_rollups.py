"""Coarser rollups beside those by day: by week and month of a device and of a team, and by hour of the week."""

from alembic import op

revision = "0006"
down_revision = "0005"

ANSWERS = """
    n1 integer NOT NULL,
    n2 integer NOT NULL,
    n3 integer NOT NULL,
    n4 integer NOT NULL,
    n5 integer NOT NULL,
    n6 integer NOT NULL,
    skipped integer NOT NULL,
    timed_out integer NOT NULL"""

PASSES = """
    complete integer NOT NULL,
    partial integer NOT NULL,
    declined integer NOT NULL,
    answering integer NOT NULL"""

KEYS = """
    CONSTRAINT fk_{table}_team FOREIGN KEY (organisation_id, team_id) REFERENCES team,
    CONSTRAINT fk_{table}_{other} FOREIGN KEY (organisation_id, reference{position}) REFERENCES {other}"""


def _keys(table: str, *, by_question: bool) -> str:
    other, position = ("version_question", ", position") if by_question else ("questionnaire_version", "")
    return KEYS.format(table=table, other=other, position=position)


SCHEMA = f"""
ALTER TABLE rollup_response_day ADD answering integer NOT NULL DEFAULT 0;
ALTER TABLE rollup_response_day ALTER answering DROP DEFAULT;

CREATE TABLE rollup_segment (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    team_id integer NOT NULL,
    reference integer NOT NULL,
    position integer NOT NULL,
    month date NOT NULL,
    week date NOT NULL,
    flagged boolean NOT NULL,{ANSWERS},
    counted integer NOT NULL,
    small boolean NOT NULL GENERATED ALWAYS AS (counted < 5 AND NOT flagged) STORED,
    CONSTRAINT pk_rollup_segment
        PRIMARY KEY (organisation_id, device_id, team_id, reference, position, month, week, flagged),
    CONSTRAINT fk_rollup_segment_device FOREIGN KEY (organisation_id, device_id) REFERENCES device,
    {_keys("rollup_segment", by_question=True)}
) WITH (fillfactor = 70);

CREATE TABLE rollup_response_segment (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    team_id integer NOT NULL,
    reference integer NOT NULL,
    month date NOT NULL,
    week date NOT NULL,
    flagged boolean NOT NULL,{PASSES},
    CONSTRAINT pk_rollup_response_segment
        PRIMARY KEY (organisation_id, device_id, team_id, reference, month, week, flagged),
    CONSTRAINT fk_rollup_response_segment_device FOREIGN KEY (organisation_id, device_id) REFERENCES device,
    {_keys("rollup_response_segment", by_question=False)}
) WITH (fillfactor = 70);

CREATE TABLE rollup_team_segment (
    organisation_id integer NOT NULL,
    month date NOT NULL,
    week date NOT NULL,
    team_id integer NOT NULL,
    reference integer NOT NULL,
    position integer NOT NULL,
    flagged boolean NOT NULL,{ANSWERS},
    CONSTRAINT pk_rollup_team_segment
        PRIMARY KEY (organisation_id, month, week, team_id, reference, position, flagged),
    {_keys("rollup_team_segment", by_question=True)}
) WITH (fillfactor = 70);

CREATE TABLE rollup_team_response_segment (
    organisation_id integer NOT NULL,
    month date NOT NULL,
    week date NOT NULL,
    team_id integer NOT NULL,
    reference integer NOT NULL,
    flagged boolean NOT NULL,{PASSES},
    CONSTRAINT pk_rollup_team_response_segment
        PRIMARY KEY (organisation_id, month, week, team_id, reference, flagged),
    {_keys("rollup_team_response_segment", by_question=False)}
) WITH (fillfactor = 70);

CREATE TABLE rollup_organisation_segment (
    organisation_id integer NOT NULL,
    month date NOT NULL,
    week date NOT NULL,
    reference integer NOT NULL,
    position integer NOT NULL,
    flagged boolean NOT NULL,{ANSWERS},
    CONSTRAINT pk_rollup_organisation_segment
        PRIMARY KEY (organisation_id, month, week, reference, position, flagged),
    CONSTRAINT fk_rollup_organisation_segment_version_question FOREIGN KEY (organisation_id, reference, position)
        REFERENCES version_question
) WITH (fillfactor = 70);

CREATE TABLE rollup_organisation_response_segment (
    organisation_id integer NOT NULL,
    month date NOT NULL,
    week date NOT NULL,
    reference integer NOT NULL,
    flagged boolean NOT NULL,{PASSES},
    CONSTRAINT pk_rollup_organisation_response_segment
        PRIMARY KEY (organisation_id, month, week, reference, flagged),
    CONSTRAINT fk_rollup_organisation_response_segment_questionnaire_version FOREIGN KEY (organisation_id, reference)
        REFERENCES questionnaire_version
) WITH (fillfactor = 70);

CREATE TABLE rollup_hour (
    organisation_id integer NOT NULL,
    team_id integer NOT NULL,
    month date NOT NULL,
    reference integer NOT NULL,
    position integer NOT NULL,
    weekday smallint NOT NULL,
    hour smallint NOT NULL,
    flagged boolean NOT NULL,
    counted integer NOT NULL,
    positive integer NOT NULL,
    CONSTRAINT pk_rollup_hour
        PRIMARY KEY (organisation_id, team_id, month, reference, position, weekday, hour, flagged),
    {_keys("rollup_hour", by_question=True)}
) WITH (fillfactor = 70);

CREATE TABLE rollup_organisation_hour (
    organisation_id integer NOT NULL,
    month date NOT NULL,
    reference integer NOT NULL,
    position integer NOT NULL,
    weekday smallint NOT NULL,
    hour smallint NOT NULL,
    flagged boolean NOT NULL,
    counted integer NOT NULL,
    positive integer NOT NULL,
    CONSTRAINT pk_rollup_organisation_hour
        PRIMARY KEY (organisation_id, month, reference, position, weekday, hour, flagged),
    CONSTRAINT fk_rollup_organisation_hour_version_question FOREIGN KEY (organisation_id, reference, position)
        REFERENCES version_question
) WITH (fillfactor = 70);

CREATE TABLE rollup_revision (
    organisation_id integer NOT NULL,
    revision integer NOT NULL,
    CONSTRAINT pk_rollup_revision PRIMARY KEY (organisation_id),
    CONSTRAINT fk_rollup_revision_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
"""

OPTIONS = "n1, n2, n3, n4, n5, n6, skipped, timed_out"
SUMS = ", ".join(f"sum({column})" for column in OPTIONS.split(", "))

# A day without a date (1970-01-01) is a segment of its own.
FILL = f"""
CREATE TEMPORARY TABLE counting ON COMMIT DROP AS
    SELECT organisation_id, reference, position, option, sentiment = 'positive' AS positive
    FROM version_option WHERE sentiment <> 'excluded';
CREATE UNIQUE INDEX ON counting (organisation_id, reference, position, option);

CREATE TEMPORARY TABLE given ON COMMIT DROP AS
    SELECT r.organisation_id, r.device_id, r.journal_id, r.sequence, r.team_id, r.reference, g.position, r.day,
           r.answered_at AT TIME ZONE o.timezone AS local, (r.flags & 28) <> 0 AS flagged, c.positive
    FROM response r
    JOIN organisation o USING (organisation_id)
    CROSS JOIN LATERAL unnest(r.answers) WITH ORDINALITY AS g (option, position)
    JOIN counting c ON (c.organisation_id, c.reference, c.position, c.option)
                     = (r.organisation_id, r.reference, g.position, g.option)
    WHERE r.kind = 1 AND r.flags & 64 = 0;

UPDATE rollup_response_day d SET answering = a.answering
FROM (SELECT organisation_id, device_id, team_id, reference, day, flagged, count(*) AS answering
      FROM (SELECT DISTINCT organisation_id, device_id, journal_id, sequence, team_id, reference, day, flagged
            FROM given) AS answered
      GROUP BY 1, 2, 3, 4, 5, 6) AS a
WHERE (d.organisation_id, d.device_id, d.team_id, d.reference, d.day, d.flagged)
    = (a.organisation_id, a.device_id, a.team_id, a.reference, a.day, a.flagged);

INSERT INTO rollup_segment (organisation_id, device_id, team_id, reference, position, month, week, flagged,
                            {OPTIONS}, counted)
SELECT d.organisation_id, d.device_id, d.team_id, d.reference, d.position, m.month, m.week, d.flagged, {SUMS},
       sum((SELECT coalesce(sum((ARRAY[n1, n2, n3, n4, n5, n6])[c.option]), 0) FROM counting c
            WHERE (c.organisation_id, c.reference, c.position) = (d.organisation_id, d.reference, d.position)))
FROM rollup_day d
CROSS JOIN LATERAL (SELECT CASE WHEN day = '1970-01-01' THEN day ELSE date_trunc('month', day)::date END AS month,
                           CASE WHEN day = '1970-01-01' THEN day ELSE date_trunc('week', day)::date END AS week) AS m
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

INSERT INTO rollup_response_segment
SELECT organisation_id, device_id, team_id, reference,
       CASE WHEN day = '1970-01-01' THEN day ELSE date_trunc('month', day)::date END,
       CASE WHEN day = '1970-01-01' THEN day ELSE date_trunc('week', day)::date END,
       flagged, sum(complete), sum(partial), sum(declined), sum(answering)
FROM rollup_response_day GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO rollup_team_segment
SELECT organisation_id, month, week, team_id, reference, position, flagged, {SUMS}
FROM rollup_segment GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO rollup_team_response_segment
SELECT organisation_id, month, week, team_id, reference, flagged,
       sum(complete), sum(partial), sum(declined), sum(answering)
FROM rollup_response_segment GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO rollup_organisation_segment
SELECT organisation_id, month, week, reference, position, flagged, {SUMS}
FROM rollup_team_segment GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO rollup_organisation_response_segment
SELECT organisation_id, month, week, reference, flagged, sum(complete), sum(partial), sum(declined), sum(answering)
FROM rollup_team_response_segment GROUP BY 1, 2, 3, 4, 5;

INSERT INTO rollup_hour
SELECT organisation_id, team_id, date_trunc('month', day)::date, reference, position,
       extract(isodow FROM local) - 1, extract(hour FROM local), flagged,
       count(*), count(*) FILTER (WHERE positive)
FROM given WHERE local IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

INSERT INTO rollup_organisation_hour
SELECT organisation_id, month, reference, position, weekday, hour, flagged, sum(counted), sum(positive)
FROM rollup_hour GROUP BY 1, 2, 3, 4, 5, 6, 7;

CREATE INDEX ix_rollup_segment_organisation_id_month_week ON rollup_segment (organisation_id, month, week);
CREATE INDEX ix_rollup_segment_small ON rollup_segment (organisation_id, month) WHERE small;
CREATE INDEX ix_rollup_response_segment_organisation_id_month_week
    ON rollup_response_segment (organisation_id, month, week);
"""  # noqa: S608 - nothing in it comes from outside


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(FILL)
