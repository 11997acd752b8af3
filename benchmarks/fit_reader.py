"""Fits the reader's weights on ../shared/eval; prints cross-validated figures and, with --write, the weights file.

    .venv-dev/bin/python -m benchmarks.fit_reader [--write]

Sentence weights: a softmax over all sentences of the eight passages read, the gold sentences against the others.
Confidence: two logistic regressions, multiplied. "field": questions of the set against questions of other sets and
everyday ones. "answered": the questions as they are against the same questions with their gold passages left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.catalogue import read_catalogue
from assistant.embeddings import Embedder, open_embedder
from assistant.evaluation.beir import GoldSpan, QuestionSet, read_question_set
from assistant.evaluation.passage_index import build_passage_index
from assistant.evidence import FEATURES
from assistant.glossary import Glossary
from assistant.ingest import build, standard_stages
from assistant.question import Question, understand
from assistant.reader import (
    CONFIDENCE_FEATURES,
    FIELD_FEATURES,
    PASSAGES_READ,
    Chance,
    Reader,
    ReaderWeights,
    Reading,
)
from assistant.retriever import CANDIDATES, Hit, Retriever
from assistant.settings import load_settings
from assistant.snapshot import open_current
from assistant.types import Role, Turn

ROOT = Path(__file__).parents[1]
EVAL = ROOT.parent / "shared" / "eval"
QUESTIONS = ROOT / "tests" / "data" / "regression_questions.jsonl"
OFF_TOPIC = Path(__file__).with_name("off_topic.txt")  # everyday questions, some with words of the field
WEIGHTS = ROOT / "assistant" / "reader_weights.json"
OWN = "own"  # tests/data/regression_questions.jsonl on the starter corpus
READING = {"rijksoverheid": 0.30, "xquad_nl": 0.35, OWN: 0.35}  # set → share of the sentence fit
REFUSING = ("rijksoverheid", "xquad_nl", "corona_faq", OWN)
# Chosen by hand: everyday questions stay below, answerable ones above, as far as the figures printed allow.
PARTIAL_FROM = 0.13
DOUBTFUL_FROM = 0.2
COMPLETE_FROM = 0.62
NEAR_MISS_SHARE = 1.0
OWN_WEIGHT = 3.0  # policy texts and the way our users ask count most
FOREIGN = 250  # questions of another set, about
FOLDS = 5
RIDGE = 1e-3
ANSWERED = 0.90  # share of the answerable questions that must still be answered
Matrix = NDArray[np.float64]
Vectors = tuple[NDArray[np.float32], NDArray[np.float32]]
ZERO = ReaderWeights(np.zeros(len(FEATURES), np.float32), Chance({}), Chance({}), 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Example:
    """One question as the reader sees it: the features of every sentence, and which hold the answer."""

    features: Matrix  # (sentences, FEATURES)
    gold: NDArray[np.bool_]  # (sentences,)


class Bench:
    """A question set in an index of its own."""

    def __init__(self, name: str, embedder: Embedder, cache: Path, glossary: Glossary) -> None:
        self.name = name
        self.set: QuestionSet = read_question_set(EVAL / name)
        index = build_passage_index(self.set.passages.values(), cache / "evaluation" / name, embedder)
        self.snapshot = open_current(index, embedder.description)
        self.retriever = Retriever(self.snapshot, embedder)
        self.questions = {key: understand(text, glossary) for key, text in self.set.questions.items()}
        self.vectors = {key: self.retriever.embed(q) for key, q in self.questions.items()}

    def hits(self, question: Question, vectors: Vectors, excluded: Iterable[str] = ()) -> list[Hit]:
        left_out = {i for key in excluded for i in self.snapshot.store.chunk_ids(self.set.passages[key].document_id)}
        return self.retriever.search_vector(question, vectors[0], CANDIDATES, excluded=left_out)

    def gold_passages(self, key: str) -> list[str]:
        return [passage for passage, grade in self.set.judgements[key].items() if grade > 0]

    def examples(self) -> list[Example]:
        reader = Reader(self.snapshot, ZERO)
        return [
            _example(
                reader, self.questions[key], self.vectors[key], self.hits(self.questions[key], self.vectors[key]), spans
            )
            for key, spans in self.set.answers.items()
            if key in self.questions and all(span.exact for span in spans)
        ]

    def readings(self, weights: ReaderWeights, *, without_gold: bool) -> list[Reading]:
        reader = Reader(self.snapshot, weights)
        return [
            reader.read(
                q,
                self.vectors[key][1],
                self.hits(q, self.vectors[key], self.gold_passages(key) if without_gold else ()),
            )
            for key, q in self.questions.items()
        ]

    def everyday(self, weights: ReaderWeights, glossary: Glossary) -> list[Reading]:
        reader = Reader(self.snapshot, weights)
        found = []
        for line in OFF_TOPIC.read_text(encoding="utf-8").splitlines():
            question = understand(line, glossary)
            vectors = self.retriever.embed(question)
            found.append(reader.read(question, vectors[1], self.hits(question, vectors)))
        return found

    def foreign(self, other: Bench, weights: ReaderWeights) -> list[Reading]:
        reader = Reader(self.snapshot, weights)
        asked = list(other.questions.items())[:: 1 + len(other.questions) // FOREIGN]
        return [reader.read(q, other.vectors[k][1], self.hits(q, other.vectors[k])) for k, q in asked]


class OwnBench(Bench):
    """The regression questions on the starter corpus."""

    def __init__(self, embedder: Embedder, cache: Path, glossary: Glossary) -> None:
        self.name = OWN
        index = cache / "evaluation" / OWN
        build(read_catalogue(ROOT / "corpus"), index, embedder, standard_stages())
        self.snapshot = open_current(index, embedder.description)
        self.retriever = Retriever(self.snapshot, embedder)
        lines = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
        self.lines = {line["id"]: line for line in lines}
        roles: dict[str, Role] = {"gebruiker": "user", "assistent": "assistant"}
        self.questions = {
            key: understand(line["question"], glossary, [Turn(roles[t["rol"]], t["tekst"]) for t in line["history"]])
            for key, line in self.lines.items()
        }
        self.vectors = {key: self.retriever.embed(q) for key, q in self.questions.items()}

    def _holds(self, key: str, document: str, text: str) -> bool:
        plain = " ".join(text.split())
        return any(a["document"] == document and a["text"] in plain for a in self.lines[key]["anchors"])

    def examples(self) -> list[Example]:
        reader = Reader(self.snapshot, ZERO)
        found = []
        for key, line in self.lines.items():
            if line["answerable"]:
                question, vector = self.questions[key], self.vectors[key]
                features, sentences = reader.features(question, vector[1], self.hits(question, vector)[:PASSAGES_READ])
                gold = [
                    self._holds(key, p.document.id, p.chunk.text[s.begin - p.chunk.begin : s.end - p.chunk.begin])
                    for p, s in sentences
                ]
                found.append(Example(features.astype(np.float64), np.array(gold, dtype=bool)))
        return found

    def readings(
        self, weights: ReaderWeights, *, without_gold: bool = False, near_misses: bool = False
    ) -> list[Reading]:
        reader = Reader(self.snapshot, weights)
        found = []
        for key, line in self.lines.items():
            if line["answerable"] or (near_misses and line["type"] == "unanswerable_near_miss"):
                if near_misses and line["answerable"]:
                    continue
                left_out = self._gold_chunks(key) if without_gold else set()
                question, vector = self.questions[key], self.vectors[key]
                hits = self.retriever.search_vector(question, vector[0], CANDIDATES, excluded=left_out)
                found.append(reader.read(question, vector[1], hits))
        return found

    def _gold_chunks(self, key: str) -> set[int]:
        store = self.snapshot.store
        return {
            chunk_id
            for document in store.documents()
            for chunk_id, chunk in zip(store.chunk_ids(document.id), store.chunks_of(document.id), strict=True)
            if self._holds(key, document.id, chunk.text)
        }


def _example(
    reader: Reader, question: Question, vectors: Vectors, hits: Sequence[Hit], spans: Sequence[GoldSpan]
) -> Example:
    features, sentences = reader.features(question, vectors[1], hits[:PASSAGES_READ])
    gold = [
        any(
            passage.document.id == span.document_id and sentence.begin < span.end and sentence.end > span.begin
            for span in spans
        )
        for passage, sentence in sentences
    ]
    return Example(features.astype(np.float64), np.array(gold, dtype=bool))


def fit_sentences(examples: Sequence[Example], shares: Sequence[float]) -> Matrix:
    """Weights that make a gold sentence the most probable; gradient ascent on standardised features."""
    stacked = np.concatenate([example.features for example in examples])
    mean, spread = stacked.mean(0), stacked.std(0) + 1e-6
    usable = [(e, share) for e, share in zip(examples, shares, strict=True) if e.gold.any()]
    total = sum(share for _, share in usable)
    longest = max(len(e.gold) for e, _ in usable)
    features = np.zeros((len(usable), longest, len(FEATURES)))
    present = np.zeros((len(usable), longest), dtype=bool)
    gold = np.zeros((len(usable), longest), dtype=bool)
    for row, (example, _) in enumerate(usable):
        size = len(example.gold)
        features[row, :size] = (example.features - mean) / spread
        present[row, :size] = True
        gold[row, :size] = example.gold
    share = np.array([s / total for _, s in usable])

    def gradient(weights: Matrix) -> Matrix:
        scores = np.where(present, features @ weights, -1e9)
        scores -= scores.max(1, keepdims=True)
        odds = np.exp(scores)
        model = odds / odds.sum(1, keepdims=True)
        wanted = odds * gold
        wanted /= wanted.sum(1, keepdims=True)
        slope: Matrix = -np.einsum("q,qs,qsf->f", share, wanted - model, features) + 2 * RIDGE * weights
        return slope

    fitted: Matrix = _descend(gradient, FEATURES) / spread
    return fitted


def fit_logistic(rows: Matrix, labels: Matrix, shares: Matrix, names: Sequence[str]) -> tuple[Matrix, float]:
    """Weights and bias of a logistic regression on the named columns."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    scaled = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])

    def gradient(weights: Matrix) -> Matrix:
        predicted = 1 / (1 + np.exp(-scaled @ weights))
        slope: Matrix = scaled.T @ (shares * (predicted - labels)) / shares.sum()
        slope[:-1] += 2 * RIDGE * weights[:-1]
        return slope

    fitted = _descend(gradient, (*names, "bias"))
    weights = fitted[:-1] / spread
    return weights, float(fitted[-1] - weights @ mean)


# What can only speak for an answer, or only against it: keeps the fit from reading noise into small sets.
FOR = {
    "gram_cover", "near_cover", "passage_cover", "passage_score", "passage_gap", "passage_rank", "early", "meaning",
    "whole_score", "whole_early", "word_share", "meaning_share",
    "has_number", "has_date", "has_person", "defines", "yes_no", "list_item_asked",
    "closeness", "sentence_closeness", "document_gap", "lexical_share", "certainty", "score",
    "english",  # makes up for the words that an English question cannot share with the passages
}  # fmt: skip
AGAINST = {
    "short", "is_question", "introduces", "meta", "says_unknown", "no_number", "no_date", "no_person",
    "missing_words", "missing_rarest", "wrong_kind", "missing_focus", "no_percentage", "missing_name", "missing_number",
    "unknown_words",
}  # fmt: skip

# The few English questions of the sets are nearly all answerable; more would let any English question through.
MOST = {"english": 0.04}  # on the standardised feature


def _signs(names: Sequence[str]) -> tuple[Matrix, Matrix]:
    """The lowest and highest value that each weight may take."""
    lowest = np.array([0.0 if name in FOR else -np.inf for name in names])
    highest = np.array([0.0 if name in AGAINST else MOST.get(name, np.inf) for name in names])
    return lowest, highest


def _descend(gradient: Any, names: Sequence[str], steps: int = 800, rate: float = 0.1) -> Matrix:
    """Adam (Kingma and Ba, 2015) with a falling rate; the problems are convex and small."""
    lowest, highest = _signs(names)
    weights, first, second = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, steps + 1):
        slope = gradient(weights)
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        pace = rate * (1 - step / steps)
        weights -= pace * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
        weights = np.clip(weights, lowest, highest)
    return weights


def cross_validated(examples: Mapping[str, list[Example]]) -> dict[str, list[float]]:
    """Share of questions with a gold sentence among the first one, two, three, on questions not fitted on."""
    random = np.random.default_rng(0)
    folds = {name: random.permutation(len(found)) % FOLDS for name, found in examples.items()}
    hits: dict[str, list[list[bool]]] = {name: [] for name in examples}
    for fold in range(FOLDS):
        train = {n: [e for e, f in zip(found, folds[n], strict=True) if f != fold] for n, found in examples.items()}
        weights = fit_sentences(*_with_shares(train))
        for name, found in examples.items():
            for example, its_fold in zip(found, folds[name], strict=True):
                if its_fold == fold:
                    order = np.argsort(-(example.features @ weights), kind="stable")
                    hits[name].append([bool(example.gold[order[:k]].any()) for k in (1, 2, 3)])
    return {name: np.mean(found, axis=0).round(4).tolist() for name, found in hits.items()}


def _with_shares(examples: Mapping[str, list[Example]]) -> tuple[list[Example], list[float]]:
    flat = [(example, READING[name] / len(found)) for name, found in examples.items() for example in found]
    return [example for example, _ in flat], [share for _, share in flat]


def _quantiles(values: Matrix, shares: Sequence[float]) -> str:
    return ", ".join(f"{np.quantile(values, share):.3f} at {share:.0%}" for share in shares)


@dataclass(frozen=True)
class Evidence:
    """The evidence of one set's readings, one row a question, the columns as CONFIDENCE_FEATURES."""

    answerable: Matrix
    left_out: Matrix  # the same questions without their gold passages
    near_misses: Matrix  # questions of the field that the documents do not answer; only our own set has them
    foreign: Mapping[str, Matrix]  # questions of each other set
    everyday: Matrix  # empty where the documents do answer some of them


def _gather(name: str, benches: Mapping[str, Bench], weights: ReaderWeights, glossary: Glossary) -> Evidence:
    bench = benches[name]
    near = bench.readings(weights, near_misses=True) if isinstance(bench, OwnBench) else []
    return Evidence(
        _rows(bench.readings(weights, without_gold=False)),
        _rows(bench.readings(weights, without_gold=True)),
        _rows(near),
        {other: _rows(bench.foreign(benches[other], weights)) for other in benches if other != name},
        # The citizens' pages of rijksoverheid do answer some everyday questions.
        _rows([] if name == "rijksoverheid" else bench.everyday(weights, glossary)),
    )


def _rows(readings: Sequence[Reading]) -> Matrix:
    rows = [[reading.evidence[name] for name in CONFIDENCE_FEATURES] for reading in readings]
    return np.array(rows, dtype=np.float64).reshape(-1, len(CONFIDENCE_FEATURES))


def fit_field(chosen: Mapping[str, Evidence]) -> Chance:
    """What tells questions about the documents' own subjects from questions of other sets and everyday ones."""
    parts = []
    for found in chosen.values():
        other = np.concatenate([*(found.foreign[name] for name in chosen if name in found.foreign), found.everyday])
        field = np.concatenate([found.answerable, found.left_out, found.near_misses])
        parts += [(field, 1.0, 1.0), (other, 0.0, 1.0)]
    return _fit(parts, FIELD_FEATURES)


def fit_answered(chosen: Mapping[str, Evidence]) -> Chance:
    """What tells questions with their gold passages from the same questions without, and from near misses."""
    parts = []
    for name, found in chosen.items():
        weight = OWN_WEIGHT if name == OWN else 1.0
        parts += [(found.answerable, 1.0, weight), (found.left_out, 0.0, weight)]
        if len(found.near_misses):
            parts += [(found.near_misses, 0.0, NEAR_MISS_SHARE), (found.answerable, 1.0, NEAR_MISS_SHARE)]
    return _fit(parts, CONFIDENCE_FEATURES)


def _fit(parts: Sequence[tuple[Matrix, float, float]], names: Sequence[str]) -> Chance:
    columns = [CONFIDENCE_FEATURES.index(name) for name in names]
    rows = np.concatenate([part[:, columns] for part, _, _ in parts])
    labels = np.concatenate([np.full(len(part), label) for part, label, _ in parts])
    shares = np.concatenate([np.full(len(part), share / len(part)) for part, _, share in parts])
    weights, bias = fit_logistic(rows, labels, shares, names)
    return Chance(dict(zip(names, weights.round(4).tolist(), strict=True)), round(bias, 4))


def _confidences(rows: Matrix, field: Chance, answered: Chance) -> Matrix:
    found = [dict(zip(CONFIDENCE_FEATURES, row.tolist(), strict=True)) for row in rows]
    return np.array([field.of(evidence) * answered.of(evidence) for evidence in found])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    settings = load_settings()
    embedder = open_embedder("bundled", settings.cache)
    glossary = Glossary.packaged()
    benches = {name: Bench(name, embedder, settings.cache, glossary) for name in REFUSING if name != OWN}
    benches[OWN] = OwnBench(embedder, settings.cache, glossary)
    examples = {name: benches[name].examples() for name in READING}
    print("gold sentence among the first 1, 2, 3 (5-fold):", cross_validated(examples))
    sentence = fit_sentences(*_with_shares(examples))
    weights = replace(ZERO, sentence=sentence.astype(np.float32))

    evidence = {name: _gather(name, benches, weights, glossary) for name in benches}
    for held_out, its_evidence in evidence.items():
        others = {name: found for name, found in evidence.items() if name != held_out}
        _report(f"{held_out} held out", its_evidence, fit_field(others), fit_answered(others))
    field, answered = fit_field(evidence), fit_answered(evidence)
    for name, found in evidence.items():
        _report(f"{name} fitted", found, field, answered)
    result = {
        "sentence": dict(zip(FEATURES, sentence.round(4).tolist(), strict=True)),
        "field": {**field.weights, "bias": field.bias},
        "answered": {**answered.weights, "bias": answered.bias},
        "thresholds": {
            "partial_from": PARTIAL_FROM,
            "doubtful_from": DOUBTFUL_FROM,
            "complete_from": COMPLETE_FROM,
        },
    }
    print(json.dumps(result, indent=2))
    if options.write:
        WEIGHTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _report(title: str, found: Evidence, field: Chance, answered: Chance) -> None:
    kept, gone = (_confidences(rows, field, answered) for rows in (found.answerable, found.left_out))
    foreign = _confidences(np.concatenate(list(found.foreign.values())), field, answered)
    threshold = np.quantile(kept, 1 - ANSWERED)
    area = float((kept[:, None] > gone[None]).mean())
    print(
        f"{title}: AUC {area:.3f}; with 90 % answered, refused of left out {float((gone < threshold).mean()):.3f}, "
        f"off-topic {float((foreign < threshold).mean()):.3f}"
    )
    print("    answerable:", _quantiles(kept, (0.02, 0.05, 0.1, 0.25, 0.5)))
    print("    left out:", _quantiles(gone, (0.5, 0.7, 0.8, 0.9)))
    print("    other sets:", _quantiles(foreign, (0.9, 0.95, 1.0)))
    for name, rows in (("near misses", found.near_misses), ("everyday", found.everyday)):
        if len(rows):
            print(f"    {name}:", _quantiles(_confidences(rows, field, answered), (0.5, 0.7, 0.9, 1.0)))


if __name__ == "__main__":
    main()
