"""The agent's pane: the questions that it proposes, about the documents of the channel that somebody looks at."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant import Document, Filters
from integrations.slack.markup import clipped
from integrations.slack.service import Service
from integrations.slack.slack_calls import SlackError
from integrations.slack.wording import WORDS

logger = logging.getLogger(__name__)

_MOST_PROMPTS = 4
_LONGEST_TITLE = 60
_LONGEST_NAME = 150
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)$")


def propose(service: Service, event: Mapping[str, Any]) -> None:
    """Show questions to begin with to somebody who has the pane open."""
    viewed = _viewed_channel(event)
    conduct = service.conduct(viewed)
    said = WORDS[conduct.language or "nl"]
    shown = _documents(service.assistant.documents(), conduct.filters)
    prompts = [_prompt(document, said.prompt) for document in shown]
    if not prompts:
        return
    try:
        # No thread_ts: in apps with agent_view Slack says ok to it and shows nothing.
        service.calls(
            "assistant.threads.setSuggestedPrompts",
            channel_id=str(event["channel"]), title=said.prompts_title, prompts=prompts,
        )  # fmt: skip
    except SlackError as error:
        logger.warning("No suggested prompts: %s", error)


def _documents(documents: Sequence[Document], filters: Filters) -> list[Document]:
    """A few documents to ask about: those that replace others first, then the newest; none that no longer holds."""
    allowed = [
        document
        for document in documents
        if document.status not in ("superseded", "outdated")
        and (not filters.documents or document.id in filters.documents)
        and (not filters.themes or set(filters.themes) & set(document.themes))
    ]
    newest = sorted(allowed, key=lambda document: str(document.published or ""), reverse=True)
    return sorted(newest, key=lambda document: not document.supersedes)[:_MOST_PROMPTS]


def _prompt(document: Document, question: str) -> dict[str, str]:
    name = _IN_BRACKETS.sub("", document.title) or document.title
    return {
        "title": question.format(title=clipped(name, _LONGEST_TITLE)),
        "message": question.format(title=clipped(name, _LONGEST_NAME)),
    }


def _viewed_channel(event: Mapping[str, Any]) -> str:
    entities = (event.get("context") or {}).get("entities") or ()
    found = (each.get("value") for each in entities if each.get("type") == "slack#/types/channel_id")
    return str(next(found, ""))
