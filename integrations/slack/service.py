"""What every part of the bot works with; made once by `open_bot`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant import (
    Citation,
    Document,
    Event,
    Filters,
    Language,
    PrivacyGate,
    Records,
    Settings,
    Source,
    Turn,
)
from integrations.slack.asked import Asked, Identity
from integrations.slack.slack_calls import SlackCalls
from integrations.slack.visitors import Visitors

NO_FILTERS = Filters()


class Answering(Protocol):
    """What the bot asks of an assistant."""

    def stream(self, question: str, history: Sequence[Turn] = (), filters: Filters = NO_FILTERS) -> Iterator[Event]: ...

    def documents(self) -> list[Document]: ...

    def source(self, document_id: str) -> Source: ...


@dataclass(frozen=True)
class Conduct:
    """How the bot behaves in one channel."""

    follows_threads: bool = True
    is_private: bool = False
    filters: Filters = NO_FILTERS
    language: Language | None = None


@dataclass(frozen=True)
class Service:
    """The assistant (its links are for colleagues), Slack, the settings, and what is kept between requests."""

    assistant: Answering
    calls: SlackCalls
    identity: Identity
    settings: Settings
    records: Records
    visitors: Visitors
    address: Callable[[Citation], str]
    thinking: threading.Semaphore  # how many questions may be worked on at the same moment
    gate: PrivacyGate = field(default_factory=PrivacyGate)

    def conduct(self, channel: str) -> Conduct:
        """The settings of one channel; in a direct message everything may be asked and seen."""
        chosen = self.settings.slack.channels.get(channel, self.settings.slack.default)
        filters = Filters(documents=chosen.documents, themes=chosen.themes)
        is_direct = channel.startswith("D")
        return Conduct(chosen.answers == "thread", chosen.private and not is_direct, filters, chosen.language)

    def closed(self) -> str | None:
        """What to say when the door is closed; None when it is open."""
        return self.records.switch.state("slack")

    def may_ask(self, user: str, team: str) -> bool:
        """Whether this person is served.

        Raises:
            SlackError: Slack does not say who it is.
        """
        return self.settings.slack.guests or self.visitors.is_colleague(user, team)

    def has_colleagues(self, asked_in: str) -> bool:
        """Whether a question from this channel can be put to colleagues elsewhere."""
        channel = self.settings.slack.colleague_channel
        return channel is not None and channel != asked_in


def note_reply(service: Service, asked: Asked, ts: str) -> None:
    """Let who may have to finish this answer know where it stands."""
    service.records.errands.note(asked.key, asked.details() | {"reply": ts})
