"""Asks every question and judges the answers; also with the gold left out, and questions from another field."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.errors import QuestionError
from assistant.evaluation.judging import SourceText, Variant, Verdict, blocked, judge, squeezed
from assistant.evaluation.questions import GoldQuestion
from assistant.types import Answer, Chunk, Turn

SAMPLE_SEED = 1


class Asking(Protocol):
    """What is measured: an assistant that can be told which chunk ids it must not find."""

    def __call__(self, question: str, history: Sequence[Turn], excluded: frozenset[int]) -> Answer: ...


@dataclass(frozen=True)
class Library:
    """What the assistant answers from, as far as judging needs it."""

    source_text: SourceText
    chunks: Callable[[], Iterator[tuple[int, Chunk]]]  # every chunk with its id


def measure_answers(
    questions: Sequence[GoldQuestion],
    ask: Asking,
    library: Library,
    *,
    leave_out: bool = False,
    unknown: Sequence[GoldQuestion] = (),
    progress: Callable[[int, int], None] | None = None,
) -> list[Verdict]:
    """The verdicts on all answers, the plain ones first.

    Args:
        leave_out: ask every answerable question once more without the chunks that hold its gold.
        unknown: questions that nothing in the library answers.
        progress: is told how many questions of how many are done.
    """
    gold = _gold_chunks(questions, library) if leave_out else {}
    left_out = [question for question in questions if gold.get(question.id)]
    rounds: list[tuple[Variant, GoldQuestion]] = [
        *(("gewoon", question) for question in questions),
        *(("weggelaten", question) for question in left_out),
        *(("onbekend", question) for question in unknown),
    ]
    verdicts = []
    for done, (variant, question) in enumerate(rounds, start=1):
        excluded = gold[question.id] if variant == "weggelaten" else frozenset()
        verdicts.append(_asked(question, variant, ask, library, excluded))
        if progress:
            progress(done, len(rounds))
    return verdicts


def sample(questions: Sequence[GoldQuestion], size: int | None) -> list[GoldQuestion]:
    """At most `size` questions, drawn the same way every time, in their own order."""
    if size is None or size >= len(questions):
        return list(questions)
    kept = sorted(random.Random(SAMPLE_SEED).sample(range(len(questions)), size))
    return [questions[number] for number in kept]


def _asked(
    question: GoldQuestion, variant: Variant, ask: Asking, library: Library, excluded: frozenset[int]
) -> Verdict:
    try:
        answer = ask(question.text, question.history, excluded)
    except QuestionError as error:
        return blocked(question, str(error), variant)
    return judge(question, answer, library.source_text, variant)


def _gold_chunks(questions: Sequence[GoldQuestion], library: Library) -> dict[str, frozenset[int]]:
    """For each answerable question the chunks that must be out of sight: gold passages, or chunks with an anchor."""
    gold: dict[str, set[int]] = {question.id: set() for question in questions if question.answerable}
    by_document: dict[str, list[str]] = {}
    anchors: list[tuple[str, str | None, str]] = []  # text, document, question
    for question in questions:
        if question.answerable:
            anchors.extend((squeezed(anchor.text), anchor.document, question.id) for anchor in question.anchors)
            for document in question.gold_documents:
                by_document.setdefault(document, []).append(question.id)
    for chunk_id, chunk in library.chunks():
        text = squeezed(chunk.text) if anchors else ""
        holds = [
            identifier
            for anchor, document, identifier in anchors
            if document in (None, chunk.document_id) and anchor in text
        ]
        for identifier in (*by_document.get(chunk.document_id, ()), *holds):
            gold[identifier].add(chunk_id)
    return {identifier: frozenset(chunk_ids) for identifier, chunk_ids in gold.items()}
