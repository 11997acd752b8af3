"""Runs an app against the fake Slack: over Socket Mode or over HTTP, as context managers that stop it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from slack.fake_slack import FakeSlack

Listener = Callable[[BaseSocketModeClient, SocketModeRequest], None]


@contextmanager
def listening(slack: FakeSlack, listener: Listener) -> Iterator[SocketModeClient]:
    """Slack's own Socket Mode client with one listener."""
    client = SocketModeClient(slack.app_token, web_client=WebClient(base_url=slack.api_url), ping_interval=0.1)
    client.socket_mode_request_listeners.append(listener)
    client.connect()
    try:
        slack.connected()
        yield client
    finally:
        hang_up(slack, client)


@contextmanager
def running(slack: FakeSlack, app: App) -> Iterator[SocketModeHandler]:
    """A Bolt application over Socket Mode; at the end waits until everything sent to it is acknowledged."""
    handler = SocketModeHandler(app, slack.app_token, web_client=app.client, ping_interval=0.1)
    handler.connect()  # type: ignore[no-untyped-call]  # the library's
    try:
        slack.connected()
        yield handler
        slack.settle()
    finally:
        hang_up(slack, handler.client)


@contextmanager
def serving(app: App) -> Iterator[str]:
    """A Bolt application over HTTP; its address, for `slack.use_http` and `slack.post`."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = make_server("127.0.0.1", 0, SlackRequestHandler(app, path="/slack/events"), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/slack/events"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hang_up(slack: FakeSlack, client: SocketModeClient) -> None:
    """Stop a client at once.

    Left to itself, `close` waits until the reader lets go of the socket: three seconds when Slack says nothing.
    """
    client.auto_reconnect_enabled = False
    slack.drop_connections()
    client.close()
