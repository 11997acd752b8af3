"""An answer as Slack messages: the text first, then sources, warnings, buttons. Within Slack's limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant import REFUSAL, Answer, Citation, Language
from integrations.slack.markup import clipped, escaped, split_text
from integrations.slack.references import Reference
from integrations.slack.rich_text import Part, answer_text, rich_text, section, words
from integrations.slack.sources import source_lines
from integrations.slack.wording import CLOSEST, WORDS

LONGEST_TEXT = 8_000  # of the answer in one message; with the sources it stays under Slack's 13,200
_LONGEST_FALLBACK = 3_900  # `text` beside blocks: for notifications, screen readers and the history of the thread
_LONGEST_NOTE = 600
_MOST_NOTES = 8

ANSWER = "antwoord-"  # begins the block_id of a finished answer; what follows is the ts of its question
UNFINISHED = "bezig-"  # likewise, of an answer that is still being written


@dataclass(frozen=True)
class Shown:
    """One message: blocks, and the text for where blocks are not shown."""

    text: str
    blocks: list[Part]

    def arguments(self) -> dict[str, Any]:
        """For the Web API."""
        return {"text": self.text, "blocks": self.blocks}


@dataclass(frozen=True)
class Choices:
    """What is shown with an answer besides the answer."""

    language: Language
    reference: Reference
    ai_notice: bool = True
    colleague: bool = False  # a channel for colleagues is set up
    share: bool = False  # the answer is private and may be shared
    file_unread: bool = False


def answer_messages(answer: Answer, choices: Choices) -> list[Shown]:
    """The messages of an answer: mostly one; the last one has the sources and the buttons."""
    *first, last = split_text(spoken(answer, choices.language), LONGEST_TEXT)
    links = _links(answer.citations)
    messages = [Shown(escaped(text), [rich_text(*answer_text(text, links))]) for text in first]
    blocks = [rich_text(*answer_text(last, links)), *closing_blocks(answer, choices)]
    return [*messages, Shown(escaped(clipped_lines(last)), blocks)]


def closing_blocks(answer: Answer, choices: Choices) -> list[Part]:
    """What comes under the text of an answer."""
    said = WORDS[choices.language]
    blocks: list[Part] = []
    if answer.understood_as:
        blocks.append(small(said.understood_as.format(question=clipped(answer.understood_as, _LONGEST_NOTE))))
    if answer.citations:
        lines = source_lines(answer.citations, choices.language)
        blocks.append(rich_text(section(words(said.sources, bold=True)), *lines))
    elif answer.nearest:
        heading = section(words(CLOSEST[choices.language]))
        blocks.append(rich_text(heading, *source_lines(answer.nearest, choices.language, numbered=False)))
    notes = [caution.text for caution in answer.warnings] + ([said.file_unread] if choices.file_unread else [])
    if notes:
        texts = [said.note.format(text=clipped(note, _LONGEST_NOTE)) for note in dict.fromkeys(notes)]
        blocks.append(small(*texts[:_MOST_NOTES]))
    blocks += _buttons(answer, choices)
    blocks.append(_feedback(answer, choices))
    if choices.ai_notice:
        blocks.append(small(said.ai_notice))
    return blocks


def unfinished_message(text: str, ts: str) -> Shown:
    """As much of an answer as there is."""
    text = clipped_lines(text, LONGEST_TEXT)
    return Shown(escaped(clipped_lines(text)), [rich_text(*answer_text(f"{text} …", {}), block_id=f"{UNFINISHED}{ts}")])


def plain_message(text: str) -> Shown:
    """A short message of our own."""
    return Shown(escaped(text), [rich_text(section(words(text)))])


def spoken(answer: Answer, language: Language) -> str:
    """The text of an answer; of a refusal without its links, which are shown as such."""
    return answer.text if answer.citations or answer.blocked else REFUSAL[language]


def small(*texts: str) -> Part:
    """Small grey text under a message, shown to the letter."""
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False} for text in texts]}


def button(label: str, action_id: str, value: str, **more: Any) -> Part:
    """A button."""
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": action_id, "text": text, "value": value} | more


def clipped_lines(text: str, most: int = _LONGEST_FALLBACK) -> str:
    """The text with its lines, and an ellipsis where it was too long."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _buttons(answer: Answer, choices: Choices) -> list[Part]:
    said, value = WORDS[choices.language], choices.reference.value()
    buttons = []
    if answer.citations or answer.nearest:
        buttons.append(button(said.show_passages, "toon_passages", value))
    if choices.colleague:
        sure = _sure(said.ask_colleague, said.ask_colleague_sure, said.send, said.cancel)
        # Without a message to read back, the asker types the question, so there is something to be sure about then.
        more = {"confirm": sure} if choices.reference.ts else {}
        buttons.append(button(said.ask_colleague, "vraag_collega", value, **more))
    if choices.share and answer.citations:
        buttons.append(button(said.share, "delen", value))
    return [{"type": "actions", "elements": buttons}] if buttons else []


def _feedback(answer: Answer, choices: Choices) -> Part:
    said = WORDS[choices.language]
    source = choices.reference
    told = Reference(answer.id, source.channel, source.ts, source.thread_ts).value()
    sides = {
        f"{side}_button": {
            "text": {"type": "plain_text", "text": label, "emoji": False},
            "value": f"{verdict}{told}",
            "accessibility_label": label,
        }
        for side, label, verdict in (("positive", said.good, "goed"), ("negative", said.bad, "fout"))
    }
    element = {"type": "feedback_buttons", "action_id": "beoordeling"} | sides
    block: Part = {"type": "context_actions", "elements": [element]}
    return block | ({"block_id": f"{ANSWER}{source.ts}"} if source.ts else {})


def _sure(title: str, text: str, yes: str, no: str) -> Part:
    def plain(content: str) -> Part:
        return {"type": "plain_text", "text": content}

    return {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain(no)}


def _links(citations: Sequence[Citation]) -> Mapping[str, str]:
    return {f"[{citation.number}]": citation.link for citation in citations}
