"""Reads the found passages: which sentences answer, and how sure that is.

In: a question and its passages. Out: a `Reading` with every sentence scored and the evidence that an answer is there.
The weights are plain numbers in reader_weights.json, fitted by benchmarks/fit_reader.py.
"""

from __future__ import annotations

import json
import math
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import Vector
from assistant.engine import Snapshot
from assistant.evidence import (
    FEATURES,
    Candidate,
    Weights,
    candidates,
    feature_matrix,
    rarity,
    shows,
)
from assistant.question import Question
from assistant.retriever import Hit
from assistant.traits import ChunkTraits, Words
from assistant.types import Passage, Sentence

PASSAGES_READ = 8
_REMEMBERED_CHUNKS = 1_024  # 29 kB each, in every process that serves
# In a small index a word may be lacking by chance: what that says starts at 25 chunks and is full from 800.
_SMALL_INDEX, _LARGE_INDEX = 25, 800
_BM25_CEILING = 2.2  # k1 + 1: what one occurrence too many can reach in a short text

CONFIDENCE_FEATURES = (
    "closeness",  # how far the best passage's cosine stands above the mean of all found
    "sentence_closeness",  # best sentence's cosine above the mean of all read
    "gram_cover",  # of the best sentence
    "passage_cover",  # of the best sentence's passage
    "missing_words",  # share of the question's grams, by rarity, that the first three passages lack
    "missing_rarest",  # rarity of the rarest missing word in the best passage, against the question's rarest
    "document_gap",  # how far the best passage's fused score stands above the best of another document
    "lexical_share",  # best BM25 score against the most that the question's words could give
    "certainty",  # probability of the best sentence among all read
    "score",  # its score
    "wrong_kind",  # a number, date, person or time is asked for and the best sentence shows none
    "missing_focus",  # the very thing asked is in neither the best sentence, its neighbours nor the headings
    "no_percentage",  # a percentage is asked for and the best sentence holds none
    "says_unknown",  # the best sentence says that it is not known
    "near_cover",  # share of the question's words, by rarity, in the best sentence, its neighbours and headings
    "defines",
    "english",  # the question's words can then not be in the passages
    "missing_name",  # a name in the question that the best passage lacks
    "missing_number",
    "unknown_words",  # share of the question's words, by rarity, that the whole index lacks; the more so if it is large
)

# What shows that the question is about what the documents are about, whether or not they answer it.
FIELD_FEATURES = (
    "closeness",
    "lexical_share",
    "score",
    "unknown_words",
    "english",
    "missing_name",
    "passage_cover",
    "missing_words",
)

_PERCENTAGE_ASKED = re.compile(r"percentage|procent|percent", re.I)
_PERCENTAGE = re.compile(r"\d\s*(?:%|procent)", re.I)
_CLOCK_ASKED = re.compile(r"\bhoe laat\b|\bwhat time\b", re.I)
_CLOCK = re.compile(r"\d[.:]\d\d\b|\buur\b|\bo'clock\b|\d ?[ap]m\b", re.I)


@dataclass(frozen=True)
class Chance:
    """A logistic regression on named evidence."""

    weights: Mapping[str, float]
    bias: float = 0.0

    def of(self, evidence: Mapping[str, float]) -> float:
        """The probability for this evidence."""
        odds = self.bias + sum(weight * evidence[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-odds))

    @classmethod
    def parse(cls, values: Mapping[str, float], names: Sequence[str]) -> Chance:
        """Read the JSON's content; a feature that is not there counts for nothing."""
        return cls({name: values[name] for name in names if values.get(name)}, values.get("bias", 0.0))


@dataclass(frozen=True)
class ReaderWeights:
    """The fitted weights, one for each feature, and the thresholds on the confidence."""

    sentence: NDArray[np.float32]
    field: Chance  # that the question is about what the documents are about
    answered: Chance  # that the passages answer it, if it is
    partial_from: float  # below: refuse
    doubtful_from: float  # the same where the quotes lack something that the question asks for
    complete_from: float

    @classmethod
    def packaged(cls) -> ReaderWeights:
        """The weights that come with the product."""
        return cls.parse(json.loads(files("assistant").joinpath("reader_weights.json").read_text(encoding="utf-8")))

    @classmethod
    def parse(cls, values: Mapping[str, Mapping[str, float]]) -> ReaderWeights:
        """Read the JSON's content; a feature that is not there counts for nothing."""
        sentence = values["sentence"]
        return cls(
            np.array([sentence.get(name, 0.0) for name in FEATURES], dtype=np.float32),
            Chance.parse(values["field"], FIELD_FEATURES),
            Chance.parse(values["answered"], CONFIDENCE_FEATURES),
            values["thresholds"]["partial_from"],
            values["thresholds"]["doubtful_from"],
            values["thresholds"]["complete_from"],
        )


@dataclass(frozen=True)
class ScoredSentence:
    """A candidate with its score and its probability among all candidates."""

    candidate: Candidate
    score: float
    probability: float


@dataclass(frozen=True)
class Reading:
    """Everything known about what the passages say to a question."""

    passages: tuple[Passage, ...]
    sentences: tuple[ScoredSentence, ...]  # best first
    confidence: float  # probability that the passages answer the question
    evidence: Mapping[str, float]  # CONFIDENCE_FEATURES by name, for explanation and fitting


class Reader:
    """Reads passages of one snapshot; safe to use from several threads."""

    def __init__(self, snapshot: Snapshot, weights: ReaderWeights) -> None:
        self._snapshot = snapshot
        self.weights = weights
        self._traits: OrderedDict[int, ChunkTraits] = OrderedDict()
        self._lock = Lock()

    def read(self, question: Question, vector: Vector, hits: Sequence[Hit]) -> Reading:
        """Score every sentence of the first eight hits.

        Args:
            vector: the question's, shape (dimension,).
            hits: best first; the ones beyond the eighth only show how much the first stands out.
        """
        read = hits[:PASSAGES_READ]
        passages = self.passages(read)
        if not passages:
            return Reading((), (), 0.0, dict.fromkeys(CONFIDENCE_FEATURES, 0.0))
        traits = self._traits_of([hit.chunk_id for hit in read])
        meaning = self._meaning(read, vector)
        weights = self.rarities(question)
        matrix = feature_matrix(question, weights, passages, traits, meaning)
        scores = matrix @ self.weights.sentence
        probabilities = np.exp(scores - scores.max())
        probabilities /= probabilities.sum()
        found = candidates(passages, traits)
        order = np.argsort(-scores, kind="stable")
        sentences = tuple(ScoredSentence(found[i], float(scores[i]), float(probabilities[i])) for i in order)
        evidence = _evidence(
            question, weights, passages, traits, np.concatenate(meaning), sentences, matrix[order[0]], hits
        ) | {"unknown_words": self._unknown_words(question, weights)}
        return Reading(tuple(passages), sentences, self.confidence(evidence), evidence)

    def features(
        self, question: Question, vector: Vector, hits: Sequence[Hit]
    ) -> tuple[NDArray[np.float32], list[tuple[Passage, Sentence]]]:
        """The features of every sentence, shape (sentences, features), and the sentences; for fitting."""
        passages = self.passages(hits)
        traits = self._traits_of([hit.chunk_id for hit in hits])
        matrix = feature_matrix(question, self.rarities(question), passages, traits, self._meaning(hits, vector))
        return matrix, [(passages[found.passage], found.sentence) for found in candidates(passages, traits)]

    def _meaning(self, hits: Sequence[Hit], vector: Vector) -> list[Vector]:
        vectors = self._snapshot.store.sentence_vectors([hit.chunk_id for hit in hits])
        return [of_passage @ vector for of_passage in vectors]

    def passages(self, hits: Sequence[Hit]) -> list[Passage]:
        """The chunks behind the hits, with their documents."""
        store = self._snapshot.store
        chunks = store.chunks([hit.chunk_id for hit in hits])
        return [
            Passage(chunk, store.document_of(hit.chunk_id), hit.score, hit.dense, hit.lexical)
            for hit, chunk in zip(hits, chunks, strict=True)
        ]

    def rarities(self, question: Question) -> Weights:
        """How much each word of the question says in this index."""
        lexical = self._snapshot.lexical
        size = lexical.size
        return Weights(
            {
                stem: weight * rarity(size, lexical.document_frequency("stem", stem))
                for stem, weight in question.stems.items()
            },
            {
                gram: weight * rarity(size, lexical.document_frequency("gram", gram))
                for gram, weight in question.grams.items()
            },
            question.alternatives,
        )

    def _unknown_words(self, question: Question, weights: Weights) -> float:
        if question.language == "en":
            return 0.0
        lexical = self._snapshot.lexical
        known = frozenset(stem for stem in weights.stems if lexical.document_frequency("stem", stem))
        telling = math.log(max(1, lexical.size) / _SMALL_INDEX) / math.log(_LARGE_INDEX / _SMALL_INDEX)
        return (1 - weights.stem_cover(known)) * min(1.0, max(0.0, telling)) if weights.stems else 0.0

    def confidence(self, evidence: Mapping[str, float]) -> float:
        """The calibrated probability for this evidence: the question is about the field and the passages answer it."""
        return self.weights.field.of(evidence) * self.weights.answered.of(evidence)

    def _traits_of(self, chunk_ids: Sequence[int]) -> list[ChunkTraits]:
        with self._lock:
            known = {chunk_id: self._traits[chunk_id] for chunk_id in chunk_ids if chunk_id in self._traits}
        new = [chunk_id for chunk_id in chunk_ids if chunk_id not in known]
        known.update(zip(new, self._snapshot.store.traits(new), strict=True))
        with self._lock:
            for chunk_id in chunk_ids:
                self._traits[chunk_id] = known[chunk_id]
                self._traits.move_to_end(chunk_id)
            while len(self._traits) > _REMEMBERED_CHUNKS:
                self._traits.popitem(last=False)
        return [known[chunk_id] for chunk_id in chunk_ids]


def _evidence(
    question: Question,
    weights: Weights,
    passages: Sequence[Passage],
    traits: Sequence[ChunkTraits],
    meaning: Vector,
    sentences: Sequence[ScoredSentence],
    features: NDArray[np.float32],
    hits: Sequence[Hit],
) -> dict[str, float]:
    best = sentences[0]
    in_passage = [frozenset().union(t.title_stems, *(s.stems for s in t.sentences)) for t in traits]
    here = in_passage[best.candidate.passage]
    first = Words.of(*(t.title_words for t in traits[:3]), *(s.content for t in traits[:3] for s in t.sentences))
    rarest = max(weights.stems.values(), default=0.0) or 1.0
    text = passages[best.candidate.passage].chunk.text + " " + passages[best.candidate.passage].document.title
    sentence, chunk = best.candidate.sentence, passages[best.candidate.passage].chunk
    quoted = chunk.text[sentence.begin - chunk.begin : sentence.end - chunk.begin]
    ceiling = _BM25_CEILING * (sum(weights.stems.values()) + sum(weights.grams.values())) or 1.0
    dense = np.array([hit.dense for hit in hits])
    named = dict(zip(FEATURES, features.tolist(), strict=True))
    return {
        "closeness": float(dense.max() - dense.mean()),
        "sentence_closeness": float(meaning.max() - meaning.mean()),
        "gram_cover": named["gram_cover"],
        "passage_cover": named["passage_cover"],
        "missing_words": 1 - weights.gram_cover(first),
        "missing_rarest": max(
            (weight for stem, weight in weights.stems.items() if not weights.has(stem, here)), default=0.0
        )
        / rarest,
        "document_gap": _document_gap(passages),
        "lexical_share": max(hit.lexical for hit in hits) / ceiling,
        "certainty": best.probability,
        "score": best.score,
        "wrong_kind": float(
            not all(shows(kind, best.candidate.traits) for kind in question.expected)
            or (_CLOCK_ASKED.search(question.text) is not None and not _CLOCK.search(quoted))
        ),
        "missing_focus": _missing_focus(question, best.candidate, traits[best.candidate.passage]),
        "no_percentage": float(bool(_PERCENTAGE_ASKED.search(question.text)) and not _PERCENTAGE.search(quoted)),
        "says_unknown": float(best.candidate.traits.says_unknown),
        "near_cover": named["near_cover"],
        "defines": named["defines"],
        "english": float(question.language == "en"),
        "missing_name": float(
            question.language == "nl" and any(name.lower() not in text.lower() for name in question.names)
        ),
        "missing_number": float(any(number not in text for number in question.numbers)),
    }


def _document_gap(passages: Sequence[Passage]) -> float:
    best = max(passages, key=lambda passage: passage.score)
    others = [passage.score for passage in passages if passage.document.id != best.document.id]
    return best.score - max(others) if others else 0.0


def _missing_focus(question: Question, candidate: Candidate, traits: ChunkTraits) -> float:
    """The share of the focus that is not near the candidate."""
    if not question.focus or question.language == "en":
        return 0.0
    near = traits.sentences[max(0, candidate.position - 1) : candidate.position + 2]
    present = Words.of(traits.title_words, *(sentence.content for sentence in near))
    return sum(not present.has(gram) for gram in question.focus) / len(question.focus)
