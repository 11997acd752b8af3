"""The index that the settings ask for: in files, or in PostgreSQL."""

from __future__ import annotations

from assistant.engine import Index
from assistant.file_index import FileIndex
from assistant.settings import Settings


def open_index(settings: Settings) -> Index:
    """The index of this corpus; nothing is read before it is used."""
    return FileIndex(settings.index)
