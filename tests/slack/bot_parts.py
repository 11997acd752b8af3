"""What tests of the bot are built from: a small corpus with answers, an assistant that does as told, a running bot."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from assistant import (
    Answer,
    AnswerFinished,
    Caution,
    Citation,
    CitationAdded,
    Document,
    Event,
    Filters,
    PassagesFound,
    Records,
    Settings,
    Source,
    TextAdded,
    Turn,
    load_settings,
)
from integrations.slack.bolt import socket_handler
from integrations.slack.bot import Bot, bot_for
from integrations.slack.service import Answering
from slack.fake_slack import FakeSlack

StartBot = Callable[..., Bot]  # see the fixture `start_bot`

TEXT = (
    "Een wijkteam belt een gezin binnen tien werkdagen na de melding. "
    "Het team legt de afspraken vast in een gezinsplan. "
    "Het gezin kiest zelf een vaste contactpersoon."
)
DOCUMENT = Document(
    "kader", "Kader Vroege Hulp", Path("/nergens/kader.md"), published=date(2024, 3, 12), status="in_force",
    themes=("jeugd",), url="https://voorbeeld.nl/kader",
)  # fmt: skip


def citation(number: int = 1, document: Document = DOCUMENT, text: str = TEXT, **more: Any) -> Citation:
    """A citation of one of the sentences of a text."""
    sentence = text.split(". ")[number - 1].rstrip(".") + "."
    begin = text.index(sentence.rstrip("."))
    link = more.pop("link", f"https://wijzer.voorbeeld.nl/bronnen/{document.id}#z{begin}")
    values: dict[str, Any] = {"heading_path": ("Afspraken",), "page": None} | more
    return Citation(number, document, quote=text[begin : begin + len(sentence)], begin=begin,
                    end=begin + len(sentence), link=link, **values)  # fmt: skip


@dataclasses.dataclass
class FakeAssistant:
    """Answers every question the same way, and remembers what it was asked."""

    pieces: Sequence[str] = ("Een wijkteam belt binnen tien werkdagen. [1]",)
    citations: Sequence[Citation] = dataclasses.field(default_factory=lambda: (citation(),))
    warnings: tuple[Caution, ...] = ()
    blocked: tuple[str, ...] = ()
    understood_as: str | None = None
    seconds: float = 0.0  # before each piece
    error: Exception | None = None
    text: str = TEXT
    before_piece: Callable[[int], None] = lambda _: None
    asked: list[tuple[str, tuple[Turn, ...], Filters]] = dataclasses.field(default_factory=list)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def stream(self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Iterator[Event]:
        with self.lock:
            self.asked.append((question, tuple(history), filters or Filters()))
            number = len(self.asked)
        yield PassagesFound(())
        for place, piece in enumerate(self.pieces):
            self.before_piece(place)
            time.sleep(self.seconds)
            if place == 0:
                yield from (CitationAdded(each) for each in self.citations)
            yield TextAdded(piece)
        if self.error:
            raise self.error
        yield AnswerFinished(
            Answer(
                question, "".join(self.pieces), "complete" if self.citations else "none", "extractive", "nl",
                citations=tuple(self.citations), warnings=self.warnings, blocked=self.blocked,
                understood_as=self.understood_as, id=f"antwoord-{number}",
            )
        )  # fmt: skip

    def documents(self) -> list[Document]:
        return list({each.document.id: each.document for each in (*self.citations, citation())}.values())

    def source(self, document_id: str) -> Source:
        return Source(self.text, (), ())

    @property
    def questions(self) -> list[str]:
        """What was asked so far."""
        return [question for question, _, _ in self.asked]


def settings_in(folder: Path, toml: str = "", **environ: str) -> Settings:
    """Settings with everything in one folder."""
    (folder / "beleidswijzer.toml").write_text(toml, encoding="utf-8")
    settings = load_settings(environ=environ, cwd=folder)
    return dataclasses.replace(settings, data=folder / "gegevens")


@contextmanager
def bot_on(
    slack: FakeSlack,
    assistant: Answering,
    settings: Settings,
    records: Records,
    *,
    lease_seconds: float = 30.0,
    ping_seconds: float | None = None,
) -> Iterator[Bot]:
    """A bot that is connected over Socket Mode; at the end everything is acknowledged and finished."""
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    bot = bot_for(assistant, settings, records, client, lease_seconds=lease_seconds)
    try:
        with connected(slack, bot, ping_seconds):
            yield bot
            slack.settle()
    finally:
        bot.close(10)


@contextmanager
def connected(slack: FakeSlack, bot: Bot, ping_seconds: float | None = None) -> Iterator[SocketModeHandler]:
    """The connection of a bot.

    Args:
        ping_seconds: to notice a broken connection soon; on a busy machine also one that is not broken.
    """
    handler = socket_handler(bot.app, slack.app_token, bot.service.calls.client)
    if ping_seconds is not None:
        handler.client.ping_interval = ping_seconds
        handler.client.current_app_monitor.interval_seconds = ping_seconds
    handler.connect()  # type: ignore[no-untyped-call]  # the library's
    try:
        slack.connected()
        yield handler
    finally:
        handler.client.auto_reconnect_enabled = False
        handler.client.current_session_state.terminated = True
        slack.drop_connections()
        threading.Thread(target=handler.client.close).start()  # takes a second, for nothing


def answers(slack: FakeSlack, channel: str, ts: str) -> list[Any]:
    """What the bot said in a thread."""
    return [each for each in slack.thread(channel, ts) if each.user == slack.mention.strip("<@>")]


def is_done(message: Any) -> bool:
    """Whether an answer has its buttons."""
    return any(each.get("action_id") == "beoordeling" for each in message.elements)


def finished(slack: FakeSlack, channel: str, ts: str, number: int = 1) -> list[Any]:
    """The finished answers in a thread, once there are so many."""
    return slack.wait_for(
        lambda: (
            found if len(found := [each for each in answers(slack, channel, ts) if is_done(each)]) >= number else []
        ),
        10,
    )
