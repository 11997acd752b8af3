"""The file behind a document, on this machine: where the catalogue has it, or a copy of what the database has."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from assistant.settings import Settings
from assistant.types import Document


class SourceFiles(Protocol):
    """Where the files of documents are."""

    def path(self, document: Document, sha256: str) -> Path:
        """The file with this content; raises DocumentError if it cannot be had. It may be gone by the time it is read.

        Args:
            sha256: of the file, as the index knows it.
        """


class LocalFiles:
    """The files are in the corpus, on this machine."""

    def path(self, document: Document, sha256: str) -> Path:  # noqa: ARG002 — the catalogue says where it is
        return document.file


class DatabaseFiles:
    """The files are in the database; what is asked for is copied to this machine."""

    def __init__(self, settings: Settings) -> None:
        from assistant.postgres.shared_corpus import open_shared_corpus  # brings the database's library

        self._files = open_shared_corpus(settings).files

    def path(self, document: Document, sha256: str) -> Path:
        return self._files.copy(sha256, document.file.name)


def open_source_files(settings: Settings) -> SourceFiles:
    """The files of this installation."""
    return LocalFiles() if settings.secrets.index_url is None else DatabaseFiles(settings)
