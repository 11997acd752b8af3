"""From a question in Slack to its answer: the gates before it, the assistant, and what is shown when it fails."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from assistant import (
    Answer,
    AnswerFinished,
    CitationAdded,
    Event,
    Language,
    PassagesFound,
    QuestionError,
    TextAdded,
    Turn,
)
from integrations.slack.asked import Asked
from integrations.slack.blocks import Choices, answer_messages
from integrations.slack.references import Reference, places_of
from integrations.slack.replies import Reply
from integrations.slack.service import Conduct, Service
from integrations.slack.slack_calls import SlackError
from integrations.slack.wording import WORDS

logger = logging.getLogger(__name__)

LONGEST_QUESTION = 4_000  # as the assistant takes them
_THANKS = re.compile(
    r"^\W*(?:(?:hartelijk |heel erg )?(?:bedankt|dank(?: je| u)?(?: wel)?|dankjewel|dankuwel"
    r"|thanks|thank you|top|ok[eé]?)[\s,.!]*){1,3}\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Request:
    """One question and how it is to be answered."""

    asked: Asked
    conduct: Conduct
    history: Sequence[Turn] = ()
    is_first: bool = True  # of the bot's answers in this place: then it says that it is a computer
    may_share: bool = False

    @property
    def language(self) -> Language:
        """Of our own texts before there is an answer."""
        return self.conduct.language or "nl"


def answer(service: Service, request: Request, reply: Reply) -> bool:
    """Answer a question, or say to its asker why not; True when there is an answer."""
    request_id = uuid4().hex[:8]
    try:
        refusal = _refusal(service, request)
        if refusal is None:
            return _answer(service, request, reply)
        reply.tell(refusal)
    except QuestionError as error:
        tell_if_possible(reply, str(error))
    except Exception as error:
        log_failure(request_id, error)
        tell_if_possible(reply, failure_text(error, request_id, request.language))
    return False


def failure_text(error: Exception, request_id: str, language: Language) -> str:
    """What the asker reads when something failed; names what an administrator must mend."""
    text = WORDS[language].failed.format(id=request_id)
    return f"{text} {error}" if isinstance(error, SlackError) and error.is_about_access else text


def log_failure(request_id: str, error: Exception) -> None:
    """Write what failed and where, and nothing of the question."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    said = f": {error}" if isinstance(error, SlackError) else ""
    logger.error("Request %s failed: %s in %s%s", request_id, type(error).__name__, place, said)


def tell_if_possible(reply: Reply, text: str) -> None:
    """Say something to the asker; when even that fails, the log says so."""
    try:
        reply.tell(text)
    except SlackError as error:
        logger.error("The asker could not be told: %s", error)


def _refusal(service: Service, request: Request) -> str | None:
    """Why a question is not put to the assistant; None when it is."""
    asked, said = request.asked, WORDS[request.language]
    if not service.may_ask(asked.user, asked.team):
        return said.not_welcome
    if (closed := service.closed()) is not None:
        return closed
    if not asked.text.strip(" \t\n?!.,:;"):
        return said.no_text if asked.has_file else said.empty.format(bot="@Beleidswijzer")
    if len(asked.text) > LONGEST_QUESTION:
        return said.too_long.format(length=len(asked.text), most=LONGEST_QUESTION)
    return said.welcome if _THANKS.match(asked.text) else None


def _answer(service: Service, request: Request, reply: Reply) -> bool:
    reply.searching(WORDS[request.language].searching)
    found = _found(service, request, reply.add)
    language = request.conduct.language or found.language
    if found.blocked:
        reply.tell(f"{found.text}\n{WORDS[language].client_data}")
        return False
    asked = request.asked
    reference = Reference(
        found.id, asked.channel, asked.ts, asked.thread_ts, places_of(found.citations or found.nearest)
    )
    choices = Choices(
        language,
        reference,
        ai_notice=request.is_first,
        colleague=service.has_colleagues(asked.channel),
        share=request.may_share,
        file_unread=asked.has_file,
    )
    reply.finish(answer_messages(found, choices))
    return True


def _found(service: Service, request: Request, show: Callable[[str], None]) -> Answer:
    """The assistant's answer, shown piece by piece as soon as it is sure to be one."""
    events = service.assistant.stream(request.asked.text, request.history, request.conduct.filters)
    text, is_cited = "", False
    while (event := _next(service, events)) is not None:
        match event:
            case PassagesFound():
                pass
            case CitationAdded():
                is_cited = True
            case TextAdded(piece):
                text += piece
                if is_cited:  # a refusal, or advice about client data, has no citation and is not for everybody
                    show(text)
                    text = ""
            case AnswerFinished(found):
                return found
    raise RuntimeError("the assistant gave no answer")


def _next(service: Service, events: Iterator[Event]) -> Event | None:
    # Without a limit fifty searches at once would keep the processor from acknowledging what comes in.
    with service.thinking:
        return next(events, None)
