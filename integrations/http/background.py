"""The thread that does the work which requests leave behind: documents read, added and withdrawn, old feedback deleted.

Every `worker` process has one, and every `serve` process unless it is told not to. Who takes a task holds it on a lease
and keeps that alive; when its process dies the lease runs out, and another worker takes the task over.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, Self

from assistant import (
    Addition,
    AssistantError,
    CatalogueError,
    CorpusBusyError,
    Document,
    Embedder,
    IndexBusyError,
    NewDocument,
    Records,
    RecordsError,
    Settings,
    Task,
    Uploads,
    add_document,
    add_documents,
    check_details,
    find_document,
    find_same,
    purge_old,
    read_document,
    recover_changes,
    withdraw_document,
)
from integrations.http.leases import Lease
from integrations.http.revisions import revised
from integrations.http.work import WORK, Add, Read, Withdraw, Work

logger = logging.getLogger(__name__)

_MOST_ATTEMPTS = 5
_PURGE_SECONDS = 24 * 3600.0
_UPLOAD_SECONDS = 7 * 24 * 3600.0  # after that, an upload without a task is rubbish
_GRACE_SECONDS = 10.0  # for a step that does not look whether it must stop


class Stopped(Exception):
    """The process ends, or another worker has the task; the change that was being made is undone."""


class Worker:
    """Does background tasks, one at a time, in a thread of its own."""

    def __init__(
        self,
        settings: Settings,
        records: Records,
        uploads: Uploads,
        embedder: Embedder | None = None,
        pause_seconds: float = 1.0,
        lease_seconds: float = 30.0,
    ) -> None:
        """Nothing happens before `start`.

        Args:
            embedder: the model that makes the index; by default that of the settings, in memory while a task needs it.
            pause_seconds: how often to look for a new task.
            lease_seconds: how long after the death of a worker another may take its task over.
        """
        self._settings, self._records, self._uploads = settings, records, uploads
        self._embedder, self._pause_seconds, self._lease_seconds = embedder, pause_seconds, lease_seconds
        self._stopping = threading.Event()
        self._cut_off_at = 0.0  # after stopping: when what is being done is given back
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self._purge_at = 0.0
        self._doing: Lease | None = None
        self._looked_at: float | None = None

    def start(self) -> None:
        """Begin; tasks that an earlier process left unfinished are done first."""
        self._thread.start()

    def stop(self, finish_seconds: float = 0.0) -> None:
        """End. The task that is being done gets a while to finish; after that it is given back for another worker."""
        self._cut_off_at = time.monotonic() + finish_seconds
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(finish_seconds + _GRACE_SECONDS)
        if self._thread.is_alive() and (lease := self._doing):
            lease.give_back()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def is_alive(self) -> bool:
        """Whether there is a thread that works."""
        return self._thread.is_alive()

    def is_ready(self, within_seconds: float = 60.0) -> bool:
        """Whether tasks could be seen a short while ago, or one is being done."""
        looked_at = self._looked_at
        return looked_at is not None and (self._doing is not None or time.monotonic() - looked_at < within_seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work()
            except Exception as error:  # a full disk, say: the service must go on, and so must this, later
                _log_failure(error)
            self._stopping.wait(self._pause_seconds)

    def _work(self) -> None:
        recover_changes(self._settings)
        while not self._stopping.is_set():
            self._tidy_daily()
            task = self._records.tasks.take(self._lease_seconds)
            self._looked_at = time.monotonic()
            if task is None:
                self._stopping.wait(self._pause_seconds)
                continue
            with Lease(self._records, task, self._lease_seconds) as lease:
                self._doing = lease
                try:
                    self._do(task, lease)
                finally:
                    self._doing = None

    def _tidy_daily(self) -> None:
        if time.monotonic() >= self._purge_at:
            self._purge_at = time.monotonic() + _PURGE_SECONDS
            purge_old(self._records, self._settings, datetime.now(UTC))
            self._uploads.remove_old(_UPLOAD_SECONDS)

    def _do(self, task: Task, lease: Lease) -> None:
        """Do one task to its end, whatever that is."""
        try:
            work = WORK.validate_python(dict(task.details))
            if task.attempts > _MOST_ATTEMPTS:
                raise AssistantError("Deze taak is te vaak afgebroken. Probeer het opnieuw, of meld dit de beheerder.")
            document_id, message = self._done_in_turn(task, work, lease)
        except Stopped:
            lease.give_back()
        except RecordsError:  # the database is away for a while: that is no reason to refuse the document
            lease.give_back()
            raise
        except AssistantError as error:
            self._end(task, lease, "mislukt", str(error))
        except Exception as error:
            _log_failure(error)
            self._end(task, lease, "mislukt", "Er ging iets mis en er is niets veranderd. Probeer het later opnieuw.")
        else:
            self._end(task, lease, "klaar", message, document_id)

    def _done_in_turn(self, task: Task, work: Work, lease: Lease) -> tuple[str | None, str]:
        """As `_done`, after whoever changes documents or builds the index has ended, however long that takes."""
        while True:
            try:
                return self._done(task, work, lease)
            except (CorpusBusyError, IndexBusyError):
                if lease.is_lost or self._stopping.wait(self._pause_seconds):
                    raise Stopped from None

    def _done(self, task: Task, work: Work, lease: Lease) -> tuple[str | None, str]:
        """Do the work; returns the id of the document that was changed and what to say of it."""
        told = self._teller(task, lease, "gelezen" if isinstance(work, Read) else "verwerkt")
        if isinstance(work, Read):
            self._read(work.file, told)
            return None, "Het document is gelezen. Controleer nu de gegevens."
        if not isinstance(work, Add | Withdraw):
            return revised(self._settings, self._uploads, work, told, self._embedder, again=task.attempts > 1)
        if made := self._made_before(task, work):
            return made
        try:
            return self._made(work, told)
        except CatalogueError:
            # A worker that was thought dead may have done it while this one waited for its turn.
            if made := self._made_before(task, work):
                return made
            raise

    def _made(self, work: Add | Withdraw, told: Callable[[int], None]) -> tuple[str, str]:
        if isinstance(work, Add):
            return _added(self._add(work.file, work.document, told))
        return _withdrawn(withdraw_document(self._settings, work.document_id, told, embedder=self._embedder).id)

    def _made_before(self, task: Task, work: Add | Withdraw) -> tuple[str, str] | None:
        """What to say if an earlier attempt made the change, just before it was interrupted."""
        if task.attempts == 1:
            return None
        if isinstance(work, Withdraw):
            is_gone = find_document(self._settings, work.document_id) is None
            return _withdrawn(work.document_id) if is_gone else None
        document = find_same(self._settings, self._uploads.file(work.file))
        return _added(document) if document else None

    def _read(self, place: str, told: Callable[[int], None]) -> None:
        file = self._uploads.file(place)
        if twin := find_same(self._settings, file):
            raise CatalogueError(f"Dit bestand is er al, als '{twin.id}' ({twin.title}).")
        self._uploads.keep_read(place, read_document(self._settings, file, told))

    def _add(self, place: str, details: NewDocument, told: Callable[[int], None]) -> Document:
        file, source = self._uploads.file(place), self._uploads.read_before(place)
        if source is None:
            return add_document(self._settings, file, details, told, embedder=self._embedder)
        check_details(details)
        addition = Addition(file, details, source)
        return add_documents(self._settings, [addition], told, embedder=self._embedder)[0]

    def _teller(self, task: Task, lease: Lease, done: str) -> Callable[[int], None]:
        last = -1

        def tell(percent: int) -> None:
            nonlocal last
            if lease.is_lost or (self._stopping.is_set() and time.monotonic() >= self._cut_off_at):
                raise Stopped
            if percent > last:
                last = percent
                note(percent, f"Het document wordt {done}.")

        def note(percent: int, message: str) -> None:
            if not self._records.tasks.update(task.id, "bezig", percent, message, attempt=task.attempts):
                raise Stopped  # another worker has it

        note(0, "Het document wordt gelezen.")
        return tell

    def _end(
        self,
        task: Task,
        lease: Lease,
        state: Literal["klaar", "mislukt"],
        message: str,
        document_id: str | None = None,
    ) -> None:
        if lease.is_lost:
            return  # who has the task now tells how it ended
        was_read = state == "klaar" and task.kind == "bron-lezen"
        if task.kind != "bron-lezen":  # which changes nothing
            result = "gelukt" if state == "klaar" else "mislukt"
            changed = document_id or str(task.details.get("document_id", task.id))
            self._records.trail.add(task.actor, task.kind, changed, result)
        progress = 100 if state == "klaar" else 0
        self._records.tasks.update(task.id, state, progress, message, document_id, attempt=task.attempts)
        if isinstance(file := task.details.get("file"), str) and not was_read:
            self._uploads.discard(file)


def _added(document: Document) -> tuple[str, str]:
    return document.id, f"Toegevoegd als '{document.id}': {document.title}"


def _withdrawn(document_id: str) -> tuple[str, str]:
    return document_id, f"Verwijderd: '{document_id}'. Er wordt niet meer uit geantwoord."


def _log_failure(error: Exception) -> None:
    # Without its message: that could hold a piece of a document.
    logger.error("Background work failed: %s", type(error).__name__)
