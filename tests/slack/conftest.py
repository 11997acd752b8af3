"""The fixture with which a test gets a Slack of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from slack.fake_slack import FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A fake Slack with two people in one channel; fails the test when a rule of Slack's was broken.

    A test that breaks a rule on purpose looks at `slack.take_violations()`.
    """
    with FakeSlack() as made:
        made.add_channel("C1", "wijkteam", members=["U1", "U2"])
        yield made
    assert made.violations == []


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    """Slack's own client, on the fake."""
    return WebClient(slack.bot_token, base_url=slack.api_url)
