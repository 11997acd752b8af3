"""Organisations, and what keeps their rows apart."""

from __future__ import annotations

from assistant.postgres.migrating import run

revision = "0001"
down_revision = None

_SQL = """
CREATE TABLE schema_versions (
    revision text PRIMARY KEY,
    tables text[] NOT NULL,
    migrated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON schema_versions, alembic_version TO beleidswijzer_app;

-- Every table with rows of organisations goes through this: its first column is
-- organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation').
CREATE FUNCTION protect_table(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
        'CREATE POLICY own_organisation ON %I '
        'USING (organisation = current_setting(''beleidswijzer.organisation'', true)) '
        'WITH CHECK (organisation = current_setting(''beleidswijzer.organisation'', true))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO beleidswijzer_app', name);
END $$;
REVOKE ALL ON FUNCTION protect_table FROM PUBLIC;

CREATE TABLE organisations (
    organisation text PRIMARY KEY CHECK (organisation ~ '^[a-z0-9][a-z0-9-]{0,40}$'),
    created timestamptz NOT NULL DEFAULT now()
);
SELECT protect_table('organisations');
-- The owner of the tables adds organisations and lists all of them; a process only finds its own.
ALTER TABLE organisations NO FORCE ROW LEVEL SECURITY;
REVOKE INSERT, UPDATE, DELETE ON organisations FROM beleidswijzer_app;

-- Called with every organisation that is added, by the owner of the tables; later steps replace it.
CREATE FUNCTION prepare_organisation(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$;
REVOKE ALL ON FUNCTION prepare_organisation FROM PUBLIC;
"""


def upgrade() -> None:
    """Make them."""
    run(_SQL)
