"""The thread that does the work which requests leave behind: documents read, added and withdrawn, old feedback deleted.

Every `worker` process has one, and every `serve` process unless it is told not to. Of all of them on one data folder,
one works, and another takes over when it ends.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from assistant import (
    Addition,
    AssistantError,
    CatalogueError,
    Document,
    NewDocument,
    Records,
    Settings,
    Task,
    Uploads,
    add_document,
    add_documents,
    check_details,
    find_document,
    find_same,
    load_limited,
    purge_old,
    recover_changes,
    withdraw_document,
)
from integrations.http.work import WORK, Add, Read, Work

logger = logging.getLogger(__name__)

_LOCK_FILE = "worker.lock"
_MOST_ATTEMPTS = 5
_PURGE_SECONDS = 24 * 3600.0
_UPLOAD_SECONDS = 7 * 24 * 3600.0  # after that, an upload without a task is rubbish


class Stopped(Exception):
    """The service ends; the change that was being made is undone, and its task waits for the next start."""


class Worker:
    """Does background tasks, one at a time, in a thread of its own."""

    def __init__(self, settings: Settings, records: Records, uploads: Uploads, pause_seconds: float = 1.0) -> None:
        """Nothing happens before `start`.

        Args:
            pause_seconds: how often to look for a new task.
        """
        self._settings, self._records, self._uploads = settings, records, uploads
        self._pause_seconds = pause_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self._purge_at = 0.0

    def start(self) -> None:
        """Begin; tasks that an earlier process left unfinished are done first."""
        self._thread.start()

    def stop(self, wait_seconds: float = 10.0) -> None:
        """End; a change that does not end in time is cut off, which the next start repairs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(wait_seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with _only_worker(self._settings.data / _LOCK_FILE) as mine:
                    if mine:
                        self._work()
            except Exception as error:  # a full disk, say: the service must go on, and so must this, later
                _log_failure(error)
            self._stopping.wait(self._pause_seconds)

    def _work(self) -> None:
        recover_changes(self._settings)
        self._records.tasks.put_back()
        self._uploads.remove_old(_UPLOAD_SECONDS)
        while not self._stopping.is_set():
            self._purge_daily()
            task = self._records.tasks.take()
            if task is None:
                self._stopping.wait(self._pause_seconds)
            else:
                self._do(task)

    def _purge_daily(self) -> None:
        if time.monotonic() >= self._purge_at:
            self._purge_at = time.monotonic() + _PURGE_SECONDS
            purge_old(self._records, self._settings, datetime.now(UTC))

    def _do(self, task: Task) -> None:
        """Do one task to its end, whatever that is."""
        try:
            work = WORK.validate_python(dict(task.details))
            if task.attempts > _MOST_ATTEMPTS:
                raise AssistantError("Deze taak is te vaak afgebroken. Probeer het opnieuw, of meld dit de beheerder.")
            document_id, message = self._done(task, work)
        except Stopped:
            self._records.tasks.put_back()
            return
        except AssistantError as error:
            self._end(task, "mislukt", str(error))
        except Exception as error:
            _log_failure(error)
            self._end(task, "mislukt", "Er ging iets mis en er is niets veranderd. Probeer het later opnieuw.")
        else:
            self._end(task, "klaar", message, document_id)

    def _done(self, task: Task, work: Work) -> tuple[str | None, str]:
        """Do the work; returns the id of the document that was changed and what to say of it."""
        told = self._teller(task)
        if isinstance(work, Read):
            self._read(work.file)
            return None, "Het document is gelezen. Controleer nu de gegevens."
        if isinstance(work, Add):
            document = self._added_before(task, work.file) or self._added(work.file, work.document, told)
            return document.id, f"Toegevoegd als '{document.id}': {document.title}"
        if task.attempts > 1 and find_document(self._settings, work.document_id) is None:
            return work.document_id, _withdrawn(work.document_id)  # done just before an interruption
        document = withdraw_document(self._settings, work.document_id, told)
        return document.id, _withdrawn(document.id)

    def _read(self, place: str) -> None:
        file = self._uploads.file(place)
        if twin := find_same(self._settings, file):
            raise CatalogueError(f"Dit bestand is er al, als '{twin.id}' ({twin.title}).")
        self._uploads.keep_read(place, load_limited(file))

    def _added(self, place: str, details: NewDocument, told: Callable[[int], None]) -> Document:
        file, source = self._uploads.file(place), self._uploads.read_before(place)
        if source is None:
            return add_document(self._settings, file, details, told)
        check_details(details)
        return add_documents(self._settings, [Addition(file, details, source)], told)[0]

    def _added_before(self, task: Task, place: str) -> Document | None:
        return find_same(self._settings, self._uploads.file(place)) if task.attempts > 1 else None

    def _teller(self, task: Task) -> Callable[[int], None]:
        last = -1

        def tell(percent: int) -> None:
            nonlocal last
            if self._stopping.is_set():
                raise Stopped
            if percent > last:
                last = percent
                self._records.tasks.update(task.id, "bezig", percent, "Het document wordt verwerkt.")

        self._records.tasks.update(task.id, "bezig", 0, "Het document wordt gelezen.")
        return tell

    def _end(
        self, task: Task, state: Literal["klaar", "mislukt"], message: str, document_id: str | None = None
    ) -> None:
        was_read = state == "klaar" and task.kind == "bron-lezen"
        if task.kind != "bron-lezen":  # which changes nothing
            result = "gelukt" if state == "klaar" else "mislukt"
            changed = document_id or str(task.details.get("document_id", task.id))
            self._records.trail.add(task.actor, task.kind, changed, result)
        progress = 100 if state == "klaar" else 0
        self._records.tasks.update(task.id, state, progress, message, document_id)
        if isinstance(file := task.details.get("file"), str) and not was_read:
            self._uploads.discard(file)


def _withdrawn(document_id: str) -> str:
    return f"Verwijderd: '{document_id}'. Er wordt niet meer uit geantwoord."


@contextmanager
def _only_worker(path: Path) -> Iterator[bool]:
    """Whether this is the only worker on the data folder; the system lets go of the lock when the process ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = True
        except BlockingIOError:
            mine = False
        yield mine
    finally:
        os.close(handle)


def _log_failure(error: Exception) -> None:
    # Without its message: that could hold a piece of a document.
    logger.error("Background work failed: %s", type(error).__name__)
