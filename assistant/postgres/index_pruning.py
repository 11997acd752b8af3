"""Removes the rows of snapshots that nobody can be reading any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

# A snapshot that was replaced is left alone for so long: a question that began with it is answered from it.
READING_SECONDS = 900.0

_OLD = """
DELETE FROM index_snapshots WHERE retired < now() - make_interval(secs => %s)
AND number NOT IN (SELECT unnest(ARRAY[current, coalesce(previous, current)]) FROM index_state)
"""
_TEXTS = """
DELETE FROM index_texts
WHERE NOT EXISTS (SELECT FROM index_documents entries
                  WHERE entries.organisation = index_texts.organisation AND entries.text = index_texts.number)
RETURNING first_chunk, first_chunk + chunks - 1
"""


def prune(connection: Connection, reading_seconds: float = READING_SECONDS) -> None:
    """Remove what only snapshots that were replaced long ago have; call it as the only builder."""
    if not connection.execute(_OLD, (reading_seconds,)).rowcount:
        return
    connection.execute(
        "DELETE FROM index_documents WHERE number NOT IN (SELECT unnest(documents) FROM index_snapshots)"
    )
    for first, last in connection.execute(_TEXTS).fetchall():
        connection.execute("DELETE FROM index_chunks WHERE chunk BETWEEN %s AND %s", (first, last))
        connection.execute("DELETE FROM index_vectors WHERE chunk BETWEEN %s AND %s", (first, last))
    gone = connection.execute(
        "DELETE FROM index_segments WHERE number NOT IN (SELECT unnest(segments) FROM index_snapshots) RETURNING number"
    ).fetchall()
    connection.execute("DELETE FROM index_postings WHERE segment = ANY (%s)", ([each[0] for each in gone],))
