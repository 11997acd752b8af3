"""The fake Slack behaves as Slack does, and notices when an app breaks a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from slack.fake_slack import FakeSlack


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url)


def test_a_message_is_seen_in_its_thread(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "Wat is een kernteam?")

    client.chat_postMessage(channel="C1", text="Een vaste groep.", thread_ts=asked.ts)

    assert [each.shown for each in slack.thread("C1", asked.ts)] == ["Wat is een kernteam?", "Een vaste groep."]
