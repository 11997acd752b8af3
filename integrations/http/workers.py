"""Threads and a queue, both bounded: the assistant is synchronous, and memory must not grow with load."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from integrations.http.problems import Problem

Result = TypeVar("Result")

# Questions that wait together are embedded together, which costs less than one by one; processor time a question with
# 32 clients: 18.9 ms with 2 threads a core, 18.1 with 4, 17.5 with 8.
_THREADS_PER_CORE = 8
_WAITING = 128  # at 100 answers a second nobody waits longer than a client is willing to
_RETRY_SECONDS = "2"


class Workers:
    """Runs the assistant beside the event loop."""

    def __init__(
        self,
        threads: int | None = None,
        waiting: int = _WAITING,
        *,
        cores: int | None = None,
    ) -> None:
        """Threads start when they are needed.

        Args:
            threads: how many work at the same time; by default as many as suit this machine.
            waiting: how many pieces of work may wait for one.
            cores: how many cores this process has for itself; by default all of the machine.
        """
        self.threads = threads or _THREADS_PER_CORE * (cores or os.cpu_count() or 1)
        self.most = self.threads + waiting
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="beleidswijzer")
        self._pending = 0

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Let a thread do the work; call it from the event loop only.

        Raises:
            Problem: too much is waiting (503).
        """
        if self._pending >= self.most:
            detail = "Er zijn nu te veel vragen tegelijk. Probeer het over enkele seconden opnieuw."
            raise Problem(503, "Te druk", detail, headers={"Retry-After": _RETRY_SECONDS})
        loop = asyncio.get_running_loop()
        future = self._pool.submit(work)
        self._pending += 1
        future.add_done_callback(lambda _: _tell(loop, self._one_less))
        return future

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of the work; when the caller is cancelled, work that has not begun is never begun."""
        return await asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        """Begin no more work, and wait for what was begun."""
        self._pool.shutdown(cancel_futures=True)

    def _one_less(self) -> None:
        self._pending -= 1


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    if not loop.is_closed():  # else the server has stopped and nobody counts any more
        loop.call_soon_threadsafe(call)
