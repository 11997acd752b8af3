"""The events of one answer as they come from a working thread, and the work stopped when nobody listens any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from threading import Event as Signal

from starlette.types import Receive

from assistant import Event
from integrations.http.workers import Workers

_Piece = Event | Exception | None  # None: nothing more comes


class LiveEvents:
    """What a working thread has brought forth so far; read from the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[_Piece] = asyncio.Queue()
        self._stopped = Signal()

    async def next(self) -> Event | None:
        """The next event, or None when nothing more comes; raises what the work raised."""
        piece = await self._pieces.get()
        if isinstance(piece, Exception):
            raise piece
        return None if self._stopped.is_set() else piece

    def stop(self) -> None:
        """Let the work end at its next event; who waits for an event is told that nothing more comes."""
        self._stopped.set()
        self._pieces.put_nowait(None)

    def fill(self, begin: Callable[[], Iterator[Event]]) -> None:
        """Do the work, in a thread."""
        try:
            for event in begin():
                if self._stopped.is_set():
                    return
                self._put(event)
            self._put(None)
        except Exception as error:
            self._put(error)

    def _put(self, piece: _Piece) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)


@asynccontextmanager
async def live_events(
    workers: Workers, begin: Callable[[], Iterator[Event]], receive: Receive
) -> AsyncIterator[LiveEvents]:
    """Events made by `begin` in a working thread; the work is stopped when the client hangs up, or on leaving.

    Args:
        receive: the request's own; its body must have been read.

    Raises:
        Problem: too much is waiting (503).
    """
    live = LiveEvents()
    work = workers.submit(lambda: live.fill(begin))
    watch = asyncio.create_task(_stop_when_client_leaves(live, receive))
    try:
        yield live
    finally:
        watch.cancel()
        live.stop()
        work.cancel()  # if it has not begun


async def _stop_when_client_leaves(live: LiveEvents, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    live.stop()
