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
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import CatalogueError
from assistant.files import write_atomically
from assistant.index_folder import sync
from assistant.settings import CATALOGUE_FILE, Settings

KEPT = 20  # changes that can be undone
_FOLDER = "changes"
_CHANGE_FILE = "change.json"
_DONE = "done"
_REMOVED_FILE = "document"  # a file that left the corpus; a second one is document-2
_PAUSE_SECONDS = 0.05

ChangeKind = Literal["add", "withdraw", "replace", "retire", "edit", "import", "undo"]


class PlacedFile(BaseModel):
    """A file of the corpus, with its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str  # relative to the corpus
    sha256: str


class Indexed(BaseModel):
    """What the index knows of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    metadata: str  # hash


class Change(BaseModel):
    """One change to the corpus."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ChangeKind
    documents: tuple[str, ...]  # ids; the first one tells whether the index has the change
    before: Indexed | None  # the first document; None: not there
    after: Indexed | None
    added: tuple[PlacedFile, ...] = ()
    removed: tuple[PlacedFile, ...] = ()
    undoes: str | None = None  # number of an earlier change
    corpus: str
    begun: datetime


class Done(NamedTuple):
    """A change that can be undone."""

    number: str
    change: Change


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
        (folder / f"after-{CATALOGUE_FILE}").write_bytes(catalogue_after.encode("utf-8"))
        for path in (*folder.iterdir(), folder):
            sync(path)
        folder.rename(self.current)
        sync(self.folder)

    def unfinished(self) -> Change | None:
        """The change that was being made when its process ended; CatalogueError if its description is damaged."""
        return self._read(self.current) if self.current.exists() else None

    def _read(self, folder: Path) -> Change:
        try:
            return Change.model_validate_json((folder / _CHANGE_FILE).read_bytes())
        except (OSError, ValidationError) as error:
            what = "een onderbroken wijziging" if folder == self.current else "een eerdere wijziging"
            raise CatalogueError(
                f"De beschrijving van {what} in '{folder}' is beschadigd. Controleer "
                f"{self._catalogue}, verwijder daarna deze map en typ: beleidswijzer index build"
            ) from error

    def catalogues(self, number: str | None = None) -> tuple[str, str]:
        """The catalogue before a change and after it; the change that is being made unless a number is given."""
        folder = self.folder / _DONE / number if number else self.current
        before, after = folder / CATALOGUE_FILE, folder / f"after-{CATALOGUE_FILE}"
        return before.read_bytes().decode("utf-8"), after.read_bytes().decode("utf-8")

    def keep(self, file: Path, number: int = 0) -> None:
        """Move a file that leaves the corpus here; `number` is its place among those that leave it."""
        if not file.exists():
            return  # done already, before an interruption
        kept = self.current / _kept_name(number)
        part = kept.with_name(f"{kept.name}.part")
        shutil.copyfile(file, part)  # the two folders may be on two disks
        sync(part)
        part.rename(kept)
        sync(self.current)
        file.unlink()
        sync(file.parent)

    def finish(self, change: Change) -> None:
        """The change is made: keep its journal for undoing it, and remove the oldest ones."""
        if change.undoes:
            self.forget(change.undoes)
            self.drop()
            return
        done = self.folder / _DONE
        done.mkdir(exist_ok=True)
        kept = self._numbers()
        self.current.rename(done / f"{int(kept[-1]) + 1 if kept else 1:06}")
        sync(done)
        sync(self.folder)
        for old in kept[: max(0, len(kept) + 1 - KEPT)]:
            self.forget(old)

    def done(self) -> list[Done]:
        """The changes that can be undone, the last one first; CatalogueError for a damaged description."""
        return [Done(number, self._read(self.folder / _DONE / number)) for number in reversed(self._numbers())]

    def forget(self, number: str) -> None:
        """A change can no longer be undone."""
        self._remove(self.folder / _DONE / number)

    def kept_file(self, number: str, place: int) -> Path:
        """Where the file is that left the corpus with an earlier change."""
        return self.folder / _DONE / number / _kept_name(place)

    def _numbers(self) -> list[str]:
        done = self.folder / _DONE
        return (
            sorted(path.name for path in done.iterdir() if re.fullmatch(r"\d{6}", path.name)) if done.exists() else []
        )

    def drop(self) -> None:
        """Nothing was changed after all."""
        self._remove(self.current)

    def _remove(self, folder: Path) -> None:
        # Renamed first: a half-removed folder could not be read.
        leftover = self.folder / f"preparing-{os.getpid()}-{folder.name}"
        if folder.exists():
            folder.rename(leftover)
            sync(self.folder)
            shutil.rmtree(leftover, ignore_errors=True)


def _kept_name(number: int) -> str:
    return f"{_REMOVED_FILE}-{number + 1}" if number else _REMOVED_FILE


def _take(handle: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE_SECONDS)
