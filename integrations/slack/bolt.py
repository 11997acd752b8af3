"""Bolt, Slack's framework: receives what Slack sends and passes it to the bot. The only module that imports it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from integrations.slack.slack_calls import SlackCalls

if TYPE_CHECKING:
    from slack_bolt import App
    from slack_bolt.adapter.asgi import SlackRequestHandler
    from slack_bolt.adapter.socket_mode import SocketModeHandler

EVENTS_PATH = "/slack/events"
_ANYTHING = re.compile(".*", re.DOTALL)
# A silent connection is given up after five pings without an answer.
_PING_SECONDS = 1.5
_RECEIVERS = 16
_BUFFER_BYTES = 64 * 1024

Body = dict[str, Any]
Receiver = Callable[[Body], "Mapping[str, Any] | None"]  # what goes with the acknowledgement

quiet = logging.getLogger("integrations.slack.bolt")


def new_app(calls: SlackCalls, identity: Mapping[str, str], signing_secret: str | None, receive: Receiver) -> App:
    """A Bolt application that acknowledges everything once `receive` has returned.

    Args:
        identity: what auth.test said.
        signing_secret: checks the signature of what comes over HTTP.
        receive: gets each body; what it cannot do at once it leaves to others. An error in it lets Slack send it again.
    """
    from slack_bolt import App, BoltResponse
    from slack_bolt.authorization import AuthorizeResult

    result = AuthorizeResult(
        enterprise_id=None, team_id=identity["team_id"], bot_user_id=identity["user_id"],
        bot_id=identity.get("bot_id"), bot_token=calls.client.token,
    )  # fmt: skip
    client = calls.client.__class__(base_url=calls.client.base_url, timeout=calls.client.timeout)
    quiet.setLevel(logging.ERROR)  # its warnings are for who writes listeners, and at debug level it logs messages
    app = App(
        name="beleidswijzer", logger=quiet, client=client, signing_secret=signing_secret or "",
        authorize=lambda **_: result, attaching_conversation_kwargs_enabled=False,
        request_verification_enabled=signing_secret is not None,
    )  # fmt: skip

    def received(body: Body) -> BoltResponse:
        answer = receive(body)
        return BoltResponse(status=200, body=dict(answer) if answer else "")

    # As a middleware, because Bolt acknowledges an event before it runs the listener: a crash would lose the question.
    app.use(received)
    return app


def socket_handler(app: App, app_token: str, web_client: Any) -> SocketModeHandler:
    """The connection over Socket Mode, not yet opened."""
    from slack_bolt.adapter.socket_mode import SocketModeHandler

    return SocketModeHandler(
        app,
        app_token,
        logger=quiet,
        web_client=web_client,
        ping_interval=_PING_SECONDS,
        concurrency=_RECEIVERS,
        receive_buffer_size=_BUFFER_BYTES,
    )


def asgi_handler(app: App, path: str = EVENTS_PATH) -> SlackRequestHandler:
    """The application for an ASGI server; a body is handled beside the event loop."""
    from slack_bolt import BoltRequest, BoltResponse
    from slack_bolt.adapter.asgi import SlackRequestHandler
    from slack_bolt.adapter.asgi.http_request import AsgiHttpRequest

    class Handler(SlackRequestHandler):
        async def dispatch(self, request: AsgiHttpRequest) -> BoltResponse:
            body = await request.get_raw_body()
            asked = BoltRequest(body=body, query=request.query_string, headers=request.get_headers())
            return await asyncio.to_thread(app.dispatch, asked)

    return Handler(app, path)
