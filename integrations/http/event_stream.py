"""A response as server-sent events, with comments while nothing happens, ended at once when the client hangs up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assistant import Event
from integrations.http.events import LiveEvents, live_events
from integrations.http.problems import problem_of
from integrations.http.workers import Workers

EVENT_STREAM = "text/event-stream"
_HEARTBEAT_SECONDS = 10.0
_HEARTBEAT = b": nog bezig\n\n"


@dataclass(frozen=True)
class ServerEvent:
    """One event with its name and its JSON."""

    name: str
    contents: dict[str, Any]

    def encoded(self) -> bytes:
        """The event as it goes over the line; JSON holds no line ends."""
        return f"event: {self.name}\ndata: {json.dumps(self.contents, ensure_ascii=False)}\n\n".encode()


class EventStream(Response):
    """The events of one answer; an error after the start is told as the event `fout`."""

    media_type = EVENT_STREAM

    def __init__(
        self,
        workers: Workers,
        begin: Callable[[], Iterator[Event]],
        convert: Callable[[Event], ServerEvent],
        heartbeat_seconds: float = _HEARTBEAT_SECONDS,
    ) -> None:
        super().__init__()
        # A reverse proxy must pass every event on at once.
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._workers, self._begin, self._convert = workers, begin, convert
        self._heartbeat_seconds = heartbeat_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events; stops the work behind them when the client leaves."""
        async with live_events(self._workers, self._begin, receive) as live:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._send_events(live, send, scope.get("state", {}).get("request_id"))
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_events(self, live: LiveEvents, send: Send, request_id: str | None) -> None:
        is_over = False
        while not is_over:
            try:
                event = await asyncio.wait_for(live.next(), self._heartbeat_seconds)
                is_over = event is None
                chunk = self._convert(event).encoded() if event is not None else b""
            except TimeoutError:
                chunk = _HEARTBEAT
            except Exception as error:
                is_over = True
                chunk = ServerEvent("fout", problem_of(error, request_id).as_json()).encoded()
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
