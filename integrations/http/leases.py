"""A task that is being done, held on a lease that is kept alive until it is done or given back."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import Self

from assistant import Records, RecordsError, Task

logger = logging.getLogger(__name__)


class Lease:
    """Keeps a task ours while the block runs."""

    def __init__(self, records: Records, task: Task, seconds: float) -> None:
        """The lease as it was taken, just now.

        Args:
            seconds: how long it lasts without being renewed.
        """
        self._records, self._task, self._seconds = records, task, seconds
        self._until = time.monotonic() + seconds
        self._ended, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def is_lost(self) -> bool:
        """Whether another worker may have the task."""
        return self._lost.is_set()

    def give_back(self) -> None:
        """Let another worker have the task at once; without a database, when the lease has run out."""
        self._ended.set()
        if not self._lost.is_set():
            self._lost.set()
            with suppress(RecordsError):
                self._records.tasks.give_back(self._task)

    def _keep_alive(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            try:
                if self._records.tasks.renew(self._task, self._seconds):
                    self._until = time.monotonic() + self._seconds
                else:
                    self._lost.set()
            except RecordsError as error:
                logger.warning("A task's lease was not renewed: %s", type(error).__name__)
            if time.monotonic() >= self._until:
                self._lost.set()
            if self._lost.is_set():
                return
