"""Slack's side of Socket Mode: WebSockets on 127.0.0.1 over which payloads go out and acknowledgements come back."""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from slack.arguments import SlackFault
from slack.delivery import Attempt, Delivery
from slack.payloads import APP, Payload
from slack.workspace import Workspace

MOST_CONNECTIONS = 10
CLOSING_SECONDS = 1.0  # between the request to reconnect and the end of the connection: acknowledgements still pass
ACK_KEYS = frozenset({"envelope_id", "payload"})
Acknowledge = Callable[[str, "Payload | None"], None]
Broken = Callable[[list[tuple[Delivery, Attempt]]], None]


class _Connection:
    """One WebSocket of the app, and what was sent over it."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.sent: list[tuple[Delivery, Attempt]] = []
        self.leaving = False  # was told to reconnect: gets nothing new


class SocketMode:
    """The WebSocket server. A payload goes to any one of the open connections, in turn."""

    def __init__(self, workspace: Workspace, acknowledge: Acknowledge, broken: Broken) -> None:
        self._workspace = workspace
        self._acknowledge = acknowledge
        self._broken = broken
        self._tickets: set[str] = set()
        self._lock = threading.Lock()
        self._connections: list[_Connection] = []
        self._turn = 0
        self.opened = 0  # connections so far
        quiet = logging.getLogger("fake-slack.websocket")
        quiet.setLevel(logging.CRITICAL)  # a dropped connection is what a test ordered
        self._server = serve(
            self._serve, "127.0.0.1", 0, ping_interval=None, close_timeout=0.5, compression=None, logger=quiet
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="fake-slack-socket-mode")
        self._thread.start()

    def open_connection(self) -> str:
        """apps.connections.open: an address that can be used once."""
        with self._lock:
            if len(self._connections) >= MOST_CONNECTIONS:
                self._workspace.violate(f"apps.connections.open: more than {MOST_CONNECTIONS} connections")
                raise SlackFault("too_many_websockets")
            ticket = secrets.token_urlsafe(16)
            self._tickets.add(ticket)
        port = self._server.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link/?ticket={ticket}&app_id={APP}"

    @property
    def connections(self) -> int:
        """How many connections can receive payloads now."""
        with self._lock:
            return sum(not each.leaving for each in self._connections)

    def send(self, delivery: Delivery, attempt: Attempt) -> bool:
        """Send a payload over one connection; False when there is none."""
        envelope = {
            "envelope_id": attempt.envelope,
            "payload": delivery.payload,
            "type": delivery.kind,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": attempt.number, "retry_reason": attempt.reason}
        while connection := self._next():
            connection.sent.append((delivery, attempt))
            try:
                connection.socket.send(json.dumps(envelope))
            except (ConnectionClosed, OSError):
                connection.leaving = True
                connection.sent.remove((delivery, attempt))
                continue
            return True
        return False

    def disconnect(self, reason: Literal["refresh_requested", "warning", "link_disabled"]) -> None:
        """Ask every connection to reconnect, as Slack does some times a day; then close it, unless it is a warning."""
        for connection in self._open():
            connection.leaving = reason != "warning"
            notice = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-fake"}}
            with contextlib.suppress(ConnectionClosed, OSError):
                connection.socket.send(json.dumps(notice))
            if reason != "warning":
                closing = threading.Timer(CLOSING_SECONDS, connection.socket.close)
                closing.daemon = True
                closing.start()

    def drop(self) -> None:
        """Break every connection in the middle, without a closing handshake."""
        for connection in self._open():
            connection.leaving = True
            with contextlib.suppress(OSError):
                connection.socket.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop the server."""
        self.drop()
        self._server.shutdown()
        self._thread.join()

    def _open(self) -> list[_Connection]:
        with self._lock:
            return list(self._connections)

    def _next(self) -> _Connection | None:
        with self._lock:
            able = [each for each in self._connections if not each.leaving]
            self._turn += 1
            return able[self._turn % len(able)] if able else None

    def _serve(self, websocket: ServerConnection) -> None:
        request = websocket.request
        ticket = parse_qs(urlsplit(request.path if request else "").query).get("ticket", [""])[0]
        with self._lock:
            if ticket not in self._tickets:
                self._workspace.violate("Socket Mode: an address was used twice or made up")
                return
            self._tickets.remove(ticket)
            connection = _Connection(websocket)
            self._connections.append(connection)
            self.opened += 1
        try:
            self._converse(connection)
        finally:
            with self._lock:
                self._connections.remove(connection)
            self._broken(connection.sent)

    def _converse(self, connection: _Connection) -> None:
        hello = {
            "type": "hello",
            "num_connections": len(self._open()),
            "debug_info": {"host": "applink-fake", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP},
        }
        with contextlib.suppress(ConnectionClosed, OSError):
            connection.socket.send(json.dumps(hello))
            for text in connection.socket:
                self._read(text)

    def _read(self, text: str | bytes) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        if not isinstance(said, dict) or "envelope_id" not in said or said.keys() - ACK_KEYS:
            self._workspace.violate(f"Socket Mode: no acknowledgement: {text[:80]!r}")
            return
        self._acknowledge(said["envelope_id"], said.get("payload"))
