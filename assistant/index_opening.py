"""The index that the settings ask for: in files, or in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.engine import Index
from assistant.file_index import FileIndex
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.postgres.database import Connection
    from assistant.postgres.index import PostgresIndex


def open_index(settings: Settings) -> Index:
    """The index of this corpus; nothing is read before it is used."""
    return FileIndex(settings.index) if settings.secrets.index_url is None else _in_database(settings)


def open_index_beside(settings: Settings, also: Callable[[Connection], None]) -> Index:
    """The index in the database, of which every new snapshot is committed together with what `also` writes."""
    return _in_database(settings, also)


def _in_database(settings: Settings, also: Callable[[Connection], None] | None = None) -> PostgresIndex:
    from assistant.postgres.database import open_database
    from assistant.postgres.index import PostgresIndex

    # Not in the folder of models, which a container can only read.
    scratch = settings.data / "postgres" / settings.database.organisation
    return PostgresIndex(open_database(settings), scratch, also)
