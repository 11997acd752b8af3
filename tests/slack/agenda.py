"""A thread that does things later: retries, deadlines, closing connections."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Agenda:
    """Runs functions at their time, one after another; those still waiting at the end are forgotten."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="fake-slack-agenda")
        self._thread.start()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later."""
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._numbers), action))
            self._changed.notify()

    def close(self) -> None:
        """Stop, forgetting what still waits."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (action := self._next()) is not None:
            action()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while self._open:
                now = time.monotonic()
                if self._waiting and self._waiting[0][0] <= now:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(self._waiting[0][0] - now if self._waiting else None)
            return None
