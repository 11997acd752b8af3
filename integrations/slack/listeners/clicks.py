"""Clicks on the buttons under an answer, and the forms that they open."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from assistant import Language
from integrations.slack.answering import Request, answer, failure_text, log_failure, tell_if_possible
from integrations.slack.asked import Asked
from integrations.slack.blocks import Shown, plain_message
from integrations.slack.markup import escaped
from integrations.slack.modals import colleague_modal, feedback_modal, passages_modal
from integrations.slack.passages import quotes_in_context
from integrations.slack.references import Reference
from integrations.slack.replies import AddressReply, PrivateReply, Reply, ThreadReply
from integrations.slack.rich_text import link, quotation, rich_text, section, words
from integrations.slack.service import Service
from integrations.slack.slack_calls import SlackError, answer_at
from integrations.slack.sources import source_details
from integrations.slack.thread import read_thread
from integrations.slack.wording import WORDS, Words

logger = logging.getLogger(__name__)

_ONCE_SECONDS = 24 * 3600.0
_NO_ENTRY = {"not_in_channel", "channel_not_found", "is_archived", "restricted_action"}


@dataclass(frozen=True)
class Click:
    """A click on something under an answer."""

    user: str
    team: str
    channel: str
    value: str
    trigger_id: str
    response_url: str
    thread_ts: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Click:
        """The click in a `block_actions` payload."""
        channel = str((body.get("channel") or {}).get("id") or "")
        return cls(
            user=str(body["user"]["id"]),
            team=str(body["user"].get("team_id") or ""),
            channel=channel,
            value=str(body["actions"][0].get("value") or ""),
            trigger_id=str(body.get("trigger_id") or ""),
            response_url=str(body.get("response_url") or ""),
            thread_ts=str((body.get("container") or {}).get("thread_ts") or ""),
        )

    def reply(self) -> AddressReply:
        """Where to say something to who clicked."""
        return AddressReply(self.response_url)


def show_passages(service: Service, click: Click) -> None:
    """Open the quotes of an answer in their context."""
    language = _language(service, click.channel)
    places = Reference.read(click.value).places
    quotes = quotes_in_context(service.assistant, places, service.address)
    service.calls.at_once("views.open", trigger_id=click.trigger_id, view=passages_modal(quotes, language))


def take_feedback(service: Service, click: Click) -> None:
    """Keep a verdict, and ask for a remark."""
    verdict, reference = click.value[:4], Reference.read(click.value[4:])
    if verdict not in ("goed", "fout") or not reference.answer_id:
        return
    language = _language(service, click.channel)
    said = WORDS[language]
    # A hash: who gave a verdict is nobody's business, only that it was given before.
    giver = sha256(f"{click.user}/{reference.answer_id}/{verdict}".encode()).hexdigest()
    if not service.records.seen.first(f"slack/beoordeling/{giver}", _ONCE_SECONDS):
        click.reply().tell(said.thanks)
        return
    kept = service.records.feedback.add(reference.answer_id, "goed" if verdict == "goed" else "fout", door="slack")
    told = Reference(kept.id, reference.channel, reference.ts, reference.thread_ts).value()
    view = feedback_modal(told, language, with_question=bool(reference.ts))
    service.calls.at_once("views.open", trigger_id=click.trigger_id, view=view)


def complete_feedback(service: Service, view: Mapping[str, Any]) -> None:
    """Keep the remark, and the question if its sender chose so; both without client data."""
    reference = Reference.read(str(view.get("private_metadata") or ""))
    state = view["state"]["values"]
    remark = service.gate.redacted(str(state["opmerking"]["opmerking"].get("value") or ""))
    question = None
    chosen = (state.get("vraag_mee") or {}).get("vraag_mee") or {}
    if chosen.get("selected_options") or chosen.get("selected_option"):
        asked = _read_back(service, reference)
        question = service.gate.redacted(asked.text) if asked else None
    if remark or question:
        service.records.feedback.complete(reference.answer_id, remark, question)


def ask_colleague(service: Service, click: Click) -> None:
    """Put the question to colleagues; after a command, whose text nobody kept, ask for it first."""
    language = _language(service, click.channel)
    reference = Reference.read(click.value)
    if not reference.ts:
        view = colleague_modal(click.value, language)
        service.calls.at_once("views.open", trigger_id=click.trigger_id, view=view)
        return
    if _refused(service, click, language):
        return
    asked = _read_back(service, reference)
    if asked is None:
        click.reply().tell(WORDS[language].gone)
        return
    _post_to_colleagues(service, asked, language, click.reply())


def ask_colleague_form(service: Service, body: Mapping[str, Any]) -> None:
    """Put a question that was typed in the form to colleagues."""
    view, person = body["view"], body["user"]
    reference = Reference.read(str(view.get("private_metadata") or ""))
    language = _language(service, reference.channel)
    text = str(view["state"]["values"]["vraag"]["vraag"].get("value") or "")
    asked = Asked(reference.channel, "", str(person["id"]), str(person.get("team_id") or ""), "shortcut", text=text)
    reply = PrivateReply(service.calls, asked)
    try:
        if service.may_ask(asked.user, asked.team) and service.closed() is None:
            _post_to_colleagues(service, asked, language, reply)
    except Exception as error:
        request_id = uuid4().hex[:8]
        log_failure(request_id, error)
        tell_if_possible(reply, failure_text(error, request_id, language))


def share(service: Service, click: Click) -> None:
    """Show a private answer to the channel: answered anew in the thread of the question, or as its quotes."""
    language = _language(service, click.channel)
    reference = Reference.read(click.value)
    if _refused(service, click, language):
        return
    said = WORDS[language]
    if not service.records.seen.first(f"slack/delen/{reference.answer_id}", _ONCE_SECONDS):
        click.reply().tell(said.shared_already)
        return
    if not reference.ts:
        if not _share_quotes(service, click, reference, language):
            return
    else:
        asked = _read_back(service, reference)
        if asked is None:
            click.reply().tell(said.gone)
            return
        conduct = service.conduct(reference.channel)
        asked = Asked(
            asked.channel, asked.ts, click.user, click.team, "shortcut", asked.thread_ts, asked.text, asked.has_file
        )
        if not answer(service, Request(asked, conduct), ThreadReply(service.calls, asked, lambda _: None)):
            return
    click.reply().tell(said.shared)


def _share_quotes(service: Service, click: Click, reference: Reference, language: Language) -> bool:
    said = WORDS[language]
    parts = [section(words(said.shared_quotes, bold=True))]
    quoted = []
    for each in quotes_in_context(service.assistant, reference.places, service.address):
        citation = each.citation
        if each.is_changed:
            continue
        quoted.append(citation.quote)
        details = source_details(citation.document, citation.heading_path, citation.page, language)
        parts += [
            quotation(words(citation.quote[:2_000])),
            section(link(citation.document.title, citation.link), words(f" · {details}")),
        ]
    if not quoted:
        click.reply().tell(said.passages_changed)
        return False
    message = Shown(escaped("\n".join([said.shared_quotes, *quoted])[:3_500]), [rich_text(*parts)])
    # At the address of the click, which also works in a channel that the bot is no member of.
    thread = {"thread_ts": click.thread_ts} if click.thread_ts else {}
    public = {"response_type": "in_channel", "replace_original": False, "unfurl_links": False}
    answer_at(click.response_url, message.arguments() | public | thread)
    return True


def _post_to_colleagues(service: Service, asked: Asked, language: Language, reply: Reply) -> None:
    said = WORDS[language]
    channel = service.settings.slack.colleague_channel
    if channel is None:
        return
    question = service.gate.redacted(asked.text)
    if asked.ts and not service.records.seen.first(f"slack/collega/{asked.channel}/{asked.ts}", _ONCE_SECONDS):
        reply.tell(said.asked_already)
        return
    try:
        service.calls("chat.postMessage", channel=channel, **_for_colleagues(service, asked, question, said))
    except SlackError as error:
        if error.code not in _NO_ENTRY:
            raise
        reply.tell(said.colleague_absent)
        return
    reply.tell(said.asked_colleague)


def _for_colleagues(service: Service, asked: Asked, question: str, said: Words) -> dict[str, Any]:
    parts = [section(words(said.colleague_asks)), quotation(words(question))]
    # Nobody but two can open a direct message.
    if asked.ts and not asked.channel.startswith("D"):
        found = service.calls("chat.getPermalink", channel=asked.channel, message_ts=asked.ts)
        parts.append(section(link(said.colleague_link, str(found["permalink"]))))
    message = Shown(escaped(f"{said.colleague_asks}\n{question}"), [rich_text(*parts)])
    return message.arguments() | {"unfurl_links": False, "unfurl_media": False}


def _refused(service: Service, click: Click, language: Language) -> bool:
    """Whether this person may not make the bot write, having been told so."""
    closed = service.closed()
    if closed is None and service.may_ask(click.user, click.team):
        return False
    click.reply().tell(WORDS[language].not_welcome if closed is None else closed)
    return True


def _read_back(service: Service, reference: Reference) -> Asked | None:
    """The question of an answer as it stands in Slack now; None if it is gone."""
    asked = Asked(reference.channel, reference.ts, "", "", "shortcut", reference.thread_ts)
    try:
        thread = read_thread(service.calls, service.identity, asked.channel, asked.root)
    except SlackError as error:
        if error.code in ("thread_not_found", "message_not_found"):
            return None
        raise
    message = thread.message(asked.ts)
    return None if message is None else asked.with_message(message, service.identity)


def _language(service: Service, channel: str) -> Language:
    return service.conduct(channel).language or "nl"


def told_of_failure(click: Click, text: str) -> None:
    """Say to who clicked that it failed."""
    if not click.response_url:
        return
    try:
        AddressReply(click.response_url).finish([plain_message(text)])
    except SlackError as error:
        logger.error("Who clicked could not be told: %s", error)
