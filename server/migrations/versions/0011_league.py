"""Who asked to be in the league of responses: services and teams, each by a statement of its own, audited."""

from alembic import op

revision = "0011"
down_revision = "0010"

SCHEMA = """
CREATE TABLE league_choice (
    organisation_id integer NOT NULL,
    scope_kind text NOT NULL,
    scope_id bigint NOT NULL,
    opted_in boolean NOT NULL,
    chosen_by text NOT NULL,
    chosen_at timestamptz NOT NULL,
    CONSTRAINT pk_league_choice PRIMARY KEY (organisation_id, scope_kind, scope_id),
    CONSTRAINT fk_league_choice_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
    CONSTRAINT ck_league_choice_scope_kind CHECK (scope_kind IN ('service', 'team'))
);
SELECT audited('league_choice');
"""


def upgrade() -> None:
    op.execute(SCHEMA)
