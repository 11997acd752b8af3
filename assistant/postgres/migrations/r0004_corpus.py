"""The corpus: files by the hash of their content, the catalogue, what is where, changes to undo, and uploads."""

from __future__ import annotations

from assistant.postgres.migrating import run

revision = "0004"
down_revision = "0003"

_SQL = """
CREATE TABLE files (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size bigint NOT NULL CHECK (size >= 0),
    stored timestamptz NOT NULL DEFAULT now(),  -- the last time that somebody sent it
    PRIMARY KEY (organisation, sha256)
);
CREATE TABLE file_parts (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    sha256 text NOT NULL,
    part integer NOT NULL CHECK (part >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (organisation, sha256, part),
    FOREIGN KEY (organisation, sha256) REFERENCES files ON DELETE CASCADE
);
-- Documents are compressed already; to try it again only takes time.
ALTER TABLE file_parts ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE corpus (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation') PRIMARY KEY,
    version bigint NOT NULL,
    catalogue text NOT NULL,
    changed timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE corpus_files (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    path text NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (organisation, path),
    FOREIGN KEY (organisation, sha256) REFERENCES files
);
CREATE INDEX corpus_files_sha256 ON corpus_files (organisation, sha256);

CREATE TABLE corpus_changes (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    number bigint NOT NULL,
    change text NOT NULL,
    catalogue_before text NOT NULL,
    catalogue_after text NOT NULL,
    PRIMARY KEY (organisation, number)
);
CREATE TABLE corpus_kept (  -- files that left the corpus with a change
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    number bigint NOT NULL,
    place integer NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (organisation, number, place),
    FOREIGN KEY (organisation, number) REFERENCES corpus_changes ON DELETE CASCADE,
    FOREIGN KEY (organisation, sha256) REFERENCES files
);
CREATE INDEX corpus_kept_sha256 ON corpus_kept (organisation, sha256);

CREATE TABLE uploads (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    id text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    read bytea,  -- what was read from it, as JSON
    claimed boolean NOT NULL DEFAULT false,
    sent timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, sha256) REFERENCES files
);
CREATE INDEX uploads_sha256 ON uploads (organisation, sha256);
CREATE INDEX uploads_sent ON uploads (organisation, sent);

SELECT protect_table(name) FROM unnest(ARRAY[
    'files', 'file_parts', 'corpus', 'corpus_files', 'corpus_changes', 'corpus_kept', 'uploads'
]) AS name;
"""


def upgrade() -> None:
    """Make the tables."""
    run(_SQL)
