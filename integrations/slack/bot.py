"""The whole bot: what Slack sends goes in, and is noted or begun before it is acknowledged."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from assistant import Assistant, Errand, Records, Settings
from integrations.slack import bolt
from integrations.slack.access import checked_identity
from integrations.slack.answering import failure_text, log_failure
from integrations.slack.desk import LEASE_SECONDS, THREADS, Desk
from integrations.slack.links import source_address
from integrations.slack.listeners import agent_pane, clicks, messages, private_questions
from integrations.slack.listeners.clicks import Click
from integrations.slack.service import Answering, Service
from integrations.slack.slack_calls import SlackCalls
from integrations.slack.visitors import Visitors
from integrations.slack.wording import WORDS

if TYPE_CHECKING:
    from slack_bolt import App
    from slack_sdk import WebClient

logger = logging.getLogger(__name__)

COMMAND = "/beleid"
SHORTCUT = "zoek_bronnen"
_ONCE_SECONDS = 3600.0

ON_CLICK: Mapping[str, Callable[[Service, Click], None]] = {
    "toon_passages": clicks.show_passages,
    "beoordeling": clicks.take_feedback,
    "vraag_collega": clicks.ask_colleague,
    "delen": clicks.share,
}
Body = dict[str, Any]


class Bot:
    """Receives for one workspace; `app` is the Bolt application, `close` finishes what was begun."""

    def __init__(
        self, service: Service, signing_secret: str | None = None, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        """A bot at work.

        Args:
            lease_seconds: after which the work of a process that died is taken over.
        """
        self.service = service
        self.desk = Desk(service.records, self._taken_over, lease_seconds)
        identity = service.identity
        known = {"team_id": identity.team, "user_id": identity.user, "bot_id": identity.bot}
        self.app: App = bolt.new_app(service.calls, known, signing_secret, self.receive)
        self.desk.open()

    def close(self, seconds: float = 25.0) -> bool:
        """Finish what was begun; True when all of it is done."""
        return self.desk.close(seconds)

    def receive(self, body: Body) -> Mapping[str, Any] | None:
        """Note or begin what a body asks for; what goes with the acknowledgement."""
        match body.get("type"):
            case "event_callback":
                self._event(body)
            case "message_action" if body.get("callback_id") == SHORTCUT:
                errand = private_questions.shortcut_errand(body)
                private_questions.begin(self.desk, errand, self.service, body, is_command=False)
            case "block_actions":
                self._click(body)
            case "view_submission":
                self._form(body)
            case None if body.get("command") == COMMAND:
                return self._command(body)
        return None

    def _event(self, body: Body) -> None:
        event, service = body["event"], self.service
        match event.get("type"):
            case "message" | "app_mention":
                errand = messages.taken(service, self.desk, event)
                if errand is not None:
                    self.desk.begin(errand, messages.Question(service, self.desk, event))
            case "app_home_opened" if event.get("tab") == "messages":
                self._once(body, lambda: agent_pane.propose(service, event))
            case "app_context_changed":
                self._once(body, lambda: agent_pane.propose(service, event))
            case "tokens_revoked" | "app_uninstalled":
                logger.error("De Slack-app is verwijderd of het token is ingetrokken. Installeer de app opnieuw.")

    def _once(self, body: Body, work: Callable[[], None]) -> None:
        if self.service.records.seen.first(f"slack/gebeurtenis/{body.get('event_id')}", _ONCE_SECONDS):
            self.desk.soon(work)

    def _command(self, body: Body) -> Mapping[str, Any] | None:
        errand = private_questions.command_errand(body)
        private_questions.begin(self.desk, errand, self.service, body, is_command=True)
        # A chat model takes seconds; without one the answer itself is as quick as this would be.
        if self.service.settings.chat.model is None:
            return None
        words = WORDS[self.service.conduct(str(body["channel_id"])).language or "nl"]
        return {"response_type": "ephemeral", "text": f"Beleidswijzer {words.searching}"}

    def _click(self, body: Body) -> None:
        action = ON_CLICK.get(str(body["actions"][0].get("action_id")))
        if action is not None:
            click = Click.of(body)
            self.desk.soon(lambda: self._told(click, partial(action, self.service, click)))

    def _form(self, body: Body) -> None:
        view, service = body["view"], self.service
        match view.get("callback_id"):
            case "beoordeling":
                self.desk.soon(lambda: clicks.complete_feedback(service, view))
            case "vraag_collega":
                self.desk.soon(lambda: clicks.ask_colleague_form(service, body))

    def _told(self, click: Click, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            request_id = uuid4().hex[:8]
            log_failure(request_id, error)
            language = self.service.conduct(click.channel).language or "nl"
            clicks.told_of_failure(click, failure_text(error, request_id, language))

    def _taken_over(self, errand: Errand) -> float | None:
        if errand.details.get(private_questions.KIND) == private_questions.PRIVATE:
            private_questions.apologise(errand)
            return None
        return messages.Question(self.service, self.desk)(errand)


def open_bot(
    assistant: Assistant,
    settings: Settings,
    records: Records,
    client: WebClient,
    *,
    signing_secret: str | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> Bot:
    """The bot on an assistant.

    Raises:
        AssistantError: Slack does not accept the token, or it allows too little.
    """
    address = source_address(settings.http.base_url)
    return bot_for(
        assistant.with_links(address), settings, records, client,
        signing_secret=signing_secret, lease_seconds=lease_seconds,
    )  # fmt: skip


def bot_for(
    assistant: Answering,
    settings: Settings,
    records: Records,
    client: WebClient,
    *,
    signing_secret: str | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> Bot:
    """The bot on anything that answers, with the links that it gives itself."""
    calls = SlackCalls(client)
    identity = checked_identity(calls)
    visitors = Visitors(calls, identity.team)
    address = source_address(settings.http.base_url)
    # A chat model is waited for; without one the processor does all the work.
    at_once = THREADS if settings.chat.model else (os.cpu_count() or 1)
    service = Service(
        assistant, calls, identity, settings, records, visitors, address, threading.Semaphore(at_once)
    )  # fmt: skip
    return Bot(service, signing_secret, lease_seconds)
