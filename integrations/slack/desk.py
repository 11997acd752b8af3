"""Where the bot's work is done: threads and a queue, both bounded; and what other processes left unfinished.

A question is noted as an errand before Slack hears that it arrived, by place and without its text. The process that
noted it keeps its lease alive while it works. When it dies, the lease runs out, and the next look of any process takes
the errand over; after a restart that is the process itself.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assistant import AssistantError, Errand, Records

logger = logging.getLogger(__name__)

PREFIX = "slack/"
LEASE_SECONDS = 30.0
THREADS = 24  # most of them wait for Slack
_MOST_WAITING = 400
_QUICK_THREADS = 4  # for clicks: what they open must be there within three seconds, however busy it is
_MOST_TAKEN_OVER = 20

Work = Callable[[Errand], "float | None"]  # None: done; else the seconds after which to try again


class Desk:
    """The work of one process."""

    def __init__(
        self,
        records: Records,
        do: Work,
        lease_seconds: float = LEASE_SECONDS,
        threads: int = THREADS,
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        """A desk that is not yet looking for unfinished work.

        Args:
            do: carries out an errand that was taken over.
            most_waiting: how much is taken at the same time; the rest is noted, for when there is room.
        """
        self._records, self._do, self._lease_seconds = records, do, lease_seconds
        self._most_waiting = most_waiting
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="slack-antwoord")
        self._quick = ThreadPoolExecutor(_QUICK_THREADS, thread_name_prefix="slack-klik")
        self._running: dict[str, Errand] = {}
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._open, self._is_closing = True, False
        self._keeper = threading.Thread(target=self._keep, name="slack-bureau", daemon=True)

    def open(self) -> None:
        """Begin to look for unfinished work."""
        self._keeper.start()

    def take(self, errand: Errand) -> bool:
        """Note an errand; False when it was noted before. When it is busy here, any process may do it later.

        Raises:
            RecordsError: it cannot be noted, so that Slack must send it again.
        """
        has_room = not self._is_closing and len(self._running) < self._most_waiting
        lease = self._lease_seconds if has_room else 0.0
        is_first = self._records.errands.take(errand.key, errand.topic, errand.details, lease)
        if is_first and has_room:
            with self._changed:
                self._running[errand.key] = errand
        return is_first and has_room

    def begin(self, errand: Errand, work: Work) -> None:
        """Carry out an errand that was taken, when its turn comes."""
        self._submit(lambda: self._carry_out(errand, work))

    def soon(self, work: Callable[[], None]) -> None:
        """Do something for somebody who is looking at the screen."""
        self._quick.submit(_guarded(work))

    def is_free(self) -> bool:
        """Whether nobody has to wait for a thread."""
        return len(self._running) <= THREADS // 2

    def close(self, seconds: float) -> bool:
        """Finish what was begun; what is not done in time is left to others at once. True when all is done."""
        until = time.monotonic() + seconds
        with self._changed:
            self._is_closing = True
            while self._running and (wait := until - time.monotonic()) > 0:
                self._changed.wait(wait)
            self._open = False
            left = list(self._running)
            self._changed.notify_all()
        if left:
            logger.warning("%d questions are left to another process", len(left))
            self._records.errands.release(left)
        self._pool.shutdown(wait=not left, cancel_futures=True)
        self._quick.shutdown(wait=not left)
        if self._keeper.is_alive():
            self._keeper.join()
        return not left

    def _submit(self, work: Callable[[], None]) -> None:
        try:
            self._pool.submit(_guarded(work))
        except RuntimeError:  # closed meanwhile: `close` has left the errand to others
            logger.info("Not begun: the service is stopping")

    def _carry_out(self, errand: Errand, work: Work) -> None:
        again: float | None = None
        try:
            again = work(errand)
        finally:
            if again is None:
                self._records.errands.finish(errand.key)
            with self._changed:
                if again is None:
                    self._running.pop(errand.key, None)
                else:
                    due = time.monotonic() + again
                    heapq.heappush(self._later, (due, next(self._numbers), lambda: self.begin(errand, work)))
                self._changed.notify_all()

    def _keep(self) -> None:
        """Begin what was put off, renew the leases, and look for what others left; until the desk closes."""
        next_look = time.monotonic()
        while self._open:
            for begin in self._due():
                begin()
            if time.monotonic() >= next_look:
                _guarded(self._look)()
                next_look = time.monotonic() + self._lease_seconds / 4
            with self._changed:
                soonest = min([next_look, *(due for due, _, _ in self._later)])
                if self._open:
                    self._changed.wait(max(0.01, soonest - time.monotonic()))

    def _due(self) -> list[Callable[[], None]]:
        with self._changed:
            due = []
            while self._later and self._later[0][0] <= time.monotonic():
                due.append(heapq.heappop(self._later)[2])
            return due

    def _look(self) -> None:
        with self._changed:
            mine = list(self._running)
        if mine:
            self._records.errands.renew(mine, self._lease_seconds)
        room = min(_MOST_TAKEN_OVER, self._most_waiting - len(mine))
        if room <= 0 or self._is_closing:
            return
        for errand in self._records.errands.abandoned(PREFIX, self._lease_seconds, room):
            with self._changed:
                self._running[errand.key] = errand
            self.begin(errand, self._do)


def _guarded(work: Callable[[], None]) -> Callable[[], None]:
    """The work, of which a failure is logged without what it was about."""

    def run() -> None:
        try:
            work()
        except AssistantError as error:
            logger.error("%s", error)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("%s in %s, line %s", type(error).__name__, Path(place.filename).name, place.lineno)

    return run
