"""Questions in messages: mentions, direct messages, follow-ups in a thread. In: events; out: answers in the thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assistant import Errand
from integrations.slack.answering import Request, answer, failure_text, log_failure
from integrations.slack.asked import Asked, asked_again, asked_in
from integrations.slack.blocks import plain_message
from integrations.slack.desk import Desk
from integrations.slack.replies import PrivateReply, Reply, ThreadReply, tell_alone
from integrations.slack.service import Conduct, Service, note_reply
from integrations.slack.slack_calls import SlackError
from integrations.slack.thread import Thread, is_streaming, only, read_thread
from integrations.slack.wording import WORDS

logger = logging.getLogger(__name__)

_TURN_SECONDS = 0.25  # between looks whether an earlier question in the thread is answered
_MOST_TURN_SECONDS = 60.0
_MOST_WAIT_SECONDS = 4.0  # for a question that came before this one, and of which Slack has yet to tell us
_MOST_ATTEMPTS = 3


def taken(service: Service, desk: Desk, event: Mapping[str, Any]) -> Errand | None:
    """Note the question in an event, before Slack hears that it arrived; None when there is nothing to do (here)."""
    asked = asked_in(event, service.identity)
    if asked is None or (asked.way == "thread" and not service.conduct(asked.channel).follows_threads):
        return None
    errand = Errand(asked.key, asked.topic, asked.details())
    return errand if desk.take(errand) else None


class Question:
    """One question on its way; called again as long as it has to wait."""

    def __init__(self, service: Service, desk: Desk, event: Mapping[str, Any] | None = None) -> None:
        """A question in an event; without the event it is read back from Slack."""
        self._service, self._desk, self._event = service, desk, event
        self._since = time.monotonic()

    def __call__(self, errand: Errand) -> float | None:
        """Answer it; the seconds to wait when it is not its turn."""
        waited = time.monotonic() - self._since
        has_thread = bool(errand.details.get("thread_ts"))
        if has_thread and waited < _MOST_TURN_SECONDS and self._service.records.errands.has_earlier(
            errand.topic, errand.key
        ):  # fmt: skip
            return _TURN_SECONDS
        try:
            return self._attempt(errand, waited)
        except Exception as error:
            _apologise(self._service, asked_again(errand.details), error)
            return None

    def _attempt(self, errand: Errand, waited: float) -> float | None:
        service = self._service
        asked = asked_in(self._event, service.identity) if self._event else asked_again(errand.details)
        if asked is None:
            return None
        thread = self._thread(asked)
        if self._event is None:
            again = _read_back(asked, thread, service)
            if again is None or errand.attempts > _MOST_ATTEMPTS:
                if again is not None:
                    tell_alone(service.calls, again, plain_message(WORDS["nl"].lost))
                return None
            asked = again
        if asked.way == "thread":
            verdict = thread.is_for_us(asked)
            if verdict == "wait" and waited < _MOST_WAIT_SECONDS:
                return _TURN_SECONDS
            if verdict == "no":
                return None
        conduct = service.conduct(asked.channel)
        answer(service, _request(service, asked, thread, conduct), self._reply(asked, conduct))
        return None

    def _thread(self, asked: Asked) -> Thread:
        if self._event is not None and not asked.thread_ts:
            return only((), self._service.identity)
        try:
            return read_thread(self._service.calls, self._service.identity, asked.channel, asked.root)
        except SlackError as error:
            # Who mentions the bot gets an answer, though it cannot look back.
            if asked.way in ("mention", "direct") and error.code in ("thread_not_found", "missing_scope"):
                return only((), self._service.identity)
            raise

    def _reply(self, asked: Asked, conduct: Conduct) -> Reply:
        service = self._service
        if conduct.is_private:
            return PrivateReply(service.calls, asked)
        return ThreadReply(
            service.calls, asked, lambda ts: note_reply(service, asked, ts), streams=self._desk.is_free()
        )


def _request(service: Service, asked: Asked, thread: Thread, conduct: Conduct) -> Request:
    history = thread.history(asked.ts, service.settings.slack.history_turns, service.gate)
    is_first = conduct.is_private or not thread.has_our_words()
    return Request(asked, conduct, history, is_first=is_first, may_share=conduct.is_private)


def _read_back(asked: Asked, thread: Thread, service: Service) -> Asked | None:
    """The question as it stands in Slack now; None when it is gone, or answered already."""
    message = thread.message(asked.ts)
    if message is None or thread.answer_to(asked.ts):
        return None
    asked = asked.with_message(message, service.identity)
    # The process may have died before it could note which message it had begun.
    begun = thread.message(asked.reply) or thread.unfinished_answer_to(asked.ts) or thread.open_stream_after(asked.ts)
    if begun is None:
        return replace(asked, reply="")
    return replace(asked, reply=str(begun["ts"]), reply_streams=is_streaming(begun))


def _apologise(service: Service, asked: Asked, error: Exception) -> None:
    """Say that something went wrong, where the answer itself could not be begun."""
    request_id = asked.ts.replace(".", "")[-8:]
    log_failure(request_id, error)
    if asked.way == "thread":
        return  # whether it was for us is not known
    try:
        tell_alone(service.calls, asked, plain_message(failure_text(error, request_id, "nl")))
    except SlackError as second:
        logger.error("The asker could not be told: %s", second)
