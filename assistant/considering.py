"""What the sources say to a question: it is taken apart, each part is searched and read, and the quotes are chosen.

In: a question and a way to search. Out: one `Considered` a part, with its quotes and how complete they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from assistant.comparing import sides
from assistant.composing import MAX_SENTENCES, Quote, compose, compose_comparison
from assistant.contradictions import contradicting
from assistant.doubts import is_doubtful
from assistant.glossary import Glossary
from assistant.parts import parts
from assistant.question import Question, understand
from assistant.reader import ReaderWeights, Reading
from assistant.types import Completeness, Length, Passage, Turn

Search = Callable[[Question], Reading]
Rewrite = Callable[[str, Sequence[Turn]], str | None]
_SENTENCES: dict[Length, int] = {"short": 1, "normal": MAX_SENTENCES, "long": 2 * MAX_SENTENCES}
_SENTENCES_A_PART: dict[Length, int] = {"short": 1, "normal": 2, "long": MAX_SENTENCES}


@dataclass(frozen=True)
class Considered:
    """One question, or one part of it, with what was found to answer it."""

    question: Question
    passages: tuple[Passage, ...]
    quotes: tuple[Quote, ...]
    confidence: float  # probability that the passages answer
    completeness: Completeness
    contradiction: Quote | None = None  # one of the quotes: another source that gives another figure than the first


def taken_apart(
    text: str, glossary: Glossary, history: Sequence[Turn] = (), rewrite: Rewrite | None = None
) -> list[Question]:
    """The questions in `text`, each understood in the conversation and after the ones before it.

    Args:
        rewrite: makes a follow-up a question of its own; None where it fails, and then our own rules do it.

    Raises:
        QuestionError: the text is empty or too long.
    """
    whole = understand(text, glossary, history)
    rewritten = rewrite(whole.text, history) if rewrite and whole.understood_as else None
    if rewritten:
        whole = replace(understand(rewritten, glossary), understood_as=rewritten)
        history = ()
    asked = [] if "comparison" in whole.expected else parts(whole.text)
    if len(asked) < 2:
        return [whole]
    first = understand(asked[0], glossary, history)
    before = Turn("user", first.understood_as or first.text)
    return [first, *(understand(part, glossary, (before,)) for part in asked[1:])]


class Considering:
    """Searches and reads for questions, several at the same time: embedding needs one core each."""

    def __init__(self, search: Search, weights: ReaderWeights, glossary: Glossary) -> None:
        self._search, self._weights, self._glossary = search, weights, glossary

    def consider(self, questions: Sequence[Question], length: Length) -> list[Considered]:
        """What the sources say to each question."""
        if len(questions) == 1:
            return [self._one(questions[0], _SENTENCES[length])]
        with ThreadPoolExecutor(max_workers=2) as cores:
            return list(cores.map(lambda question: self._one(question, _SENTENCES_A_PART[length]), questions))

    def _one(self, question: Question, sentences: int) -> Considered:
        if "comparison" in question.expected:
            return self._comparison(question, sentences)
        reading = self._search(question)
        quotes = compose(question, reading, sentences)
        other = contradicting(question, reading, quotes[0]) if quotes else None
        if other is not None:
            quotes = _with_contradiction(quotes, other, sentences)
        return replace(self._considered(question, reading, quotes, reading.confidence), contradiction=other)

    def _comparison(self, question: Question, sentences: int) -> Considered:
        """A comparison is read once for each side."""
        reading, readings = self._compared(question)
        quotes = compose_comparison(question, [*readings, reading])
        if len(quotes) > 1:
            confidence = max(reading.confidence, *(side.confidence for side in readings))
            return self._considered(question, reading, quotes, confidence)
        return self._considered(question, reading, compose(question, reading, sentences), reading.confidence)

    def _compared(self, question: Question) -> tuple[Reading, list[Reading]]:
        asked = [understand(side, self._glossary) for side in sides(question)]
        with ThreadPoolExecutor(max_workers=2) as other_cores:
            found = [other_cores.submit(self._search, side) for side in asked]
            return self._search(question), [each.result() for each in found]

    def _considered(
        self, question: Question, reading: Reading, quotes: Sequence[Quote], confidence: float
    ) -> Considered:
        completeness = self._completeness(question, quotes, confidence)
        return Considered(question, reading.passages, tuple(quotes), confidence, completeness)

    def _completeness(self, question: Question, quotes: Sequence[Quote], confidence: float) -> Completeness:
        weights = self._weights
        doubtful = bool(quotes) and is_doubtful(question, quotes)
        if not quotes or confidence < (weights.doubtful_from if doubtful else weights.partial_from):
            return "none"
        return "partial" if doubtful or confidence < weights.complete_from else "complete"


def _with_contradiction(quotes: Sequence[Quote], other: Quote, sentences: int) -> list[Quote]:
    """The quotes with the contradicting one in the second place; both sides are shown, whatever the length."""
    rest = [
        quote
        for quote in quotes[1:]
        if (quote.passage.document.id, quote.begin) != (other.passage.document.id, other.begin)
    ]
    return [quotes[0], other, *rest][: max(2, sentences)]


def completeness_of(considered: Sequence[Considered]) -> Completeness:
    """How complete the parts are together."""
    found = {each.completeness for each in considered}
    return "none" if found == {"none"} else "complete" if found == {"complete"} else "partial"
