"""The bot over HTTP, as a part of `beleidswijzer serve`: for when Slack can reach the server, or there are several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant import Assistant, Records, Settings
from integrations.slack import bolt
from integrations.slack.bot import open_bot
from integrations.slack.slack_calls import open_client


def mount(assistant: Assistant, settings: Settings, records: Records) -> tuple[str, Any, Callable[[], object]] | None:
    """Where the bot is mounted, its ASGI application, and what to call when the service stops.

    None when it is not set up for HTTP: that takes SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET.

    Raises:
        AssistantError: Slack does not accept the token, or it allows too little.
    """
    secrets = settings.secrets
    if not (secrets.slack_bot_token and secrets.slack_signing_secret):
        return None
    client = open_client(secrets.slack_bot_token, settings.slack.api_url)
    bot = open_bot(assistant, settings, records, client, signing_secret=secrets.slack_signing_secret)
    return bolt.EVENTS_PATH, bolt.asgi_handler(bot.app), bot.close
