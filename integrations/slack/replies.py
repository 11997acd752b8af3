"""The ways in which an answer reaches its asker: in a thread, only to the asker, or at the address of a command."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from integrations.slack.asked import Asked
from integrations.slack.blocks import LONGEST_TEXT, Shown, plain_message, unfinished_message
from integrations.slack.markup import markdown
from integrations.slack.slack_calls import SlackCalls, SlackError, answer_at

logger = logging.getLogger(__name__)

_BETWEEN_APPENDS_SECONDS = 0.6
_BETWEEN_UPDATES_SECONDS = 1.6
_FIRST_WORDS_SECONDS = 1.0  # without a stream: an answer that is not whole by then is shown as far as it is
_STREAM_OVER = {"message_not_in_streaming_state", "streaming_state_conflict", "message_not_found"}


class Reply(Protocol):
    """Where one answer goes."""

    def searching(self, status: str) -> None:
        """Show that the question has arrived."""

    def add(self, text: str) -> None:
        """The next piece of the answer, which may be shown at once."""

    def finish(self, messages: Sequence[Shown]) -> None:
        """The whole answer."""

    def tell(self, text: str) -> None:
        """Say something to the asker alone, instead of an answer."""


class PrivateReply:
    """Only the asker sees it, in the channel and thread of the question."""

    def __init__(self, calls: SlackCalls, asked: Asked) -> None:
        self._calls, self._asked = calls, asked

    def searching(self, status: str) -> None:
        """Nothing: a status would be seen by everybody."""

    def add(self, text: str) -> None:
        """Nothing: a private message cannot grow."""

    def finish(self, messages: Sequence[Shown]) -> None:
        """Show the answer."""
        for message in messages:
            tell_alone(self._calls, self._asked, message)

    def tell(self, text: str) -> None:
        """Show a short message."""
        tell_alone(self._calls, self._asked, plain_message(text))


class AddressReply:
    """Only the asker sees it: the answer to a command, a shortcut or a click."""

    def __init__(self, response_url: str) -> None:
        self._response_url = response_url

    def searching(self, status: str) -> None:
        """Nothing: the acknowledgement told."""

    def add(self, text: str) -> None:
        """Nothing: Slack takes five messages at this address, which are for the answer."""

    def finish(self, messages: Sequence[Shown]) -> None:
        """Show the answer, what fits in Slack's five messages."""
        for message in [*messages[:3], *messages[3:][-1:]]:
            self._send(message)

    def tell(self, text: str) -> None:
        """Show a short message."""
        self._send(plain_message(text))

    def _send(self, message: Shown) -> None:
        private = {"response_type": "ephemeral", "replace_original": False}
        answer_at(self._response_url, message.arguments() | private)


class ThreadReply:
    """Everybody in the channel sees it, in the thread of the question: streamed, or by a message that is updated."""

    def __init__(self, calls: SlackCalls, asked: Asked, began: Callable[[str], None], *, streams: bool = True) -> None:
        """A reply of which nothing is shown yet.

        Args:
            began: is told the ts of the message when there is one.
            streams: whether to try a stream.
        """
        self._calls, self._asked, self._began = calls, asked, began
        self._streams = streams and not asked.reply
        self._text = ""
        self._ts = asked.reply
        self._shown = 0  # characters of the text that the stream has
        self._is_streaming = False
        self._has_status = self._has_ended = False
        self._started = self._last = time.monotonic()

    def searching(self, status: str) -> None:
        """Show "zoekt in de bronnen…" under the question."""
        self._has_status = self._set_status(status)

    def add(self, text: str) -> None:
        """Show the next piece, unless Slack would have us wait: then it comes with a later one."""
        self._text += text
        if self._streams and not self._ts:
            self._start_stream()
        elif self._is_streaming:
            self._append()
        elif not self._streams:
            self._update()

    def finish(self, messages: Sequence[Shown]) -> None:
        """End the stream with what is not text; or show the whole answer in place of what there was."""
        if self._is_streaming and self._stopped(messages):
            return
        self._end_stream_of_another()
        left = list(messages)
        if self._ts and self._replaced(left[0]):
            left.pop(0)
        for message in left:
            self._post(message)

    def tell(self, text: str) -> None:
        """Say it to the asker alone, or in the message that everybody sees already."""
        if self._is_streaming:
            self._stop_quietly()
        self._end_stream_of_another()
        if not (self._ts and self._replaced(plain_message(text))):
            tell_alone(self._calls, self._asked, plain_message(text))
        if self._has_status:
            self._set_status("")

    def _end_stream_of_another(self) -> None:
        if self._asked.reply_streams and not self._has_ended:
            self._has_ended = True
            self._stop_quietly()

    def _set_status(self, status: str) -> bool:
        try:
            place = {"channel_id": self._asked.channel, "thread_ts": self._asked.root}
            self._calls.at_once("assistant.threads.setStatus", **place, status=status)
        except SlackError as error:
            logger.info("No status: %s", error.code)
            return False
        return True

    def _start_stream(self) -> None:
        asked, text = self._asked, self._text[:LONGEST_TEXT]
        to = {} if asked.way == "direct" else {"recipient_user_id": asked.user, "recipient_team_id": asked.team}
        try:
            place = {"channel": asked.channel, "thread_ts": asked.root}
            started = self._calls.at_once("chat.startStream", **place, markdown_text=markdown(text), **to)
        except SlackError as error:
            logger.info("No stream: %s", error.code)
            self._streams = False
            return
        self._ts, self._is_streaming = str(started["ts"]), True
        self._shown, self._last = len(text), time.monotonic()
        self._began(self._ts)

    def _append(self) -> None:
        now = time.monotonic()
        if now - self._last < _BETWEEN_APPENDS_SECONDS or len(self._text) > LONGEST_TEXT:
            return
        piece, self._last = self._text[self._shown :], now
        place = {"channel": self._asked.channel, "ts": self._ts}
        try:
            self._calls.at_once("chat.appendStream", **place, markdown_text=markdown(piece))
            self._shown += len(piece)
        except SlackError as error:
            self._is_streaming = error.code not in _STREAM_OVER
            self._streams = self._is_streaming

    def _stopped(self, messages: Sequence[Shown]) -> bool:
        """End the stream with the sources and the buttons; False when Slack ended it before."""
        if len(messages) > 1:
            self._stop_quietly()
            return False
        rest = markdown(self._text[self._shown :])
        more = {"markdown_text": rest} if rest else {}
        try:
            # The text is in the stream already, so the first block, which holds it, is left out.
            blocks = messages[0].blocks[1:]
            self._calls("chat.stopStream", channel=self._asked.channel, ts=self._ts, blocks=blocks, **more)
        except SlackError as error:
            if error.code not in _STREAM_OVER:
                raise
            self._is_streaming = False
            return False
        self._is_streaming = False
        return True

    def _stop_quietly(self) -> None:
        try:
            self._calls("chat.stopStream", channel=self._asked.channel, ts=self._ts)
        except SlackError as error:
            logger.info("Stream was over: %s", error.code)
        self._is_streaming = False

    def _update(self) -> None:
        """Show as much as there is, in a message that grows, when the whole answer takes long."""
        now = time.monotonic()
        if now - self._started < _FIRST_WORDS_SECONDS or now - self._last < _BETWEEN_UPDATES_SECONDS * bool(self._ts):
            return
        self._last = now
        self._end_stream_of_another()
        message = unfinished_message(self._text, self._asked.ts)
        try:
            if self._ts:
                self._calls("chat.update", channel=self._asked.channel, ts=self._ts, **message.arguments())
            else:
                self._ts = self._post(message)
                self._began(self._ts)
        except SlackError as error:
            logger.info("Not shown yet: %s", error.code)

    def _post(self, message: Shown) -> str:
        quiet = {"unfurl_links": False, "unfurl_media": False}
        place = {"channel": self._asked.channel, "thread_ts": self._asked.root}
        return str(self._calls("chat.postMessage", **place, **message.arguments(), **quiet)["ts"])

    def _replaced(self, message: Shown, is_again: bool = False) -> bool:
        """Put a message in the place of ours; False when ours is gone."""
        try:
            self._calls("chat.update", channel=self._asked.channel, ts=self._ts, **message.arguments())
        except SlackError as error:
            if error.code == "streaming_state_conflict" and not is_again:  # begun by a process that died
                self._stop_quietly()
                return self._replaced(message, is_again=True)
            if error.code != "message_not_found":
                raise
            return False
        return True


def tell_alone(calls: SlackCalls, asked: Asked, message: Shown) -> None:
    """Show a message to the asker alone: in a direct message that is an ordinary one."""
    place = {"channel": asked.channel} | ({"thread_ts": asked.root} if asked.root else {})
    if asked.channel.startswith("D"):
        calls("chat.postMessage", **place, **message.arguments(), unfurl_links=False, unfurl_media=False)
        return
    # At the top of a channel a private message in a thread that nobody opened would not be seen.
    if not asked.thread_ts:
        place.pop("thread_ts", None)
    calls("chat.postEphemeral", user=asked.user, **place, **message.arguments())
