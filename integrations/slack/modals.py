"""The bot's modals: passages, feedback, and a question for colleagues. In: what they show; out: views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant import Language
from integrations.slack.blocks import small
from integrations.slack.passages import QuoteInContext
from integrations.slack.rich_text import link, quotation, rich_text, section, words
from integrations.slack.sources import source_details
from integrations.slack.wording import WORDS

View = dict[str, Any]

_LONGEST_QUOTE = 2_500
_MOST_QUOTES = 20  # of four blocks each; Slack takes 100
LONGEST_REMARK = 1_000
LONGEST_QUESTION = 2_000


def passages_modal(quotes: Sequence[QuoteInContext], language: Language) -> View:
    """Every quote with what stands around it and a link."""
    said = WORDS[language]
    blocks = [block for quote in quotes[:_MOST_QUOTES] for block in _passage(quote, language)]
    blocks = blocks or [small(said.passages_changed)]
    return {"type": "modal", "title": _plain(said.passages_title), "close": _plain(said.close), "blocks": blocks}


def feedback_modal(reference: str, language: Language, *, with_question: bool) -> View:
    """Asks for a remark, and whether the question may be kept with it.

    Args:
        reference: comes back with what is filled in.
        with_question: there is a message to read the question from.
    """
    said = WORDS[language]
    remark = {"type": "plain_text_input", "action_id": "opmerking", "multiline": True, "max_length": LONGEST_REMARK}
    blocks = [_input("opmerking", said.feedback_remark, remark, optional=True)]
    if with_question:
        hint = {
            "text": _plain(said.feedback_question),
            "value": "ja",
            "description": _plain(said.feedback_question_hint),
        }
        box = {"type": "checkboxes", "action_id": "vraag_mee", "options": [hint]}
        blocks.append(_input("vraag_mee", said.feedback_question_label, box, optional=True))
    return _form("beoordeling", said.feedback_title, blocks, reference, language)


def colleague_modal(reference: str, language: Language) -> View:
    """Asks for the question, which the bot has not kept."""
    said = WORDS[language]
    question = {"type": "plain_text_input", "action_id": "vraag", "multiline": True, "max_length": LONGEST_QUESTION}
    blocks = [_input("vraag", said.ask_colleague_what, question, optional=False)]
    return _form("vraag_collega", said.ask_colleague_title, blocks, reference, language)


def _passage(quote: QuoteInContext, language: Language) -> list[View]:
    said, citation = WORDS[language], quote.citation
    title = rich_text(section(words(f"[{citation.number}] {citation.document.title}", bold=True)))
    details = small(source_details(citation.document, citation.heading_path, citation.page, language))
    if quote.is_changed:
        return [title, details, small(said.passages_changed)]
    shown = words(citation.quote[:_LONGEST_QUOTE], bold=True)
    parts = [part for part in (words(quote.before), shown, words(quote.after)) if part["text"]]
    blocks = [title, details, rich_text(quotation(*parts))]
    return blocks + ([rich_text(section(link(said.open_source, citation.link)))] if citation.link else [])


def _form(callback: str, title: str, blocks: list[View], reference: str, language: Language) -> View:
    said = WORDS[language]
    view: View = {"type": "modal", "callback_id": callback, "title": _plain(title), "private_metadata": reference}
    return view | {"submit": _plain(said.send), "close": _plain(said.cancel), "blocks": blocks}


def _input(block_id: str, label: str, element: View, *, optional: bool) -> View:
    return {
        "type": "input",
        "block_id": block_id,
        "label": _plain(label),
        "element": element,
        "optional": optional,
    }


def _plain(text: str) -> View:
    return {"type": "plain_text", "text": text, "emoji": False}
