"""A thread as Slack has it: what was asked and answered in it, and whether a new message in it is for the bot.

Nothing is kept: every process reads the thread anew. The block_id of an answer names the message that it answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant import PrivacyGate, Turn
from integrations.slack.asked import Asked, Identity, is_from_a_person
from integrations.slack.blocks import ANSWER, UNFINISHED
from integrations.slack.markup import read_markdown, typed
from integrations.slack.slack_calls import SlackCalls

Message = Mapping[str, Any]
Verdict = Literal["yes", "no", "wait"]

_PAGE = 200
_MOST_PAGES = 5
_QUESTION_WORD = re.compile(
    r"^\W*(?:en\s+|maar\s+|and\s+|but\s+)?(?:wie|wat|waar\w*|wanneer|welke?|hoe\w*|waarom|who|what|where|when|which|why|how)\b",
    re.IGNORECASE,
)
_TO_A_PERSON = re.compile(
    r"\b(?:jij|jou|jouw|jullie|ga je|kun je|wil je|heb je|weet je|ben je|denk je|vind je)\b", re.I
)


@dataclass(frozen=True)
class Thread:
    """The messages of one thread, oldest first."""

    messages: tuple[Message, ...]
    identity: Identity

    def message(self, ts: str) -> Message | None:
        """One message; None if it is gone, also where Slack left a sign in its place."""
        found = next((each for each in self.messages if each.get("ts") == ts), None)
        return None if found is None or found.get("subtype") == "tombstone" else found

    def answer_to(self, ts: str) -> Message | None:
        """Our finished answer to a message."""
        return self._ours_with_block(f"{ANSWER}{ts}")

    def unfinished_answer_to(self, ts: str) -> Message | None:
        """Our answer to a message as far as another process wrote it."""
        return self._ours_with_block(f"{UNFINISHED}{ts}")

    def open_stream_after(self, ts: str) -> Message | None:
        """Our answer to a message that another process was streaming: in a thread there is one at a time."""
        later = [each for each in self.messages if str(each.get("ts")) > ts and self._is_ours(each)]
        return next((each for each in later if is_streaming(each)), None)

    def has_our_words(self) -> bool:
        """Whether the bot has said anything here for everybody to see."""
        return any(self._is_ours(each) for each in self.messages)

    def history(self, before: str, most_turns: int, gate: PrivacyGate) -> list[Turn]:
        """The questions before a message with their answers, oldest first; without what held client data."""
        turns: list[Turn] = []
        for question in self.messages:
            answer = self.answer_to(str(question.get("ts")))
            if answer is None or str(question["ts"]) >= before or question.get("subtype") == "tombstone":
                continue
            asked = typed(str(question.get("text") or ""), self.identity.user)
            if asked and not gate.findings(asked):
                turns += [Turn("user", asked), Turn("assistant", read_markdown(str(answer.get("text") or "")))]
        return turns[-(most_turns - most_turns % 2) :] if most_turns > 1 else []

    def is_for_us(self, asked: Asked) -> Verdict:
        """Whether a message without a mention goes on from our answer; "wait" when that answer is still to come.

        It does when it is a question, calls nobody else and speaks to no person; and when the last thing said before
        it, other than by the same person, was put to the bot. So as soon as people talk to each other, it keeps quiet.
        """
        before = [each for each in self._people() if str(each["ts"]) < asked.ts]
        while before and before[-1]["user"] == asked.user and not self._is_put_to_us(before[-1]):
            before.pop()
        if not before or not self._is_put_to_us(before[-1]) or not _is_question(asked):
            return "no"
        return "yes" if self.answer_to(str(before[-1]["ts"])) else "wait"

    def _people(self) -> list[Message]:
        return [each for each in self.messages if is_from_a_person(each) and each.get("user") != self.identity.user]

    def _is_put_to_us(self, message: Message) -> bool:
        return self.identity.mention in str(message.get("text") or "") or self.answer_to(str(message["ts"])) is not None

    def _is_ours(self, message: Message) -> bool:
        return message.get("user") == self.identity.user or message.get("bot_id") == self.identity.bot

    def _ours_with_block(self, block_id: str) -> Message | None:
        for message in self.messages:
            blocks = message.get("blocks") or ()
            if self._is_ours(message) and any(block.get("block_id") == block_id for block in blocks):
                return message
        return None


def read_thread(calls: SlackCalls, identity: Identity, channel: str, ts: str) -> Thread:
    """The thread of a message, its beginning when it is very long.

    Raises:
        SlackError: the thread is gone, or the bot may not read it.
    """
    messages: list[Message] = []
    cursor = ""
    for _ in range(_MOST_PAGES):
        more = {"cursor": cursor} if cursor else {}
        answer = calls("conversations.replies", channel=channel, ts=ts, limit=_PAGE, **more)
        messages += answer.get("messages", ())
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return Thread(tuple(messages), identity)


def is_streaming(message: Message) -> bool:
    """Whether a message is a stream that nobody ended."""
    return message.get("streaming_state") == "in_progress"


def only(messages: Sequence[Message], identity: Identity) -> Thread:
    """A thread of which nothing needs to be read."""
    return Thread(tuple(messages), identity)


def _is_question(asked: Asked) -> bool:
    if asked.calls_others or _TO_A_PERSON.search(asked.text):
        return False
    return asked.text.rstrip().endswith("?") or bool(_QUESTION_WORD.search(asked.text))
