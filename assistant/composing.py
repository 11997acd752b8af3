"""From a reading to quotes: at most three stretches of source text, a whole list, or one a document compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.language import stem, tokenize
from assistant.question import Question
from assistant.reader import Reading, ScoredSentence
from assistant.sentences import split_sentences
from assistant.types import Chunk, Passage, Sentence

MAX_QUOTES = 3
LEAST_PROBABILITY = 0.03  # a second or third sentence less probable than this is left out
_SAME = 0.8  # share of words in common from which two sentences say the same
_MAX_LIST_CHARACTERS = 2_500
_LIST_MARGIN = 0.5  # how far below the best sentence a list may score when the question asks for a list
_INTRODUCTION_BONUS = 3.5
_INTRODUCES = re.compile(r":\s*$")


@dataclass(frozen=True)
class Quote:
    """A stretch of one document that will be quoted to the letter."""

    passage: Passage
    begin: int
    end: int
    items: int = 0  # list items in it; 0 for sentences
    is_cut: bool = False  # the list goes on after the quote

    @property
    def text(self) -> str:
        chunk = self.passage.chunk
        return chunk.text[self.begin - chunk.begin : self.end - chunk.begin]


def compose(question: Question, reading: Reading) -> list[Quote]:
    """The quotes that answer best, best first."""
    if not reading.sentences:
        return []
    found_list = _best_list(question, reading)
    if found_list is not None:
        return [found_list]
    chosen = _choose(reading.sentences)
    return _merged(reading, chosen)


def compose_comparison(readings: Sequence[Reading]) -> list[Quote]:
    """The best quote of each side of a comparison, no stretch twice."""
    quotes: list[Quote] = []
    for reading in readings:
        for scored in reading.sentences[:MAX_QUOTES]:
            quote = _quote(reading, scored)
            if all(_apart(quote, other) for other in quotes):
                quotes.append(quote)
                break
    return quotes[:MAX_QUOTES]


def _apart(quote: Quote, other: Quote) -> bool:
    same_document = quote.passage.document.id == other.passage.document.id
    return not same_document or quote.end <= other.begin or quote.begin >= other.end


def _choose(sentences: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    chosen: list[ScoredSentence] = []
    for scored in sentences:
        if len(chosen) == MAX_QUOTES:
            break
        if chosen and scored.probability < LEAST_PROBABILITY:
            break
        if not any(_say_the_same(scored, other) for other in chosen):
            chosen.append(scored)
    return chosen


def _say_the_same(one: ScoredSentence, other: ScoredSentence) -> bool:
    a, b = one.candidate.traits.stems, other.candidate.traits.stems
    return len(a & b) >= _SAME * max(1, len(a | b))


def _merged(reading: Reading, chosen: Sequence[ScoredSentence]) -> list[Quote]:
    """Neighbouring sentences become one quote, which stands where its best sentence stood."""
    groups: list[list[ScoredSentence]] = []
    for scored in chosen:
        near = next((group for group in groups if any(_adjacent(scored, other) for other in group)), None)
        if near is None:
            groups.append([scored])
        else:
            near.append(scored)
    return [_span(reading, group) for group in groups]


def _adjacent(one: ScoredSentence, other: ScoredSentence) -> bool:
    a, b = one.candidate, other.candidate
    return a.passage == b.passage and abs(a.position - b.position) == 1


def _span(reading: Reading, group: Sequence[ScoredSentence]) -> Quote:
    begin = min(scored.candidate.sentence.begin for scored in group)
    end = max(scored.candidate.sentence.end for scored in group)
    return Quote(reading.passages[group[0].candidate.passage], begin, end)


def _quote(reading: Reading, scored: ScoredSentence) -> Quote:
    run = _list_around(reading, scored)
    return run if run is not None else _span(reading, [scored])


def _best_list(question: Question, reading: Reading) -> Quote | None:
    """The list to quote whole: the best sentence introduces it, or the question asks for a list and one is near the top."""
    best = reading.sentences[0]
    if _INTRODUCES.search(_text(reading, best)):
        return _list_around(reading, best)
    if "list" not in question.expected:
        return None
    for scored in reading.sentences:
        # An introduction says nothing by itself and is scored low; with its list it may be the answer.
        bonus = _INTRODUCTION_BONUS if scored.candidate.traits.introduces else 0.0
        if scored.score + bonus < best.score - _LIST_MARGIN:
            continue
        run = _list_around(reading, scored)
        if run is not None and (question.count is None or run.items >= question.count):
            return run
    return None


def _text(reading: Reading, scored: ScoredSentence) -> str:
    chunk = reading.passages[scored.candidate.passage].chunk
    sentence = scored.candidate.sentence
    return chunk.text[sentence.begin - chunk.begin : sentence.end - chunk.begin]


def _list_around(reading: Reading, scored: ScoredSentence) -> Quote | None:
    """The whole list that a sentence introduces or belongs to, with its introduction; None if there is none."""
    passage = reading.passages[scored.candidate.passage]
    sentences = passage.chunk.sentences
    position = scored.candidate.position
    first = position if sentences[position].kind == "list_item" else position + 1
    if first >= len(sentences) or sentences[first].kind != "list_item":
        return None
    while first > 0 and sentences[first - 1].kind == "list_item":
        first -= 1
    last = first
    while last + 1 < len(sentences) and sentences[last + 1].kind == "list_item":
        last += 1
    while last > first and sentences[last].end - sentences[first].begin > _MAX_LIST_CHARACTERS:
        last -= 1
    if last == first:
        return None
    begins = sentences[first - 1] if first and _introduces(passage.chunk, sentences[first - 1]) else sentences[first]
    is_cut = last + 1 < len(sentences) and sentences[last + 1].kind == "list_item"
    return Quote(
        passage,
        begins.begin,
        sentences[last].end,
        items=len({s.block for s in sentences[first : last + 1]}),
        is_cut=is_cut,
    )


def _introduces(chunk: Chunk, sentence: Sentence) -> bool:
    return bool(_INTRODUCES.search(chunk.text[sentence.begin - chunk.begin : sentence.end - chunk.begin]))


def names_count(quote: str, count: int) -> bool:
    """Whether a quote that should name `count` things does so, instead of only saying that there are so many."""
    spans = split_sentences(quote, 0, len(quote))
    said = [position for position, (begin, end) in enumerate(spans) if _says_number(quote[begin:end], count)]
    judged = [quote[spans[p][0] : spans[min(p + 1, len(spans) - 1)][1]] for p in said] or [quote[b:e] for b, e in spans]
    return any(enumerated(text) >= count for text in judged)


def _says_number(sentence: str, count: int) -> bool:
    return any(stem(token.form) == str(count) for token in tokenize(sentence))


def enumerated(text: str) -> int:
    """About how many things a sentence names one after the other."""
    after = text.split(":", 1)[1] if ":" in text else text
    numbered = len(
        re.findall(r"(?:^|\s)(?:\(?\d[).]|[1-9]\.|punt \d|één is|ten (?:eerste|tweede|derde))", text.lower())
    )
    return max(numbered, 1 + len(re.findall(r",|;| en | of |\n", after)))


def sides(question: Question) -> Iterator[str]:
    """For a comparison: the question once for each thing compared, the other things left out."""
    for pattern in (_BETWEEN, _BOTH, _NAMES, _PAIR):
        match = pattern.search(question.text)
        if match is not None:
            head, tail = question.text[: match.start()], question.text[match.end() :]
            for side in (match.group("first"), match.group("second")):
                yield f"{head}{side}{tail}"
            return


_ARTICLE = r"(?:(?:de|het|een|the|a)\s+)?"
_NAME_PART = r"[A-Z][\w'’-]*(?:\s+(?:(?:van|de|der|den|voor|op)\s+)*[A-Z0-9][\w'’-]*)*"
_THING = rf"{_ARTICLE}(?:{_NAME_PART}|[\w'’()-]{{2,}}(?:\s+\d{{4}})?)"
_AND = r"\s+(?:en|and|versus|vs\.?|met|of|or|than|dan)\s+"
_BETWEEN = re.compile(rf"\b(?:tussen|between)\s+(?P<first>.{{2,60}}?){_AND}(?P<second>{_THING})")
_BOTH = re.compile(rf"(?P<first>{_THING})\s+(?:en|and)\s+(?P<second>{_THING})\s+(?:allebei|beide|both)\b")
_NAMES = re.compile(rf"(?P<first>{_ARTICLE}{_NAME_PART})\s+(?:en|and)\s+(?P<second>{_ARTICLE}{_NAME_PART})")
_PAIR = re.compile(rf"(?P<first>{_THING})\s+(?:en|and|versus|vs\.?)\s+(?P<second>{_THING})")
