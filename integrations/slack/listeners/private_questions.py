"""Questions of which only the asker sees the answer: /beleid, and "Zoek bronnen hierbij" on a message."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from assistant import Errand
from integrations.slack.answering import Request, answer
from integrations.slack.asked import Asked
from integrations.slack.desk import Desk
from integrations.slack.replies import AddressReply
from integrations.slack.service import Service
from integrations.slack.slack_calls import SlackError
from integrations.slack.wording import WORDS

logger = logging.getLogger(__name__)

KIND = "kind"  # in the details of an errand: which work it is
PRIVATE = "besloten"


def command_errand(body: Mapping[str, Any]) -> Errand:
    """A slash command; its text is nowhere but in memory, so after a crash the asker is asked to repeat it."""
    return _errand(f"commando/{body['trigger_id']}", str(body["response_url"]))


def shortcut_errand(body: Mapping[str, Any]) -> Errand:
    """A shortcut on a message."""
    return _errand(f"snelkoppeling/{body['trigger_id']}", str(body["response_url"]))


def answer_command(service: Service, body: Mapping[str, Any]) -> None:
    """Answer /beleid to its asker."""
    team = str(body.get("user_team_id") or body.get("team_id") or service.identity.team)
    asked = Asked(str(body["channel_id"]), "", str(body["user_id"]), team, "shortcut")
    asked = asked.with_message({"text": body.get("text")}, service.identity)
    _answer(service, asked, str(body["response_url"]))


def answer_shortcut(service: Service, body: Mapping[str, Any]) -> None:
    """Search sources with a message, for who chose the shortcut."""
    message, person = body["message"], body["user"]
    thread_ts = str(message.get("thread_ts") or "")
    asked = Asked(
        channel=str(body["channel"]["id"]),
        ts=str(body["message_ts"]),
        user=str(person["id"]),
        team=str(person.get("team_id") or service.identity.team),
        way="shortcut",
        thread_ts="" if thread_ts == body["message_ts"] else thread_ts,
    )
    _answer(service, asked.with_message(message, service.identity), str(body["response_url"]))


def apologise(errand: Errand) -> None:
    """Tell the asker of a command or shortcut that the process that worked on it was lost."""
    try:
        AddressReply(errand.details["response_url"]).tell(WORDS["nl"].lost)
    except SlackError as error:  # older than half an hour
        logger.info("The asker could not be told: %s", error.code)


def begin(desk: Desk, errand: Errand, service: Service, body: Mapping[str, Any], is_command: bool) -> None:
    """Answer in the background."""

    def work(_: Errand) -> None:
        (answer_command if is_command else answer_shortcut)(service, body)

    if desk.take(errand):
        desk.begin(errand, work)


def _errand(name: str, response_url: str) -> Errand:
    key = f"slack/{name}"
    return Errand(key, key, {KIND: PRIVATE, "response_url": response_url})


def _answer(service: Service, asked: Asked, response_url: str) -> None:
    conduct = service.conduct(asked.channel)
    may_share = not asked.channel.startswith("D")
    answer(service, Request(asked, conduct, may_share=may_share), AddressReply(response_url))
