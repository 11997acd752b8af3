"""What a Slack workspace holds: people, channels, messages, open modals; and what was seen to go wrong in it."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from slack import payloads
from slack.block_rules import elements, texts, with_ids
from slack.payloads import BOT, BOT_USER, DOMAIN, TEAM, ChannelKind, Payload

StreamState = Literal["open", "stopped", "expired"]


@dataclass(frozen=True)
class Timing:
    """How long Slack waits, in seconds; `Timing().faster(100)` makes its retries and streams 100 times shorter."""

    ack: float = 3.0  # for an acknowledgement; not made shorter by `faster`: a busy machine would fail by chance
    retries: tuple[float, ...] = (0.0, 60.0, 300.0)  # before each further attempt
    trigger: float = 3.0  # that a trigger_id can open a modal
    stream: float = 300.0  # that a stream lives
    status: float = 120.0  # that a status is shown
    response_url: float = 1800.0
    in_flight: float = 0.25  # after a 429, calls that were already under way are not held against the app

    def faster(self, factor: float) -> Timing:
        """The same, with everything but the wait for an acknowledgement divided by a factor."""
        return replace(
            self,
            retries=tuple(each / factor for each in self.retries),
            stream=self.stream / factor,
            status=self.status / factor,
            response_url=self.response_url / factor,
        )


@dataclass(frozen=True)
class User:
    """A person or a bot."""

    id: str
    name: str
    team: str = TEAM  # another workspace's in a shared channel
    guest: Literal["", "single", "multi"] = ""
    is_bot: bool = False


@dataclass
class Channel:
    """A channel, a private group, a direct message (im) or a group conversation (mpim)."""

    id: str
    name: str
    kind: ChannelKind = "channel"
    members: set[str] = field(default_factory=set)
    archived: bool = False
    shared: bool = False  # with another workspace

    @property
    def shown_name(self) -> str:
        """The name that payloads carry: those of direct messages and private channels are hidden."""
        return {"channel": self.name, "group": "privategroup", "im": "directmessage", "mpim": "privategroup"}[self.kind]


@dataclass
class Message:
    """A message as it stands now; `text` of a stream grows."""

    channel: str
    ts: str
    user: str
    text: str = ""
    thread_ts: str | None = None
    blocks: list[Payload] = field(default_factory=list)
    event: Payload = field(default_factory=dict)  # as posted by a person
    bot: str | None = None
    for_user: str | None = None  # an ephemeral message: who sees it
    stream: StreamState | None = None
    stream_ends: float = 0.0
    metadata: Payload | None = None
    versions: list[tuple[float, str]] = field(default_factory=list)  # (monotonic time, what was shown)
    reactions: list[str] = field(default_factory=list)
    edited: bool = False
    deleted: bool = False

    @property
    def shown(self) -> str:
        """What a reader sees: the streamed text and the blocks, or the text where there are no blocks."""
        in_blocks = "\n".join(texts(self.blocks))
        if self.stream:
            return "\n".join(part for part in (self.text, in_blocks) if part)
        return in_blocks or self.text

    @property
    def elements(self) -> list[Payload]:
        """The buttons and menus, in the order of the page."""
        return [element for element, _ in elements(self.blocks)]

    def as_json(self) -> Payload:
        """The message as conversations.history and payloads give it."""
        if self.event:
            return payloads.stored(self.event) | ({"edited": {"user": self.user, "ts": self.ts}} if self.edited else {})
        base: Payload = {"user": self.user, "type": "message", "ts": self.ts, "text": self.text, "team": TEAM}
        base["blocks"] = with_ids(self.blocks) or ([] if self.stream else payloads.rich_text(self.text))
        if self.stream:
            base["streaming_state"] = "in_progress" if self.stream == "open" else "completed"
        if self.thread_ts:
            base |= {"thread_ts": self.thread_ts}
        if self.metadata:
            base["metadata"] = self.metadata
        if self.edited:
            base["edited"] = {"user": self.user, "ts": self.ts}
        return payloads.own_message(base, bot=self.bot or BOT)


@dataclass
class View:
    """A modal on somebody's screen, or a Home tab."""

    id: str
    user: str
    content: Payload
    trigger: str = ""
    root: str = ""
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)  # by block_id, after a submission that the app refused
    hash: str = field(default_factory=lambda: f"{int(time.time())}.{secrets.token_hex(4)}")

    def as_json(self, values: Payload | None = None) -> Payload:
        """The view as Slack sends it back, with what was filled in."""
        blank = {"private_metadata": "", "callback_id": "", "submit": None, "close": None, "clear_on_close": False}
        rest = {"notify_on_close": False, "external_id": ""}
        given = {
            "id": self.id,
            "team_id": TEAM,
            "state": {"values": values or {}},
            "hash": self.hash,
            "previous_view_id": self.previous,
            "root_view_id": self.root or self.id,
            "app_id": payloads.APP,
            "app_installed_team_id": TEAM,
            "bot_id": BOT,
        }
        return blank | rest | self.content | {"blocks": with_ids(self.content["blocks"])} | given

    @property
    def shown(self) -> str:
        """Every text in it."""
        return "\n".join(texts(self.content["blocks"]))


class Workspace:
    """One Slack workspace with our app installed. Everything in it is guarded by `lock`."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.lock = threading.RLock()
        self.violations: list[str] = []
        self.broadcasts: list[str] = []
        self.users: dict[str, User] = {BOT_USER: User(BOT_USER, "beleidswijzer", is_bot=True)}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.statuses: list[Payload] = []
        self.titles: list[Payload] = []
        self.prompts: list[Payload] = []
        self.triggers: dict[str, tuple[float, str]] = {}  # trigger → (until, user); removed when used
        self.reply_addresses: dict[str, ReplyAddress] = {}
        self.listeners: list[Callable[[Payload], object]] = []
        self._last_ts = itertools.count(1)

    def violate(self, sentence: str) -> None:
        """Remember a breach of Slack's rules."""
        with self.lock:
            self.violations.append(sentence)

    def emit(self, event: Payload) -> None:
        """Tell the app what happened, as the Events API does."""
        for listener in self.listeners:
            listener(event)

    def next_ts(self) -> str:
        """A timestamp that no other message has."""
        return f"{int(time.time())}.{next(self._last_ts):06d}"

    def message(self, channel: str, ts: str) -> Message | None:
        """The message that stands there now; ephemeral ones have no place of their own."""
        found = (each for each in self.messages if (each.channel, each.ts) == (channel, ts))
        return next((each for each in found if not each.deleted and each.for_user is None), None)

    def visible(self, channel: str) -> list[Message]:
        """The messages of a channel that everybody in it sees, oldest first."""
        self.expire_streams()
        kept = (each for each in self.messages if each.channel == channel)
        return sorted((each for each in kept if not each.deleted and each.for_user is None), key=lambda each: each.ts)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A message and the replies to it, oldest first."""
        return [each for each in self.visible(channel) if ts in (each.ts, each.thread_ts)]

    def replies(self, parent: Message) -> Iterator[Message]:
        """The replies to a message."""
        return (each for each in self.visible(parent.channel) if each.thread_ts == parent.ts and each.ts != parent.ts)

    def expire_streams(self) -> None:
        """End the streams that have lived too long, as Slack does by itself."""
        for each in self.messages:
            if each.stream == "open" and time.monotonic() >= each.stream_ends:
                each.stream = "expired"

    def new_trigger(self, user: str) -> str:
        """A trigger_id with which the app may open one modal, soon."""
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[trigger] = (time.monotonic() + self.timing.trigger, user)
        return trigger

    def new_reply_address(self, channel: str, user: str, message: Message | None = None) -> str:
        """The path of a response_url: five answers in half an hour."""
        path = f"/actions/{TEAM}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        until = time.monotonic() + self.timing.response_url
        self.reply_addresses[path] = ReplyAddress(channel, user, message, until)
        return path

    def permalink(self, message: Message) -> str:
        """The address of a message in the browser."""
        link = f"https://{DOMAIN}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
        return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if message.thread_ts else link


@dataclass
class ReplyAddress:
    """Where a response_url leads, and how often it can still be used."""

    channel: str
    user: str
    message: Message | None
    until: float
    uses_left: int = 5
