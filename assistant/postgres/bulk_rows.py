"""Many rows into a table at once: COPY in PostgreSQL's binary form.

COPY refuses a table with row-level security: the rows go to a temporary table first, and are checked from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from assistant.embeddings import Vector
from assistant.engine import Ids

if TYPE_CHECKING:
    from psycopg import Copy

    from assistant.postgres.database import Connection

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"


def copy_rows(connection: Connection, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """Add rows to a table of ours.

    Args:
        columns: names with their types, as PostgreSQL calls them.
    """
    with _copying(connection, table, tuple(columns)) as copy:
        copy.set_types(tuple(columns.values()))
        for row in rows:
            copy.write_row(row)


def copy_vectors(connection: Connection, chunk_ids: Ids, texts: Ids, vectors: Vector) -> None:
    """Add rows to index_vectors: each vector in half precision (which psycopg does not know) and exactly."""
    dimension = vectors.shape[1]
    fields = [
        *(("columns", ">i2"), ("l1", ">i4"), ("chunk", ">i8"), ("l2", ">i4"), ("text", ">i4")),
        *(("l3", ">i4"), ("dimension", ">i2")),
        *(("l4", ">i4"), ("parts", ">i2"), ("unused", ">i2"), ("embedding", ">f2", (dimension,))),
        *(("l5", ">i4"), ("exact", "<f4", (dimension,))),
    ]
    rows = np.zeros(len(vectors), np.dtype(fields))
    rows["columns"], rows["l1"], rows["l2"], rows["l3"] = 5, 8, 4, 2
    rows["l4"], rows["l5"] = 4 + 2 * dimension, 4 * dimension
    rows["chunk"], rows["text"], rows["dimension"], rows["parts"] = chunk_ids, texts, dimension, dimension
    rows["embedding"], rows["exact"] = vectors, vectors
    with _copying(connection, "index_vectors", ("chunk", "text", "dimension", "embedding", "exact")) as copy:
        copy.write(_HEADER + rows.tobytes() + _END)


@contextmanager
def _copying(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[Copy]:
    names, waiting = ", ".join(columns), f"pg_temp.incoming_{table}"
    found = connection.execute("SELECT to_regclass(%s)", (waiting,)).fetchone()
    if found == (None,):
        sql = f"CREATE TEMPORARY TABLE incoming_{table} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"
        connection.execute(sql.encode())
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {waiting} ({names}) FROM STDIN (FORMAT BINARY)".encode()) as copy:
            yield copy
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {waiting}".encode())
        cursor.execute(f"TRUNCATE {waiting}".encode())
