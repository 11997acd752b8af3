"""A message that may be a question to the bot, as it comes in an event or is read back from Slack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from integrations.slack.markup import mentions_others, typed

Way = Literal["mention", "direct", "thread", "shortcut"]

# A person's message has one of these; all other subtypes tell of something else (edited, deleted, joined …).
_SUBTYPES = {None, "file_share", "me_message", "thread_broadcast"}


@dataclass(frozen=True)
class Identity:
    """Who the bot is in this workspace."""

    user: str
    team: str
    bot: str

    @property
    def mention(self) -> str:
        """What people type to call it."""
        return f"<@{self.user}>"


@dataclass(frozen=True)
class Asked:
    """One message that may be a question; `text` is only ever in memory."""

    channel: str
    ts: str
    user: str
    team: str  # the asker's
    way: Way
    thread_ts: str = ""  # of the thread that it is in; empty at the top of a channel
    text: str = ""  # without the mention
    has_file: bool = False
    calls_others: bool = False  # mentions somebody else than the bot
    reply: str = ""  # the message with our unfinished answer, when another process began it
    reply_streams: bool = False  # that message is a stream which nobody ended

    @property
    def root(self) -> str:
        """The thread in which the answer belongs."""
        return self.thread_ts or self.ts

    @property
    def key(self) -> str:
        """The same for every event about this message."""
        return f"slack/vraag/{self.channel}/{self.ts}"

    @property
    def topic(self) -> str:
        """The same for every message in its thread."""
        return f"slack/{self.channel}/{self.root}"

    def details(self) -> dict[str, str]:
        """What another process needs to answer it: where it stands, and nothing of what it says."""
        return {
            "channel": self.channel,
            "ts": self.ts,
            "user": self.user,
            "team": self.team,
            "way": self.way,
            "thread_ts": self.thread_ts,
            "reply": self.reply,
        }

    def with_message(self, message: Mapping[str, Any], identity: Identity) -> Asked:
        """The same with the text of the message as Slack has it now."""
        text = str(message.get("text") or "")
        return replace(
            self,
            text=typed(text, identity.user),
            has_file=bool(message.get("files")),
            calls_others=mentions_others(text, identity.user),
        )


def asked_in(event: Mapping[str, Any], identity: Identity) -> Asked | None:
    """The message in a `message` or `app_mention` event; None for what is not a person's new message."""
    if not is_from_a_person(event) or event.get("edited") or event.get("hidden"):
        return None
    way: Way = "thread"
    if event.get("channel_type") == "im":
        way = "direct"
    elif event["type"] == "app_mention" or identity.mention in str(event.get("text") or ""):
        way = "mention"
    thread_ts = str(event.get("thread_ts") or "")
    if way == "thread" and (not thread_ts or thread_ts == event["ts"]):
        return None  # people talking in a channel
    asked = Asked(
        channel=str(event["channel"]),
        ts=str(event["ts"]),
        user=str(event["user"]),
        team=str(event.get("user_team") or event.get("source_team") or event.get("team") or identity.team),
        way=way,
        thread_ts="" if thread_ts == event["ts"] else thread_ts,
    )
    return asked.with_message(event, identity)


def asked_again(details: Mapping[str, str]) -> Asked:
    """The message that `Asked.details` tells of, still without its text."""
    ways: dict[str, Way] = {"mention": "mention", "direct": "direct", "shortcut": "shortcut"}
    return Asked(
        channel=details.get("channel", ""),
        ts=details.get("ts", ""),
        user=details.get("user", ""),
        team=details.get("team", ""),
        way=ways.get(details.get("way", ""), "thread"),
        thread_ts=details.get("thread_ts", ""),
        reply=details.get("reply", ""),
    )


def is_from_a_person(message: Mapping[str, Any]) -> bool:
    """Whether somebody typed it: no bot, no app, no notice of Slack's own."""
    user = message.get("user")
    return (
        message.get("subtype") in _SUBTYPES
        and not message.get("bot_id")
        and bool(user)
        and user != "USLACKBOT"
        and bool(message.get("ts"))
    )
