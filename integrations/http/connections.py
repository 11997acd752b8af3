"""The protocol on each connection: uvicorn's HTTP/1.1, with limits on what a client that sends nothing can hold.

uvicorn has a limit for a connection that waits for its next request, but none for one that never sends a first one,
or that sends its headers or body a byte at a time (https://github.com/encode/uvicorn/issues/1329).
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from integrations.http.problems import PROBLEM

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long and for how many clients the service waits."""

    head_seconds: float = 10.0  # for the headers of a request, the first or the next
    body_seconds: float = 60.0  # for the rest of it; 50 MB at 7 Mbit/s
    idle_seconds: int = 5  # for the first byte of a next request
    head_bytes: int = 32_768
    waiting: int = 100  # connections without a request; one more, and the oldest goes


class PatientProtocol(H11Protocol):
    """One connection; a request that is not there in time is answered 408 and cut off."""

    patience: Patience  # set by `protocol_with`
    _waiting: dict[PatientProtocol, None]  # every connection without a whole head, oldest first; one a server

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._awaited: object = None  # the part of the request that the deadline is for

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 — uvicorn's words, in English
        self._refuse(400, "Geen geldig verzoek", "Het verzoek is geen geldige HTTP, of de koppen zijn te groot.")

    def _watch(self) -> None:
        """Set the deadline for the part of the request that comes now; a part has one deadline, not one a byte."""
        awaited = self.conn.their_state
        if self.transport.is_closing() or awaited not in (h11.IDLE, h11.SEND_BODY):
            self._stop_watch()
        elif awaited is not self._awaited:
            self._stop_watch()
            self._awaited = awaited
            is_head = awaited is h11.IDLE
            seconds = self.patience.head_seconds if is_head else self.patience.body_seconds
            self._deadline = self.loop.call_later(seconds, self._too_late)
            if is_head:
                self._waiting[self] = None
                self._make_room()

    def _stop_watch(self) -> None:
        self._waiting.pop(self, None)
        self._awaited = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _make_room(self) -> None:
        while len(self._waiting) > self.patience.waiting:
            oldest = next(iter(self._waiting))
            oldest._stop_watch()
            oldest.transport.abort()

    def _too_late(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # a body that does not come: its reader is told that the client left
        elif self.conn.trailing_data[0]:
            self._refuse(408, "Te langzaam", "Het verzoek kwam niet op tijd binnen. Probeer het opnieuw.")
        else:
            self.transport.close()

    def _refuse(self, status: int, title: str, detail: str) -> None:
        body = json.dumps({"status": status, "title": title, "detail": detail}).encode()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [("content-type", PROBLEM), ("content-length", str(len(body))), ("connection", "close")]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def protocol_with(patience: Patience) -> type[PatientProtocol]:
    """The protocol for one server: connections of different servers in one process do not count together."""
    return type("ServerProtocol", (PatientProtocol,), {"patience": patience, "_waiting": {}})
