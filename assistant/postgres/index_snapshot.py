"""The index in PostgreSQL as a question meets it: one snapshot, which never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from assistant.embeddings import ModelDescription
from assistant.engine import IndexStatus
from assistant.errors import IndexDamagedError, IndexMissingError, IndexStaleError
from assistant.manifest import Contents, Recipe
from assistant.postgres.chunk_rows import DAMAGED, PostgresStore
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.document_rows import RowDocuments, read_documents
from assistant.postgres.vector_rows import GRAPH_FROM, PostgresVectors
from assistant.postgres.word_rows import PostgresWords, Segment

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

FORMAT = 1  # of the rows; a reader refuses any other


@dataclass(frozen=True)
class SnapshotRow:
    """A row of index_snapshots, without reading what it refers to."""

    number: int
    created: datetime
    recipe: Recipe
    documents: list[int]
    segments: list[int]
    chunks: int
    bytes: int

    @property
    def id(self) -> str:
        return snapshot_id(self.number, self.created)


@dataclass(frozen=True, eq=False)
class PostgresSnapshot:
    """An opened snapshot. Safe to use from several threads."""

    id: str
    row: SnapshotRow
    manifest: Contents
    documents: RowDocuments
    segments: tuple[Segment, ...]
    vectors: PostgresVectors
    lexical: PostgresWords
    store: PostgresStore


def snapshot_id(number: int, created: datetime) -> str:
    """How a snapshot is called."""
    return f"{number:06}-{created.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def serving(connection: Connection) -> tuple[int, int | None]:
    """The numbers of the snapshot that serves and of the one before it; IndexMissingError if there is none yet."""
    row = connection.execute("SELECT current, previous FROM index_state").fetchone()
    if row is None or row[0] is None:
        raise IndexMissingError("Er is nog geen index in de database. Typ: beleidswijzer index build")
    return row[0], row[1]


def read_snapshot(connection: Connection, number: int) -> SnapshotRow:
    """One snapshot; IndexStaleError if another version of ours wrote it."""
    sql = "SELECT created, recipe, documents, segments, chunks, bytes, format FROM index_snapshots WHERE number = %s"
    row = connection.execute(sql, (number,), binary=True).fetchone()
    if row is None:
        raise IndexDamagedError(DAMAGED)
    if row[6] != FORMAT:
        raise IndexStaleError(
            "De index in de database is gemaakt met een andere versie van Beleidswijzer. Typ: beleidswijzer index build"
        )
    try:
        recipe = Recipe.model_validate_json(row[1])
    except ValidationError as error:
        raise IndexDamagedError(DAMAGED) from error
    return SnapshotRow(number, row[0].astimezone(UTC), recipe, *row[2:6])


def read_contents(connection: Connection, row: SnapshotRow) -> tuple[Contents, RowDocuments]:
    """What a snapshot holds."""
    documents = read_documents(connection, row.documents)
    if len(documents.entries) != len(row.documents) or documents.size != row.chunks:
        raise IndexDamagedError(DAMAGED)
    described = tuple(entry.described for entry in documents.entries)
    return Contents(created=row.created, recipe=row.recipe, documents=described), documents


def open_snapshot(
    database: PostgresDatabase,
    connection: Connection,
    number: int,
    model: ModelDescription | None = None,
    graph_from: int = GRAPH_FROM,
) -> PostgresSnapshot:
    """One snapshot, opened for questions.

    Args:
        connection: in a transaction; the snapshot itself uses transactions of its own.
        model: that will embed the questions.
    """
    row = read_snapshot(connection, number)
    if model is not None and model.fingerprint != row.recipe.model.fingerprint:
        raise IndexStaleError(_other_model(row.recipe.model, model))
    manifest, documents = read_contents(connection, row)
    dimension = row.recipe.model.dimension
    segments = read_segments(connection, row)
    vectors = PostgresVectors(database, documents, dimension, *_strangers(connection, documents), graph_from)
    lexical = PostgresWords(database, row.recipe.fields, segments, documents)
    store = PostgresStore(database, documents, dimension)
    return PostgresSnapshot(row.id, row, manifest, documents, segments, vectors, lexical, store)


def read_segments(connection: Connection, row: SnapshotRow) -> tuple[Segment, ...]:
    """Which chunks' words were counted together."""
    sql = "SELECT number, chunks, lengths FROM index_segments WHERE number = ANY (%s) ORDER BY number"
    rows = connection.execute(sql, (row.segments,), binary=True).fetchall()
    if len(rows) != len(row.segments):
        raise IndexDamagedError(DAMAGED)
    return tuple(Segment.of_row(number, chunks, lengths, len(row.recipe.fields)) for number, chunks, lengths in rows)


def read_status(connection: Connection) -> IndexStatus:
    """What the snapshot that serves is."""
    current, previous = serving(connection)
    row = read_snapshot(connection, current)
    before = None
    if previous is not None:
        found = connection.execute("SELECT created FROM index_snapshots WHERE number = %s", (previous,)).fetchone()
        before = snapshot_id(previous, found[0]) if found else None
    return IndexStatus(row.id, row.created, row.recipe.model.name, len(row.documents), row.chunks, row.bytes, before)


def _strangers(connection: Connection, documents: RowDocuments) -> tuple[list[int], int]:
    """The texts in the database that are not in this snapshot, and the last text that there was when it was opened."""
    row = connection.execute("SELECT last_text FROM index_state").fetchone()
    rows = connection.execute("SELECT number FROM index_texts WHERE number <> ALL (%s)", (documents.texts,))
    return [each[0] for each in rows], row[0] if row else 0


def _other_model(made: ModelDescription, now: ModelDescription) -> str:
    if made.name != now.name:
        what = f"met het model '{made.name}', niet met '{now.name}'"
    else:
        what = f"met een andere uitvoering van '{now.name}'"
    return f"De index in de database is gemaakt {what}. Typ: beleidswijzer index build"
