"""Keeps a running server on the newest snapshot without a restart and without failing a request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from assistant.embeddings import ModelDescription
from assistant.engine import Index, Snapshot
from assistant.errors import AssistantError
from assistant.file_index import as_index

logger = logging.getLogger(__name__)

# After a quiet time nobody goes on with the old snapshot: a database may have removed what was replaced long ago.
_LONG_SECONDS = 60.0


class SnapshotFollower:
    """Hands out the snapshot that serves; take it once a question, and use that one to the end."""

    def __init__(
        self,
        index: Index | Path,
        model: ModelDescription,
        check_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the snapshot that serves; raises as `Index.open` does. A folder is an index in files."""
        self._index = as_index(index)
        self._model = model
        self._check_seconds, self._clock = check_seconds, clock
        self._lock = Lock()
        self._mark = self._index.mark()  # before opening: a switch in between is then seen at the next check
        self._snapshot = self._index.open(model)
        self._checked = clock()

    def current(self) -> Snapshot:
        """The newest snapshot that opens; one thread opens a new one while the others go on with the old."""
        unchecked = self._clock() - self._checked
        if unchecked >= self._check_seconds and self._lock.acquire(blocking=unchecked >= _LONG_SECONDS):
            try:
                if self._clock() - self._checked >= self._check_seconds:  # nobody did while we waited
                    self._follow()
            finally:
                self._lock.release()
        return self._snapshot

    def _follow(self) -> None:
        try:
            mark = self._index.mark()
            if mark != self._mark:
                self._mark = mark
                self._snapshot = self._index.open(self._model)
                logger.info("Serving snapshot %s", self._snapshot.id)
        except AssistantError as error:
            logger.warning("Keeping snapshot %s: %s", self._snapshot.id, error)
        self._checked = self._clock()
