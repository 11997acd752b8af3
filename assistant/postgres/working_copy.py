"""A folder that is brought to the version of the corpus that the database has, so that it can be read as any corpus.

What was changed in the folder itself is lost: the database is right.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from assistant.errors import CatalogueError
from assistant.files import write_atomically
from assistant.postgres.corpus_tables import CorpusVersion
from assistant.postgres.stored_files import StoredFiles, is_copy
from assistant.settings import CATALOGUE_FILE

_README = "README.md"  # which nobody takes for a document
_WARNING = (
    "Deze map is een kopie van de documenten in de database. Wat hier met de hand verandert, gaat verloren.\n"
    "Gebruik: beleidswijzer corpus add, replace, withdraw, remove, export en import.\n"
)
_PAUSE_SECONDS = 0.05


class WorkingCopy:
    """The folder of one organisation on this machine; safe to use from several processes."""

    def __init__(self, folder: Path, files: StoredFiles) -> None:
        self.corpus = folder / "corpus"
        self._folder, self._files = folder, files

    @contextmanager
    def lock(self, name: str, wait_seconds: float) -> Iterator[bool]:
        """Be the only one on this machine; False if somebody else goes on for longer than that."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield _taken(handle, time.monotonic() + wait_seconds)
        finally:
            os.close(handle)

    def bring_to(self, version: CorpusVersion) -> None:
        """Make the folder what the database has; a crash on the way is mended by the next time.

        Raises:
            CatalogueError: the database names a file outside the corpus.
            DocumentError: a file is damaged in the database.
        """
        self.corpus.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, stored in version.files.items():
            place = self._place(path)
            if not is_copy(place, stored):
                place.parent.mkdir(parents=True, exist_ok=True)
                self._files.fetch(stored.sha256, place)
        self._remove_others(set(version.files))
        for name, text in ((CATALOGUE_FILE, version.catalogue), (_README, _WARNING)):
            if not _says(self.corpus / name, text):
                write_atomically(self.corpus / name, text)

    def _place(self, path: str) -> Path:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or path in (CATALOGUE_FILE, _README):
            raise CatalogueError(
                f"De database noemt een document op een vreemde plek: '{path}'. Meld dit de beheerder."
            )
        return self.corpus / pure

    def _remove_others(self, kept: set[str]) -> None:
        for place, folders, names in os.walk(self.corpus, topdown=False):
            for name in names:
                file = Path(place) / name
                if file.relative_to(self.corpus).as_posix() not in kept | {CATALOGUE_FILE, _README}:
                    file.unlink(missing_ok=True)
            for name in folders:
                folder = Path(place) / name
                if folder.is_symlink():
                    folder.unlink()
                elif not any(folder.iterdir()):
                    folder.rmdir()


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _taken(handle: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE_SECONDS)
