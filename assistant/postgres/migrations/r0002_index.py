"""The index: snapshots, documents, chunks, vectors and words."""

from __future__ import annotations

from assistant.postgres.migrating import run

revision = "0002"
down_revision = "0001"

_SQL = """
-- Documents, chunks and words never change once written: a snapshot is a list of numbers, and the one that serves is
-- named in index_state. So a build is one transaction, its commit is the switch, and a reader keeps what it began with.
CREATE TABLE index_state (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation') PRIMARY KEY,
    current integer,  -- numbers of index_snapshots
    previous integer,
    last_snapshot integer NOT NULL DEFAULT 0,  -- the highest numbers that were ever given out
    last_document integer NOT NULL DEFAULT 0,
    last_text integer NOT NULL DEFAULT 0,
    last_chunk bigint NOT NULL DEFAULT 0,
    last_segment integer NOT NULL DEFAULT 0
);
CREATE TABLE index_snapshots (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    number integer NOT NULL,
    created timestamptz NOT NULL,
    format integer NOT NULL,
    recipe text NOT NULL,  -- JSON: model, chunking, analysis, fields
    documents integer[] NOT NULL,
    segments integer[] NOT NULL,
    chunks integer NOT NULL,
    bytes bigint NOT NULL,
    retired timestamptz,  -- when another one began to serve
    PRIMARY KEY (organisation, number)
);
CREATE TABLE index_texts (  -- a document's text as it was read
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    number integer NOT NULL,
    first_chunk bigint NOT NULL,
    chunks integer NOT NULL,
    source bytea NOT NULL,
    digest bytea NOT NULL,  -- SHA-256 of all that was written for it
    bytes bigint NOT NULL,
    PRIMARY KEY (organisation, number)
);
CREATE TABLE index_documents (  -- what the catalogue says of a text
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    number integer NOT NULL,
    text integer NOT NULL,
    id text NOT NULL,
    sha256 text NOT NULL,
    metadata text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (organisation, number)
);
CREATE TABLE index_chunks (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    chunk bigint NOT NULL,
    heading_path text NOT NULL,
    page integer,
    begins integer NOT NULL,
    ends integer NOT NULL,
    body text NOT NULL,
    sentences bytea NOT NULL,
    traits text NOT NULL,
    sentence_vectors bytea NOT NULL,
    PRIMARY KEY (organisation, chunk)
);
ALTER TABLE index_chunks ALTER COLUMN sentence_vectors SET STORAGE EXTERNAL;  -- does not get smaller

CREATE TABLE index_vectors (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    chunk bigint NOT NULL,
    text integer NOT NULL,
    dimension smallint NOT NULL,
    embedding halfvec NOT NULL,  -- to find candidates with
    exact bytea NOT NULL,  -- float32, to compare them with
    PRIMARY KEY (organisation, chunk)
) PARTITION BY LIST (organisation);
ALTER TABLE index_vectors ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN exact SET STORAGE EXTERNAL;

CREATE TABLE index_segments (  -- chunks whose words were counted together
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    number integer NOT NULL,
    chunks bytea NOT NULL,  -- int64 ids
    lengths bytea NOT NULL,  -- int32 tokens of each chunk, field after field
    bytes bigint NOT NULL,
    PRIMARY KEY (organisation, number)
);
CREATE TABLE index_postings (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    segment integer NOT NULL,
    token text NOT NULL COLLATE "C",  -- field:token
    places bytea NOT NULL,  -- uint16 positions in the segment's chunks
    counts bytea NOT NULL,  -- uint16 occurrences in each
    PRIMARY KEY (organisation, segment, token)
);

-- For whoever searches with SQL: Dutch stems, and the glossary's other names for what is looked for.
CREATE TEXT SEARCH CONFIGURATION beleidswijzer_dutch (COPY = pg_catalog.dutch);
CREATE TABLE index_synonyms (
    organisation text NOT NULL DEFAULT current_setting('beleidswijzer.organisation'),
    name tsquery NOT NULL,
    names tsquery NOT NULL,
    PRIMARY KEY (organisation, name)
);
CREATE FUNCTION searchable(body text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('beleidswijzer.beleidswijzer_dutch'::regconfig, left(body, 100000));
CREATE INDEX index_chunks_words ON index_chunks USING gin (searchable(body));
CREATE FUNCTION find_passages(question text, most integer DEFAULT 10)
    RETURNS TABLE (document text, heading text, passage text, rank real)
    LANGUAGE sql STABLE SET search_path = beleidswijzer, public AS $$
    WITH typed AS (
        SELECT websearch_to_tsquery('beleidswijzer_dutch', question) AS query
    ), asked AS (  -- not ts_rewrite, which breaks on the names of several words
        SELECT query || coalesce(
            (SELECT string_agg('(' || names::text || ')', ' | ')::tsquery
             FROM index_synonyms
             WHERE organisation = current_setting('beleidswijzer.organisation') AND query @> name),
            query) AS query
        FROM typed
    ), served AS (
        SELECT id, first_chunk, texts.chunks
        FROM index_state JOIN index_snapshots snapshots
            ON snapshots.organisation = index_state.organisation AND snapshots.number = current
        JOIN index_documents entries
            ON entries.organisation = index_state.organisation AND entries.number = ANY (snapshots.documents)
        JOIN index_texts texts ON texts.organisation = index_state.organisation AND texts.number = entries.text
        WHERE index_state.organisation = current_setting('beleidswijzer.organisation')
    )
    SELECT id, heading_path, ts_headline('beleidswijzer_dutch', body, query),
           ts_rank_cd(searchable(body), query) AS rank
    FROM asked, index_chunks JOIN served ON chunk >= first_chunk AND chunk < first_chunk + served.chunks
    WHERE organisation = current_setting('beleidswijzer.organisation') AND searchable(body) @@ query
    ORDER BY rank DESC, chunk LIMIT most
$$;

SELECT protect_table(name) FROM unnest(ARRAY[
    'index_state', 'index_snapshots', 'index_texts', 'index_documents', 'index_chunks', 'index_vectors',
    'index_segments', 'index_postings', 'index_synonyms'
]) AS name;

-- Each organisation's vectors are in a table of their own, so that its graph holds nobody else's.
CREATE OR REPLACE FUNCTION prepare_organisation(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := 'index_vectors_' || name;
BEGIN
    IF to_regclass(format('beleidswijzer.%I', part)) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF index_vectors FOR VALUES IN (%L)', part, name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);  -- reached through index_vectors only
    END IF;
END $$;

-- Called by a build whose index has become too large to compare with every vector; the caller's organisation only.
CREATE FUNCTION make_vector_graph(dimension integer) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = beleidswijzer, public, pg_temp AS $$
DECLARE
    part text := 'index_vectors_' || current_setting('beleidswijzer.organisation');
    graph text := part || '_' || dimension;
BEGIN
    IF dimension NOT BETWEEN 1 AND 4000 THEN
        RAISE EXCEPTION 'dimension out of range';
    END IF;
    IF to_regclass(format('%I', graph)) IS NULL THEN
        EXECUTE format(
            'CREATE INDEX %I ON %I USING hnsw ((embedding::halfvec(%s)) halfvec_ip_ops) '
            'WITH (m = 16, ef_construction = 100) WHERE dimension = %s', graph, part, dimension, dimension);
        EXECUTE format('ANALYZE %I', part);
    END IF;
END $$;
REVOKE ALL ON FUNCTION make_vector_graph FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_vector_graph TO beleidswijzer_app;
"""


def upgrade() -> None:
    """Make the tables."""
    run(_SQL)
