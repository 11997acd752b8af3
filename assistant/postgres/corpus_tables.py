"""The corpus in the database: the catalogue, which file is where, and the changes that can be undone.

Every function works in the transaction of its caller, so that a change is made together with the index, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import CorpusBusyError
from assistant.postgres.stored_files import StoredFile

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

KEPT = 20  # changes that can be undone

_OVERTAKEN = "De documenten zijn intussen op een andere machine veranderd. Er is niets veranderd; probeer het opnieuw."


@dataclass(frozen=True)
class CorpusVersion:
    """The corpus at one moment."""

    number: int  # goes up with every change
    catalogue: str
    files: Mapping[str, StoredFile]  # by path in the corpus


@dataclass(frozen=True)
class MadeChange:
    """A change as it is kept for undoing."""

    number: int
    change: str  # JSON
    before: str  # the catalogue
    after: str


def read_version(connection: Connection) -> CorpusVersion | None:
    """The corpus as it is now; None if there is none yet."""
    row = connection.execute("SELECT version, catalogue FROM corpus").fetchone()
    if row is None:
        return None
    rows = connection.execute("SELECT path, sha256, size FROM corpus_files JOIN files USING (organisation, sha256)")
    return CorpusVersion(row[0], row[1], {path: StoredFile(digest, size) for path, digest, size in rows})


def write_version(
    connection: Connection,
    before: CorpusVersion | None,
    catalogue: str,
    added: Mapping[str, StoredFile],
    removed: Sequence[str],
) -> None:
    """Put a new version in the place of the one that the change was made for.

    Raises:
        CorpusBusyError: somebody else was first.
    """
    if before is None:
        made = connection.execute(
            "INSERT INTO corpus (version, catalogue) VALUES (1, %s) ON CONFLICT DO NOTHING", (catalogue,)
        )
    else:
        made = connection.execute(
            "UPDATE corpus SET version = version + 1, catalogue = %s, changed = now() WHERE version = %s",
            (catalogue, before.number),
        )
    if made.rowcount != 1:
        raise CorpusBusyError(_OVERTAKEN)
    for path in removed:
        connection.execute("DELETE FROM corpus_files WHERE path = %s", (path,))
    for path, file in added.items():
        connection.execute("INSERT INTO corpus_files (path, sha256) VALUES (%s, %s)", (path, file.sha256))


def keep_change(connection: Connection, change: str, before: str, after: str, removed: Sequence[str]) -> None:
    """Keep what is needed to undo a change, and forget the oldest ones.

    Args:
        removed: hashes of the files that left the corpus, in the order of the change.
    """
    row = connection.execute(
        "INSERT INTO corpus_changes (number, change, catalogue_before, catalogue_after) "
        "SELECT coalesce(max(number), 0) + 1, %s, %s, %s FROM corpus_changes RETURNING number",
        (change, before, after),
    ).fetchone()
    assert row is not None
    for place, digest in enumerate(removed):
        connection.execute(
            "INSERT INTO corpus_kept (number, place, sha256) VALUES (%s, %s, %s)", (row[0], place, digest)
        )
    connection.execute("DELETE FROM corpus_changes WHERE number <= %s", (row[0] - KEPT,))


def forget_change(connection: Connection, number: int) -> None:
    """A change can no longer be undone."""
    connection.execute("DELETE FROM corpus_changes WHERE number = %s", (number,))


def made_changes(connection: Connection) -> list[MadeChange]:
    """The changes that can be undone, the last one first."""
    rows = connection.execute(
        "SELECT number, change, catalogue_before, catalogue_after FROM corpus_changes ORDER BY number DESC"
    )
    return [MadeChange(*row) for row in rows]
