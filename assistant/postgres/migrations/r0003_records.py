"""What is kept between requests: keys, limits, feedback, tasks, errands, closed doors, what was seen, the trail."""

from __future__ import annotations

from assistant.postgres.migrating import run

revision = "0003"
down_revision = "0002"

# As assistant/records/schema.py has them for SQLite; collation "C" orders keys by their signs, as SQLite does.
_SQL = """
CREATE TABLE keys (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    id text COLLATE "C" NOT NULL, name text NOT NULL, role text NOT NULL, hash text NOT NULL,
    created double precision NOT NULL, last_used text, revoked double precision,
    PRIMARY KEY (organisation, id)
);
CREATE TABLE limits (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    actor text COLLATE "C" NOT NULL, spent_until double precision NOT NULL,
    PRIMARY KEY (organisation, actor)
) WITH (fillfactor = 70);
CREATE TABLE feedback (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    id text COLLATE "C" NOT NULL, answer text NOT NULL, verdict text NOT NULL, remark text, question text,
    door text NOT NULL, created double precision NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX feedback_created ON feedback (organisation, created);
CREATE TABLE tasks (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    id text COLLATE "C" NOT NULL, kind text NOT NULL, actor text NOT NULL, details text NOT NULL,
    state text NOT NULL, progress integer NOT NULL, message text NOT NULL, outcome text,
    attempts integer NOT NULL, created double precision NOT NULL, updated double precision NOT NULL,
    leased_until double precision,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX tasks_open ON tasks (organisation, created, id) WHERE state IN ('wacht', 'bezig');
CREATE INDEX tasks_created ON tasks (organisation, created, id);
CREATE TABLE closed_doors (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    door text COLLATE "C" NOT NULL, message text NOT NULL,
    PRIMARY KEY (organisation, door)
);
CREATE TABLE seen (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    key text COLLATE "C" NOT NULL, until double precision NOT NULL,
    PRIMARY KEY (organisation, key)
);
CREATE INDEX seen_until ON seen (organisation, until);
CREATE TABLE errands (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    key text COLLATE "C" NOT NULL, topic text NOT NULL, details text NOT NULL, attempts integer NOT NULL,
    leased_until double precision, forgotten double precision NOT NULL,
    PRIMARY KEY (organisation, key)
);
CREATE INDEX errands_topic ON errands (organisation, topic, key);
CREATE INDEX errands_leased ON errands (organisation, leased_until);
CREATE INDEX errands_forgotten ON errands (organisation, forgotten);
CREATE TABLE trail (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    id bigint GENERATED ALWAYS AS IDENTITY, actor text NOT NULL, action text NOT NULL, object text NOT NULL,
    result text NOT NULL, created double precision NOT NULL,
    PRIMARY KEY (organisation, id)
);
SELECT protect_table(name)
FROM unnest(ARRAY['keys', 'limits', 'feedback', 'tasks', 'closed_doors', 'seen', 'errands', 'trail']) AS name;

-- The trail is added to and read, and never changed.
REVOKE UPDATE, DELETE ON trail FROM beleidswijzer_app;

-- A process may clean up what it deleted itself; from PostgreSQL 17, before that only the owner of the table may.
DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
        EXECUTE 'GRANT MAINTAIN ON feedback TO beleidswijzer_app';
    END IF;
END $$;
"""


def upgrade() -> None:
    """Make the tables."""
    run(_SQL)
