"""What the bot must have before it starts: tokens of the right kind, and a token that allows all that the bot does."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from assistant import AssistantError, Settings, SettingsError
from integrations.slack.asked import Identity
from integrations.slack.slack_calls import SlackCalls

MANIFEST = Path(__file__).with_name("manifest.yml")
_NEXT_STEP = "docs/slack.md zegt in tien stappen waar het te vinden is."


class AccessError(AssistantError):
    """The bot's token allows too little."""


@cache
def needed_scopes() -> frozenset[str]:
    """The scopes that the manifest asks for."""
    content = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return frozenset(content["oauth_config"]["scopes"]["bot"])


def socket_tokens(settings: Settings) -> tuple[str, str]:
    """The tokens of the bot and of the app.

    Raises:
        SettingsError: one is missing, or is another kind of token.
    """
    return (
        _token(settings.secrets.slack_bot_token, "SLACK_BOT_TOKEN", "xoxb-"),
        _token(settings.secrets.slack_app_token, "SLACK_APP_TOKEN", "xapp-"),
    )


def checked_identity(calls: SlackCalls) -> Identity:
    """Who the bot is.

    Raises:
        SlackError: Slack does not accept the token, or cannot be reached.
        AccessError: the token misses scopes, which are named.
    """
    answer, scopes = calls.scopes()
    if missing := sorted(needed_scopes() - scopes):
        raise AccessError(
            f"De Slack-app mist deze rechten: {', '.join(missing)}. Neem integrations/slack/manifest.yml over bij "
            "“App Manifest” op api.slack.com/apps en installeer de app opnieuw (docs/slack.md, stap 4)."
        )
    return Identity(str(answer["user_id"]), str(answer["team_id"]), str(answer.get("bot_id") or ""))


def _token(value: str | None, variable: str, start: str) -> str:
    if not value:
        raise SettingsError(
            f"De omgevingsvariabele {variable} is leeg. Geef het token dat met {start} begint; {_NEXT_STEP}"
        )
    if not value.startswith(start):
        raise SettingsError(f"{variable} hoort met {start} te beginnen; dit is een ander token. {_NEXT_STEP}")
    return value
