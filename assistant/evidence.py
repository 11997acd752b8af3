"""What speaks for each sentence of the found passages as the answer: one row of readable numbers a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import Vector
from assistant.language import RUN_MARK
from assistant.question import Question
from assistant.question_words import Expected
from assistant.traits import ChunkTraits, SentenceTraits, Words
from assistant.types import Passage, Sentence

_SHORT_WORDS = 5
_COVER_STEP = 0.1
_MEANING_STEP = 0.01  # the cosines of this model lie close together

# Kind of answer → what shows that a sentence holds one.
_SHOWS: dict[Expected, Callable[[SentenceTraits], bool]] = {
    "number": lambda traits: traits.has_number,
    "date": lambda traits: traits.has_date,
    "person": lambda traits: bool(traits.names),
}


@dataclass(frozen=True)
class Candidate:
    """A sentence of a found passage that may answer."""

    passage: int  # position in the list of passages
    position: int  # position among the chunk's sentences
    sentence: Sentence
    traits: SentenceTraits


@dataclass(frozen=True)
class Weights:
    """How rare the question's words are in the index: inverse document frequency times the word's weight."""

    stems: dict[str, float]
    grams: dict[str, float]
    alternatives: dict[str, frozenset[frozenset[str]]]  # stem → other names that count as the same

    def stem_cover(self, present: frozenset[str]) -> float:
        """The share of the stems' weight that is present, in their own form or another."""
        alternatives = self.alternatives
        found = sum(
            [
                weight
                for stem, weight in self.stems.items()
                if stem in present or (stem in alternatives and self.has(stem, present))
            ]
        )
        return found / self._stem_total if self._stem_total else 0.0

    def gram_cover(self, words: Words) -> float:
        """The share of the grams' weight that some words have."""
        runs, forms = words.runs, words.forms
        found = sum([weight for part, is_run, weight in self._parts if part in (runs if is_run else forms)])
        return found / self._gram_total if self._gram_total else 0.0

    def has(self, stem: str, present: frozenset[str]) -> bool:
        """Whether a stem or one of its alternatives is present."""
        return stem in present or any(name <= present for name in self.alternatives.get(stem, ()))

    @cached_property
    def telling(self) -> frozenset[str]:
        """Every stem that a cover looks at; what is not among them may be left out of `present`."""
        names = (name for stem in self.stems for name in self.alternatives.get(stem, ()))
        return frozenset(self.stems).union(*names)

    @cached_property
    def _parts(self) -> list[tuple[str, bool, float]]:
        """Each gram as what is looked for, and whether among the runs or the forms: `Words.has` without a call each."""
        return [(gram.removeprefix(RUN_MARK), gram.startswith(RUN_MARK), weight) for gram, weight in self.grams.items()]

    @cached_property
    def _stem_total(self) -> float:
        return sum(self.stems.values())

    @cached_property
    def _gram_total(self) -> float:
        return sum(self.grams.values())


FEATURES = (
    "gram_cover",  # share of the question's grams, by rarity, in the sentence
    "near_cover",  # share of the question's stems, by rarity, in the sentence, its neighbours and the headings
    "word_share",  # gram_cover against the other sentences of the passage: a softmax, so all together 1
    "passage_cover",  # near_cover, in the whole passage
    "passage_score",  # fused score of the passage
    "passage_gap",  # how far below the best passage
    "passage_rank",  # 1 for the first passage, 1/2 for the second …
    "early",  # 1 for the first sentence of the passage, 1/2 for the second …
    "whole_score",  # passage_score, where the passage is the whole document
    "whole_early",  # early, in such a passage: a page of one passage starts with the answer
    "whole_item",  # list_item, in such a passage
    "length",  # logarithm of the number of words
    "short",  # fewer than five words
    "is_question",
    "list_item",
    "list_item_asked",  # a list item, and the question asks for a list
    "introduces",  # ends with a colon
    "meta",  # a source line or a reference
    "says_unknown",
    "defines",  # share of the question's words, by rarity, in the term that the sentence defines; if that is asked
    "yes_no",  # starts with "ja" or "nee", and the question asks that
    "has_number",  # the question asks for a number and the sentence holds one
    "has_date",
    "no_number",  # the question asks for a number and the sentence holds none
    "no_date",
    "no_person",
    "has_person",
    "meaning_share",  # cosine of sentence and question against the other sentences of the passage, a softmax too
    "meaning_english",  # the last one, for a question in English, whose words the sentences cannot share
    "meaning",  # cosine of sentence and question, standardised over the candidates
)


def rarity(size: int, frequency: int) -> float:
    """BM25's inverse document frequency."""
    return math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))


def candidates(passages: Sequence[Passage], traits: Sequence[ChunkTraits]) -> list[Candidate]:
    """Every sentence of the passages, in order."""
    return [
        Candidate(number, position, sentence, traits[number].sentences[position])
        for number, passage in enumerate(passages)
        for position, sentence in enumerate(passage.chunk.sentences)
    ]


def feature_matrix(
    question: Question,
    weights: Weights,
    passages: Sequence[Passage],
    traits: Sequence[ChunkTraits],
    meaning: Sequence[Vector],
) -> NDArray[np.float32]:
    """One row a candidate, one column a feature, in the order of `candidates` and `FEATURES`.

    Args:
        meaning: for each passage the cosines of its sentences with the question, shape (sentences,).
    """
    rows = [
        row
        for rank, (passage, trait) in enumerate(zip(passages, traits, strict=True))
        for row in _passage_rows(question, weights, rank, passage, trait, passages[0].score)
    ]
    matrix = np.zeros((len(rows), len(FEATURES)), dtype=np.float32)
    if rows:
        matrix[:, :-3] = rows
        matrix[:, -1] = _standardised(np.concatenate(meaning))
        matrix[:, -2] = matrix[:, -1] * (question.language == "en")
        matrix[:, -3] = np.concatenate([_shares(cosines, _MEANING_STEP) for cosines in meaning])
    return matrix


def _passage_rows(
    question: Question, weights: Weights, rank: int, passage: Passage, traits: ChunkTraits, best: float
) -> list[list[float]]:
    in_title = traits.title_stems & weights.telling
    found = [trait.stems & weights.telling for trait in traits.sentences]
    passage_cover = weights.stem_cover(in_title.union(*found))
    covers = np.array([weights.gram_cover(trait.content) for trait in traits.sentences], dtype=np.float32)
    shares = _shares(covers, _COVER_STEP).tolist()
    rows = []
    asks = question.expected
    introduction: frozenset[str] = frozenset()  # of the list that the sentence is in
    for position, trait in enumerate(traits.sentences):
        kind = passage.chunk.sentences[position].kind
        if kind not in ("list_item", "table_row"):
            introduction = frozenset()
        if trait.introduces:
            introduction = found[position]
        near = in_title.union(introduction, *found[max(0, position - 1) : position + 2])
        is_item = kind == "list_item"
        rows.append(
            [
                float(covers[position]),
                weights.stem_cover(near),
                shares[position],
                passage_cover,
                passage.score,
                passage.score - best,
                1 / (1 + rank),
                1 / (1 + position),
                passage.score * traits.is_whole_document,
                traits.is_whole_document / (1 + position),
                float(is_item and traits.is_whole_document),
                math.log1p(trait.words),
                float(trait.words < _SHORT_WORDS),
                float(trait.is_question),
                float(is_item),
                float(is_item and "list" in asks),
                float(trait.introduces),
                float(trait.is_meta),
                float(trait.says_unknown and kind != "table_row"),
                weights.stem_cover(trait.defined) if "definition" in asks else 0.0,
                float("yes_no" in asks and trait.starts_with_yes_no),
                float("number" in asks and trait.has_number),
                float("date" in asks and trait.has_date),
                float("number" in asks and not trait.has_number),
                float("date" in asks and not trait.has_date),
                float("person" in asks and not trait.names),
                float("person" in asks and bool(trait.names)),
            ]
        )
    return rows


def shows(expected: Expected, traits: SentenceTraits) -> bool:
    """Whether a sentence holds the kind of answer asked for; kinds that cannot be seen are taken to be there."""
    return expected not in _SHOWS or _SHOWS[expected](traits)


def _shares(values: NDArray[np.float32], step: float) -> NDArray[np.float32]:
    """Softmax; a value one `step` higher makes the share e times as large."""
    if not len(values):
        return values
    odds: NDArray[np.float32] = np.exp((values - values.max()) / step)
    shares: NDArray[np.float32] = odds / odds.sum()
    return shares


def _standardised(values: NDArray[np.float32]) -> NDArray[np.float32]:
    spread = float(values.std())
    centred: NDArray[np.float32] = values - values.mean()
    return centred / spread if spread > 1e-6 else centred
