"""The tables of the records, as a list of migrations: a file with user_version n has had the first n of them.

Never change a migration that was released; add one, here and for PostgreSQL in assistant/postgres/migrations.
Times are seconds since 1970.
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE keys (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL,
            created REAL NOT NULL, last_used TEXT, revoked REAL)""",
        "CREATE TABLE limits (actor TEXT PRIMARY KEY, spent_until REAL NOT NULL)",
        """CREATE TABLE feedback (
            id TEXT PRIMARY KEY, answer TEXT NOT NULL, verdict TEXT NOT NULL, remark TEXT, question TEXT,
            door TEXT NOT NULL, created REAL NOT NULL)""",
        "CREATE INDEX feedback_created ON feedback (created)",
        """CREATE TABLE tasks (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, actor TEXT NOT NULL, details TEXT NOT NULL,
            state TEXT NOT NULL, progress INTEGER NOT NULL, message TEXT NOT NULL, outcome TEXT,
            attempts INTEGER NOT NULL, created REAL NOT NULL, updated REAL NOT NULL)""",
        "CREATE INDEX tasks_state ON tasks (state, created)",
        "CREATE TABLE closed_doors (door TEXT PRIMARY KEY, message TEXT NOT NULL)",
        "CREATE TABLE seen (key TEXT PRIMARY KEY, until REAL NOT NULL)",
        "CREATE INDEX seen_until ON seen (until)",
        """CREATE TABLE trail (
            id INTEGER PRIMARY KEY, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
            result TEXT NOT NULL, created REAL NOT NULL)""",
    ),
    (
        """CREATE TABLE errands (
            key TEXT PRIMARY KEY, topic TEXT NOT NULL, details TEXT NOT NULL, attempts INTEGER NOT NULL,
            leased_until REAL, forgotten REAL NOT NULL)""",
        "CREATE INDEX errands_topic ON errands (topic, key)",
        "CREATE INDEX errands_leased ON errands (leased_until)",
        "CREATE INDEX errands_forgotten ON errands (forgotten)",
    ),
    ("ALTER TABLE tasks ADD COLUMN leased_until REAL",),
)
