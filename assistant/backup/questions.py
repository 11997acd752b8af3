"""Questions about the documents themselves, asked before a backup and after a restore: the answers must be the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256

from assistant.backup.archive import Checked
from assistant.errors import QuestionError
from assistant.serialisation import answer_as_json
from assistant.types import Answer, Document

COUNT = 12
_LONGEST_TITLE = 150


def checked_questions(documents: Sequence[Document], ask: Callable[[str], Answer]) -> tuple[Checked, ...]:
    """Questions about documents spread over the whole corpus, with the hash of each answer."""
    step = max(1, len(documents) // COUNT)
    chosen = [document.title[:_LONGEST_TITLE] for document in documents[::step]][:COUNT]
    return tuple(Checked(question=each, answer=fingerprint(ask, each)) for each in map(_question, chosen))


def count_same(questions: Sequence[Checked], ask: Callable[[str], Answer]) -> int:
    """How many of the questions still have the very same answer, citations included."""
    return sum(fingerprint(ask, each.question) == each.answer for each in questions)


def fingerprint(ask: Callable[[str], Answer], question: str) -> str:
    """The hash of an answer, without what may differ: how long it took, where files are, what day it is."""
    try:
        answer = answer_as_json(ask(question))
    except QuestionError as error:
        return sha256(str(error).encode()).hexdigest()
    for key in ("id", "duurMs", "waarschuwingen"):  # some warnings come with the date
        del answer[key]
    for citation in answer["citaten"]:
        del citation["link"]
    return sha256(json.dumps(answer, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _question(title: str) -> str:
    return f"Wat staat er in {title}?"
