"""The fixtures with which a test gets a Slack, records and a bot of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from assistant import Records, open_records
from integrations.slack.bot import Bot
from integrations.slack.service import Answering
from slack.bot_parts import FakeAssistant, StartBot, bot_on, settings_in
from slack.fake_slack import FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A fake Slack with two people in one channel; fails the test when a rule of Slack's was broken.

    A test that breaks a rule on purpose looks at `slack.take_violations()`.
    """
    with FakeSlack() as made:
        # Slack waits three seconds; on a busy machine that says nothing of the bot (see benchmarks/slack.py).
        made.timing = replace(made.timing, ack=20.0)
        made.add_channel("C1", "wijkteam", members=["U1", "U2"])
        yield made
    assert made.violations == []


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    """Slack's own client, on the fake."""
    return WebClient(slack.bot_token, base_url=slack.api_url)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """What is kept between requests, in a folder of its own."""
    with open_records(settings_in(tmp_path)) as opened:
        yield opened


@pytest.fixture
def fake_assistant() -> FakeAssistant:
    """An assistant that does as it is told."""
    return FakeAssistant()


@pytest.fixture
def start_bot(slack: FakeSlack, fake_assistant: FakeAssistant, records: Records, tmp_path: Path) -> Iterator[StartBot]:
    """Starts a bot over Socket Mode, with lines of beleidswijzer.toml."""
    with ExitStack() as stack:

        def start(toml: str = "", assistant: Answering | None = None, **more: Any) -> Bot:
            settings = settings_in(tmp_path, toml)
            return stack.enter_context(bot_on(slack, assistant or fake_assistant, settings, records, **more))

        yield start
