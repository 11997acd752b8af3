"""`beleidswijzer slack`: connects to Slack over Socket Mode and answers until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant import Settings, open_assistant, open_records
from integrations.slack import bolt
from integrations.slack.access import checked_identity, socket_tokens
from integrations.slack.bot import Bot, open_bot
from integrations.slack.desk import LEASE_SECONDS
from integrations.slack.slack_calls import SlackCalls, SlackError, open_client, own_errors

if TYPE_CHECKING:
    from slack_bolt.adapter.socket_mode import SocketModeHandler

logger = logging.getLogger(__name__)

STOP_SECONDS = 25.0  # for answers that are being given when the service is told to stop
_FIRST_SEARCH = "wijkteam"  # any word will do: the model loads its weights when it is first used

Announce = Callable[[str], None]


def run(settings: Settings, announce: Announce, lease_seconds: float = LEASE_SECONDS) -> int:
    """Answer until SIGTERM or Ctrl-C; answers that are being given are finished first. Returns the exit code.

    Args:
        announce: is told in Dutch what happens.

    Raises:
        SettingsError: a token is missing.
        AssistantError: Slack does not accept a token, or the index or the model is missing.
    """
    bot_token, app_token = socket_tokens(settings)
    client = open_client(bot_token, settings.slack.api_url)
    checked_identity(SlackCalls(client))  # a wrong token is told before seconds of loading
    with open_records(settings) as records, told_to_stop() as stop:
        announce("Het model en de index worden geladen …")
        assistant = open_assistant(settings)
        assistant.search(_FIRST_SEARCH, limit=1)
        bot = open_bot(assistant, settings, records, client, lease_seconds=lease_seconds)
        handler = connected(bot, app_token)
        announce("Beleidswijzer is verbonden met Slack — stoppen met Ctrl-C")
        stop.wait()
        announce("Lopende antwoorden worden afgemaakt …")
        handler.client.auto_reconnect_enabled = False
        # Closing waits for the connection's reader, up to three seconds; meanwhile answers are finished.
        closing = threading.Thread(target=handler.client.close, daemon=True)
        closing.start()
        finished = bot.close(STOP_SECONDS)
        closing.join(5)
    announce("Gestopt." if finished else "Gestopt; wat niet af was, maakt een ander proces of de volgende start af.")
    return 0


def connected(bot: Bot, app_token: str) -> SocketModeHandler:
    """The open connection.

    Raises:
        SlackError: Slack does not accept the app's token, or cannot be reached.
    """
    handler = bolt.socket_handler(bot.app, app_token, bot.service.calls.client)
    try:
        with own_errors("apps.connections.open"):
            handler.connect()  # type: ignore[no-untyped-call]  # the library's
    except SlackError:
        handler.client.close()
        bot.close(0)
        raise
    return handler


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    caught = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in caught}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
