"""What is withheld from outsiders, found when it is counted and no longer at each request; newest statuses at once."""

from alembic import op

revision = "0013"
down_revision = "0012"

ANSWERS = """
    n1 integer NOT NULL,
    n2 integer NOT NULL,
    n3 integer NOT NULL,
    n4 integer NOT NULL,
    n5 integer NOT NULL,
    n6 integer NOT NULL,
    skipped integer NOT NULL,
    timed_out integer NOT NULL"""

SCHEMA = f"""
DROP INDEX ix_rollup_segment_small;
ALTER TABLE rollup_segment DROP COLUMN small;

CREATE TABLE rollup_withheld (
    organisation_id integer NOT NULL,
    device_id bigint NOT NULL,
    team_id integer NOT NULL,
    reference integer NOT NULL,
    position integer NOT NULL,
    month date NOT NULL,
    week date NOT NULL,
    weekly boolean NOT NULL,{ANSWERS},
    CONSTRAINT pk_rollup_withheld
        PRIMARY KEY (organisation_id, device_id, team_id, reference, position, month, week, weekly),
    CONSTRAINT fk_rollup_withheld_device FOREIGN KEY (organisation_id, device_id) REFERENCES device,
    CONSTRAINT fk_rollup_withheld_team FOREIGN KEY (organisation_id, team_id) REFERENCES team,
    CONSTRAINT fk_rollup_withheld_version_question FOREIGN KEY (organisation_id, reference, position)
        REFERENCES version_question
);
CREATE INDEX ix_rollup_withheld_organisation_id_weekly_month ON rollup_withheld (organisation_id, weekly, month);

CREATE TABLE rollup_organisation_withheld (
    organisation_id integer NOT NULL,
    month date NOT NULL,
    week date NOT NULL,
    reference integer NOT NULL,
    position integer NOT NULL,
    weekly boolean NOT NULL,{ANSWERS},
    CONSTRAINT pk_rollup_organisation_withheld
        PRIMARY KEY (organisation_id, month, week, reference, position, weekly),
    CONSTRAINT fk_rollup_organisation_withheld_version_question FOREIGN KEY (organisation_id, reference, position)
        REFERENCES version_question
);

ALTER TABLE rollup_revision ADD withheld_before date;
CREATE INDEX ix_connection_organisation_id_confirmed_at ON connection (organisation_id, confirmed_at);
"""

# Of all months that are over, by the rule of docs/suppression.md: a cell is one device, team and question in a week or
# a month, and one of fewer than five counted answers is withheld; so are all weeks that touch a month which has one.
FILL = """
INSERT INTO rollup_revision (organisation_id, revision, withheld_before)
SELECT organisation_id, 1, date_trunc('month', now() AT TIME ZONE timezone)::date FROM organisation
ON CONFLICT (organisation_id) DO UPDATE
    SET revision = rollup_revision.revision + 1, withheld_before = excluded.withheld_before;

CREATE TEMPORARY TABLE cell ON COMMIT DROP AS
    SELECT t.*, q.question_id, t.month < r.withheld_before AS is_over, t.week + 6 < r.withheld_before AS week_is_over
    FROM rollup_segment t JOIN version_question q USING (organisation_id, reference, position)
    JOIN rollup_revision r USING (organisation_id)
    WHERE NOT t.flagged AND t.month <> '1970-01-01';
CREATE TEMPORARY TABLE small_month ON COMMIT DROP AS
    SELECT organisation_id, device_id, team_id, question_id, month FROM cell
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(counted) < 5;
CREATE TEMPORARY TABLE shut ON COMMIT DROP AS
    SELECT organisation_id, device_id, team_id, question_id, touched.month
    FROM (SELECT organisation_id, device_id, team_id, question_id, week FROM cell
          GROUP BY 1, 2, 3, 4, 5 HAVING sum(counted) < 5) AS small_week
    CROSS JOIN LATERAL (VALUES (date_trunc('month', week)::date), (date_trunc('month', week + 6)::date))
        AS touched (month)
    UNION SELECT * FROM small_month;
ANALYZE cell;
ANALYZE small_month;
ANALYZE shut;

INSERT INTO rollup_withheld (organisation_id, device_id, team_id, reference, position, month, week, weekly,
                             n1, n2, n3, n4, n5, n6, skipped, timed_out)
SELECT organisation_id, device_id, team_id, reference, position, month, week, false,
       n1, n2, n3, n4, n5, n6, skipped, timed_out
FROM cell JOIN small_month USING (organisation_id, device_id, team_id, question_id, month) WHERE is_over
UNION ALL
SELECT organisation_id, device_id, team_id, reference, position, month, week, true,
       n1, n2, n3, n4, n5, n6, skipped, timed_out
FROM cell JOIN (
    SELECT DISTINCT organisation_id, device_id, team_id, question_id, touching.monday::date AS week FROM shut
    CROSS JOIN LATERAL generate_series(date_trunc('week', month), month + interval '1 month' - interval '1 day',
        interval '7 days') AS touching (monday)) AS shut_week
USING (organisation_id, device_id, team_id, question_id, week) WHERE is_over AND week_is_over;

INSERT INTO rollup_organisation_withheld
SELECT organisation_id, month, week, reference, position, weekly,
       sum(n1), sum(n2), sum(n3), sum(n4), sum(n5), sum(n6), sum(skipped), sum(timed_out)
FROM rollup_withheld GROUP BY 1, 2, 3, 4, 5, 6;

ALTER TABLE rollup_revision ALTER withheld_before SET NOT NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(FILL)
