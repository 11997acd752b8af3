"""The journal of changes to the corpus: what a change is about to do is on disk before it does it.

    data/changes/
      lock              held by the one who changes something
      preparing-<pid>/  a journal in the making; left behind only by a crash
      current/          the change that is being made: what it is, and what it takes away
      done/<number>/    changes that were made, each with what is needed to undo it; the oldest are removed

A change is done when `current` is renamed to `done/<number>`; a `current` without a living process is undone or
completed by the next who comes along.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import CatalogueError
from assistant.files import write_atomically
from assistant.index_folder import sync
from assistant.settings import CATALOGUE_FILE, Settings

KEPT = 20  # changes that can be undone
_FOLDER = "changes"
_CHANGE_FILE = "change.json"
_REMOVED_FILE = "document"  # the file of a withdrawn document
_PAUSE_SECONDS = 0.05


class Change(BaseModel):
    """One change to the corpus."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["add", "withdraw"]
    document_id: str
    file: str  # relative to the corpus
    sha256: str  # of the file
    corpus: str
    begun: datetime


class Journal:
    """The journal of one corpus; its methods are for who holds the lock."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.data / _FOLDER
        self.current = self.folder / "current"
        self._catalogue = settings.corpus / CATALOGUE_FILE

    @contextmanager
    def lock(self, wait_seconds: float) -> Iterator[bool]:
        """Be the only one who changes the corpus; False if somebody else goes on for longer than that."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield _take(handle, time.monotonic() + wait_seconds)
        finally:
            os.close(handle)

    def begin(self, change: Change, catalogue_after: str) -> None:
        """Write down what is going to happen, before it does."""
        for leftover in self.folder.glob("preparing-*"):
            shutil.rmtree(leftover)
        folder = self.folder / f"preparing-{os.getpid()}"
        folder.mkdir(mode=0o700)
        write_atomically(folder / _CHANGE_FILE, change.model_dump_json(indent=1))
        shutil.copyfile(self._catalogue, folder / CATALOGUE_FILE)
        (folder / f"after-{CATALOGUE_FILE}").write_text(catalogue_after, encoding="utf-8")
        for path in (*folder.iterdir(), folder):
            sync(path)
        folder.rename(self.current)
        sync(self.folder)

    def unfinished(self) -> Change | None:
        """The change that was being made when its process ended; CatalogueError if its description is damaged."""
        if not self.current.exists():
            return None
        try:
            return Change.model_validate_json((self.current / _CHANGE_FILE).read_bytes())
        except (OSError, ValidationError) as error:
            raise CatalogueError(
                f"De beschrijving van een onderbroken wijziging in '{self.current}' is beschadigd. Controleer "
                f"{self._catalogue}, verwijder daarna deze map en typ: beleidswijzer index build"
            ) from error

    def catalogues(self) -> tuple[bytes, bytes]:
        """The catalogue before the change and after it, as bytes."""
        before = (self.current / CATALOGUE_FILE).read_bytes()
        return before, (self.current / f"after-{CATALOGUE_FILE}").read_bytes()

    def keep(self, file: Path) -> None:
        """Move the file of a withdrawn document here, out of the corpus."""
        if not file.exists():
            return  # done already, before an interruption
        part = self.current / f"{_REMOVED_FILE}.part"
        shutil.copyfile(file, part)  # the two folders may be on two disks
        sync(part)
        part.rename(self.current / _REMOVED_FILE)
        sync(self.current)
        file.unlink()
        sync(file.parent)

    def finish(self) -> None:
        """The change is made: keep its journal for undoing it, and remove the oldest ones."""
        done = self.folder / "done"
        done.mkdir(exist_ok=True)
        kept = sorted(path for path in done.iterdir() if re.fullmatch(r"\d{6}", path.name))
        self.current.rename(done / f"{int(kept[-1].name) + 1 if kept else 1:06}")
        sync(done)
        sync(self.folder)
        for old in kept[: max(0, len(kept) + 1 - KEPT)]:
            shutil.rmtree(old, ignore_errors=True)

    def drop(self) -> None:
        """Nothing was changed after all."""
        # Renamed first: a half-removed `current` could not be read.
        leftover = self.folder / f"preparing-{os.getpid()}"
        self.current.rename(leftover)
        sync(self.folder)
        shutil.rmtree(leftover, ignore_errors=True)


def change_of(kind: Literal["add", "withdraw"], document_id: str, file: Path, sha256: str, corpus: Path) -> Change:
    """A change that begins now."""
    return Change(
        kind=kind,
        document_id=document_id,
        file=file.as_posix(),
        sha256=sha256,
        corpus=str(corpus),
        begun=datetime.now(UTC),
    )


def _take(handle: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE_SECONDS)
