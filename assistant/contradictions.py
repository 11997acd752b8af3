"""Finds a second source that gives another number or date for the same thing than the best quote does."""

from __future__ import annotations

from assistant.composing import Quote
from assistant.grounding.quantities import Day, Quantity, find_dates, find_quantities
from assistant.language import content_tokens, stem
from assistant.question import Question
from assistant.reader import Reading
from assistant.types import Passage

_LOOKED_AT = 16  # sentences, best first
_MARGIN = 3.0  # how much worse the other sentence may score
_LEAST_COMMON = 0.6  # share of the shorter sentence's words, figures apart, that both have


def contradicting(question: Question, reading: Reading, quote: Quote) -> Quote | None:
    """The best sentence of another document that disagrees with `quote`; None if there is none."""
    if not {"number", "date"} & question.expected:
        return None
    said = _Said(quote.text)
    asked = said.stems & set(question.stems)
    best = reading.sentences[0].score
    for scored in reading.sentences[:_LOOKED_AT]:
        passage = reading.passages[scored.candidate.passage]
        sentence = scored.candidate.sentence
        other = Quote(passage, sentence.begin, sentence.end)
        if passage.document.id == quote.passage.document.id or scored.score < best - _MARGIN:
            continue
        heard = _Said(other.text)
        # "ging naar de Kamer" of a law and of a report: what is asked about must be in both.
        if asked <= heard.stems | _title_stems(passage) and said.contradicts(heard, "number" in question.expected):
            return other
    return None


class _Said:
    """What one sentence says, for comparison."""

    def __init__(self, text: str) -> None:
        self.dates: list[Day] = find_dates(text)
        self.quantities: list[Quantity] = [each for each in find_quantities(text, self.dates) if each.unit != "ordinal"]
        figures = [(each.begin, each.end) for each in self.dates]
        figures += [(each.begin, each.end) for each in self.quantities]
        self.stems = {
            stem(token.form)
            for token in content_tokens(text)
            if not any(begin <= token.begin < end for begin, end in figures)
        }

    def contradicts(self, other: _Said, counts: bool) -> bool:
        """Whether both speak of the same thing and give different figures for it."""
        shorter = min(len(self.stems), len(other.stems))
        if not shorter or len(self.stems & other.stems) < _LEAST_COMMON * shorter:
            return False
        return self._differs_in_number(other) if counts else self._differs_in_date(other)

    def _differs_in_number(self, other: _Said) -> bool:
        # Two moments may well have two numbers.
        if self.dates and other.dates and not _agree(self.dates, other.dates):
            return False
        kinds = {_kind(each) for each in self.quantities} & {_kind(each) for each in other.quantities}
        for kind in kinds:
            mine = {each.value for each in self.quantities if _kind(each) == kind}
            theirs = {each.value for each in other.quantities if _kind(each) == kind}
            if mine.isdisjoint(theirs):
                return True
        return False

    def _differs_in_date(self, other: _Said) -> bool:
        return bool(self.dates and other.dates) and not _agree(self.dates, other.dates)


def _title_stems(passage: Passage) -> set[str]:
    words = " ".join([passage.document.title, *passage.chunk.heading_path])
    return {stem(token.form) for token in content_tokens(words)}


def _kind(quantity: Quantity) -> tuple[str | None, str | None]:
    return quantity.unit, None if quantity.unit else quantity.noun


def _agree(mine: list[Day], theirs: list[Day]) -> bool:
    return any(one.agrees_with(other) or other.agrees_with(one) for one in mine for other in theirs)
