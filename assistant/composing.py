"""From a reading to quotes: at most three stretches of source text, a list with its introduction counting as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.question import Question
from assistant.reader import Reading, ScoredSentence
from assistant.types import BlockKind, Passage, Sentence

MAX_SENTENCES = 3  # a list with its introduction counts as one
WORST = 5.0  # a second or third sentence this far below the best (about 1 to 150) is left out
_COMPARISON_MARGIN = 2.0  # how much worse a quote from another document may be
_SAME = 0.8  # share of words in common from which two sentences say the same
_MAX_LIST_CHARACTERS = 2_500
# "Het team vraagt hulp aan:" says nothing by itself and is scored low, but with its list it may be the answer.
_INTRODUCTION_BONUS = 1.0
_SHORT_WORDS = 8
_LISTED: tuple[BlockKind, ...] = ("list_item", "table_row")


@dataclass(frozen=True)
class Quote:
    """A stretch of one document that will be quoted to the letter."""

    passage: Passage
    begin: int
    end: int
    sentences: int = 1
    items: int = 0  # how many of them are the items of a whole list

    @property
    def text(self) -> str:
        chunk = self.passage.chunk
        return chunk.text[self.begin - chunk.begin : self.end - chunk.begin]


def compose(question: Question, reading: Reading, limit: int = MAX_SENTENCES) -> list[Quote]:
    """The quotes that answer best, best first; at most `limit` sentences or lists."""
    quotes: list[Quote] = []
    chosen: list[ScoredSentence] = []
    for scored in sorted(reading.sentences, key=_worth, reverse=True):
        full = sum(quote.sentences for quote in quotes) >= limit
        if full or (chosen and _worth(scored) < _worth(chosen[0]) - WORST):
            break
        if any(_say_the_same(scored, other) for other in chosen):
            continue
        quote = _quote(question, reading, scored, is_first=not chosen)
        if all(_apart(quote, other) for other in quotes):
            chosen.append(scored)
            _add(quotes, quote)
    if "list" in question.expected:
        quotes.sort(key=lambda quote: quote.items == 0)  # the list asked for comes first
    return quotes


def compose_comparison(question: Question, readings: Sequence[Reading]) -> list[Quote]:
    """The best quote of each side of a comparison, no stretch twice, from a document of its own where one is near."""
    quotes: list[Quote] = []
    for reading in readings:
        for scored in _other_documents_first(reading, {quote.passage.document.id for quote in quotes}):
            quote = _quote(question, reading, scored, is_first=True)
            if all(_apart(quote, other) for other in quotes):
                quotes.append(quote)
                break
    return quotes[:MAX_SENTENCES]


def _other_documents_first(reading: Reading, quoted: set[str]) -> list[ScoredSentence]:
    best = reading.sentences[:MAX_SENTENCES]
    others = [
        scored
        for scored in reading.sentences
        if reading.passages[scored.candidate.passage].document.id not in quoted
        and scored.score >= best[0].score - _COMPARISON_MARGIN
    ]
    return [*others[:1], *best] if quoted else list(best)


def _worth(scored: ScoredSentence) -> float:
    return scored.score + (_INTRODUCTION_BONUS if scored.candidate.traits.introduces else 0.0)


def _say_the_same(one: ScoredSentence, other: ScoredSentence) -> bool:
    a, b = one.candidate.traits.stems, other.candidate.traits.stems
    return len(a & b) >= _SAME * max(1, len(a | b))


def _apart(quote: Quote, other: Quote) -> bool:
    same_document = quote.passage.document.id == other.passage.document.id
    return not same_document or quote.end <= other.begin or quote.begin >= other.end


def _add(quotes: list[Quote], quote: Quote) -> None:
    """Neighbouring sentences of running text become one quote, which stands where the better one stood."""
    touching = [other for other in quotes if _continues(quote, other) or _continues(other, quote)]
    if not touching:
        quotes.append(quote)
        return
    place = quotes.index(touching[0])
    for other in touching:  # two, if the new one closes the gap between them
        quotes.remove(other)
    parts = (quote, *touching)
    begin, end = min(part.begin for part in parts), max(part.end for part in parts)
    quotes.insert(place, Quote(quote.passage, begin, end, sum(part.sentences for part in parts)))


def _continues(first: Quote, second: Quote) -> bool:
    """Whether `second` starts where `first` stops, in the same paragraph."""
    if first.passage.chunk is not second.passage.chunk or first.items or second.items:
        return False
    sentences = first.passage.chunk.sentences
    ends = next((s for s in sentences if s.end == first.end), None)
    starts = next((s for s in sentences if s.begin == second.begin), None)
    if ends is None or starts is None:
        return False
    return ends.block == starts.block and sentences.index(starts) == sentences.index(ends) + 1


def _quote(question: Question, reading: Reading, scored: ScoredSentence, *, is_first: bool) -> Quote:
    candidate = scored.candidate
    passage = reading.passages[candidate.passage]
    wants_list = "list" in question.expected and candidate.sentence.kind == "list_item"
    if candidate.traits.introduces or wants_list:
        whole = _list_around(passage, candidate.position)
        if whole is not None:
            return whole
    if is_first and candidate.traits.words < _SHORT_WORDS and candidate.sentence.kind == "paragraph":
        return _with_next(passage, candidate.position)
    return Quote(passage, candidate.sentence.begin, candidate.sentence.end)


def _with_next(passage: Passage, position: int) -> Quote:
    """A short sentence ("Dat is zorgwekkend.") with the one that follows in its paragraph, which says why."""
    sentences = passage.chunk.sentences
    sentence = sentences[position]
    following = sentences[position + 1] if position + 1 < len(sentences) else sentence
    if following is sentence or following.block != sentence.block:
        return Quote(passage, sentence.begin, sentence.end)
    return Quote(passage, sentence.begin, following.end, sentences=2)


def _list_around(passage: Passage, position: int) -> Quote | None:
    """The whole list that the sentence at `position` introduces or is in, with its introduction."""
    sentences = passage.chunk.sentences
    first = position if sentences[position].kind in _LISTED else position + 1
    if first >= len(sentences) or sentences[first].kind not in _LISTED:
        return None
    kind = sentences[first].kind
    while first > 0 and sentences[first - 1].kind == kind:
        first -= 1
    last = first
    while last + 1 < len(sentences) and sentences[last + 1].kind == kind:
        last += 1
    while last > first and sentences[last].end - sentences[first].begin > _MAX_LIST_CHARACTERS:
        last -= 1
    items = len({sentence.block for sentence in sentences[first : last + 1]})
    introduction = sentences[first - 1] if first and _introduces(passage, sentences[first - 1]) else sentences[first]
    return Quote(passage, introduction.begin, sentences[last].end, items=items) if items > 1 else None


def _introduces(passage: Passage, sentence: Sentence) -> bool:
    chunk = passage.chunk
    return chunk.text[sentence.begin - chunk.begin : sentence.end - chunk.begin].rstrip().endswith(":")
