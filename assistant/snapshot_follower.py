"""Keeps a running server on the newest snapshot without a restart and without failing a request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from assistant.embeddings import ModelDescription
from assistant.errors import SnapshotError
from assistant.index_folder import POINTER_FILE
from assistant.snapshot import Snapshot, open_current

logger = logging.getLogger(__name__)

_Mark = tuple[int, int, int] | None


class SnapshotFollower:
    """Hands out the snapshot that serves; take it once a question, and use that one to the end."""

    def __init__(
        self,
        index: Path,
        model: ModelDescription,
        check_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the current snapshot; raises as `open_current` does."""
        self._pointer = index / POINTER_FILE
        self._index, self._model = index, model
        self._check_seconds, self._clock = check_seconds, clock
        self._lock = Lock()
        self._mark = self._pointer_mark()  # before opening: a switch in between is then seen at the next check
        self._snapshot = open_current(index, model)
        self._checked = clock()

    def current(self) -> Snapshot:
        """The newest snapshot that opens; one thread opens a new one while the others go on with the old."""
        if self._clock() - self._checked >= self._check_seconds and self._lock.acquire(blocking=False):
            try:
                self._follow()
            finally:
                self._lock.release()
        return self._snapshot

    def _follow(self) -> None:
        mark = self._pointer_mark()
        if mark != self._mark:
            self._mark = mark
            try:
                self._snapshot = open_current(self._index, self._model)
                logger.info("Serving snapshot %s", self._snapshot.id)
            except SnapshotError as error:
                logger.warning("Keeping snapshot %s: %s", self._snapshot.id, error)
        self._checked = self._clock()

    def _pointer_mark(self) -> _Mark:
        try:
            stat = self._pointer.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size
