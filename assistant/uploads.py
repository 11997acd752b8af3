"""Files that maintainers have sent, until they are added or thrown away, each with what was read from it.

In: a name and the content, as they come from a browser. Out: a place, which a task remembers, and the file again.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from assistant.errors import DocumentError
from assistant.index_folder import sync
from assistant.settings import Settings
from assistant.types import Source

FOLDER = "uploads"  # below settings.data: each file in a folder of its own
_READ_FILE = "gelezen.json"
_TAKEN_FILE = "bevestigd"
_PIECE = 1 << 20
_SOURCE = TypeAdapter(Source)

GONE = "Dit bestand is er niet meer. Stuur het opnieuw."


class Uploads(Protocol):
    """Where the files wait; safe to use from several threads and processes."""

    def save(self, name: str, content: BinaryIO) -> str:
        """Keep a file under a safe name; returns its place. Nobody sees it before it is whole and safe on disk."""

    def file(self, place: str) -> Path:
        """The file on this machine; raises DocumentError if it is gone."""

    def keep_read(self, place: str, source: Source) -> None:
        """Keep what was read from a file, so that it is not read again when it is added."""

    def read_before(self, place: str) -> Source | None:
        """What `keep_read` kept; None if it was not read yet, or is gone."""

    def claim(self, place: str) -> bool:
        """True for the first who asks: a form that is sent twice adds one document."""

    def is_claimed(self, place: str) -> bool:
        """Whether somebody has claimed it, or it is gone."""

    def discard(self, place: str) -> None:
        """Throw a file away."""

    def remove_old(self, seconds: float) -> None:
        """Throw away what has been waiting for longer than that."""


class FolderUploads:
    """Uploads in a folder, which every process on the machine shares."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, content: BinaryIO) -> str:
        place = f"{uuid4().hex}/{name}"
        file = self._folder / place
        file.parent.mkdir(mode=0o700, parents=True)
        with file.open("xb") as stream:
            shutil.copyfileobj(content, stream, _PIECE)
            stream.flush()
            os.fsync(stream.fileno())
        sync(file.parent)
        sync(self._folder)
        return place

    def file(self, place: str) -> Path:
        file = self._folder / place
        if not file.is_file():
            raise DocumentError(GONE)
        return file

    def keep_read(self, place: str, source: Source) -> None:
        (self._own(place) / _READ_FILE).write_bytes(encode_read(source))

    def read_before(self, place: str) -> Source | None:
        try:
            return decode_read((self._own(place) / _READ_FILE).read_bytes())
        except OSError:
            return None

    def claim(self, place: str) -> bool:
        try:
            (self._own(place) / _TAKEN_FILE).touch(exist_ok=False)
        except OSError:  # claimed, or thrown away
            return False
        return True

    def is_claimed(self, place: str) -> bool:
        own = self._own(place)
        return (own / _TAKEN_FILE).exists() or not own.exists()

    def discard(self, place: str) -> None:
        shutil.rmtree(self._own(place), ignore_errors=True)

    def remove_old(self, seconds: float) -> None:
        for own in self._folder.glob("*"):
            with suppress(FileNotFoundError):  # thrown away by another process
                if time.time() - own.stat().st_mtime > seconds:
                    shutil.rmtree(own, ignore_errors=True)

    def _own(self, place: str) -> Path:
        return (self._folder / place).parent


def open_uploads(settings: Settings) -> Uploads:
    """The uploads of this installation."""
    if settings.secrets.index_url is not None:
        from assistant.postgres.shared_corpus import open_shared_corpus  # brings the database's library
        from assistant.postgres.uploaded_files import DatabaseUploads

        shared = open_shared_corpus(settings)
        return DatabaseUploads(shared.database, shared.files)
    return FolderUploads(settings.data / FOLDER)


def encode_read(source: Source) -> bytes:
    """What was read, as JSON."""
    return _SOURCE.dump_json(source)


def decode_read(blob: bytes) -> Source | None:
    """What `encode_read` wrote; None if it is damaged or of another version."""
    try:
        return _SOURCE.validate_json(blob)
    except ValidationError:
        return None
