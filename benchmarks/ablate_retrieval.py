"""What each choice in the search is worth: nDCG@10 of the hybrid search with one choice changed at a time.

    .venv-dev/bin/python -m benchmarks.ablate_retrieval

Prints the Markdown table that stands in docs/evaluation.md, in Dutch. Everything that is not varied is the product's
own; the first row must come out as the product's retriever does, or the script stops.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from assistant.catalogue import read_catalogue
from assistant.embedding_cache import EmbeddingCache
from assistant.embeddings import Embedder, PassageText, Vector, open_embedder
from assistant.evaluation.beir import read_question_set
from assistant.evaluation.judging import squeezed
from assistant.evaluation.metrics import Judgements, ndcg, ranking
from assistant.evaluation.passage_index import build_passage_index
from assistant.evaluation.questions import read_question_file
from assistant.evaluation.resampling import permutation_test
from assistant.glossary import Glossary
from assistant.ingest import build, standard_stages
from assistant.lexical_index import LexicalIndex, LexicalWriter
from assistant.question import Question, understand
from assistant.retriever import STATUS_PENALTY, Retriever
from assistant.settings import load_settings
from assistant.snapshot import Snapshot, open_current
from assistant.types import Turn
from benchmarks.retrieval_choices import CHOICES, PRODUCT, Choice, Scores, all_fields
from benchmarks.shared import SHARED, or_skip

ROOT = Path(__file__).parents[1]
EVAL = SHARED / "eval"
SETS = ("rijksoverheid", "corona_faq", "xquad_nl")
OWN = "eigen corpus"
OWN_QUESTIONS = ROOT / "tests" / "data" / "regression_questions.jsonl"
DEPTH = 10
CANDIDATES = 150  # as `eval retrieval` asks for
SURE = 0.05


class Bench:
    """A question set in an index, with the passages analysed in every way."""

    def __init__(
        self,
        snapshot: Snapshot,
        embedder: Embedder,
        questions: Mapping[str, tuple[str, tuple[Turn, ...]]],
        judgements: Judgements,
        passages: Mapping[int, str],  # chunk id → the id that the judgements use
        cache: Path,
    ) -> None:
        self.retriever = Retriever(snapshot, embedder)
        self._snapshot = snapshot
        self._questions = questions
        self._judgements = judgements
        self._passages = passages
        self._ids = np.array(sorted(passages), dtype=np.int64)
        chunks = snapshot.store.chunks(self._ids)
        documents = [snapshot.store.document_of(int(chunk_id)) for chunk_id in self._ids]
        self._penalties = np.array([STATUS_PENALTY[document.status] for document in documents])
        with closing(EmbeddingCache(cache / "without-titles.sqlite", embedder)) as known:
            found = known.embed([PassageText(chunk.text, ()) for chunk in chunks])
        self._untitled = np.array([vectors.passage for vectors in found])
        with tempfile.TemporaryDirectory() as folder:
            fields = [all_fields(chunk, document) for chunk, document in zip(chunks, documents, strict=True)]
            writer = LexicalWriter.create(Path(folder) / "lexical", tuple(fields[0]))
            for chunk_id, chunk, tokens in zip(self._ids, chunks, fields, strict=True):
                writer.add(int(chunk_id), chunk.document_id, tokens)
            writer.commit()
            self._lexical = LexicalIndex.open(Path(folder) / "lexical")
            self._measured = self._measure()

    def scores(self, choice: Choice) -> Scores:
        """nDCG@10 of every question."""
        return np.array([found[choice.name] for found in self._measured])

    def product_scores(self) -> Scores:
        """The same from the product's retriever itself."""
        glossary = Glossary.packaged()
        found = []
        for key, (text, history) in self._questions.items():
            hits = self.retriever.search(understand(text, glossary, history), CANDIDATES)
            found.append(self._ndcg(key, [(hit.chunk_id, hit.score) for hit in hits]))
        return np.array(found)

    def _measure(self) -> list[dict[str, float]]:
        packaged, empty = Glossary.packaged(), Glossary([])
        measured = []
        for key, (text, history) in self._questions.items():
            asked = {True: understand(text, packaged, history), False: understand(text, empty, history)}
            vectors = {True: self.retriever.embed(asked[True])[0]}
            same = (asked[True].search_text, asked[True].core_text) == (
                asked[False].search_text,
                asked[False].core_text,
            )
            vectors[False] = vectors[True] if same else self.retriever.embed(asked[False])[0]
            measured.append(
                {
                    each.name: self._score(key, each, asked[each.has_glossary], vectors[each.has_glossary])
                    for each in CHOICES
                }
            )
        return measured

    def _score(self, key: str, choice: Choice, question: Question, vector: Vector) -> float:
        if choice.has_titles:
            cosines = self._snapshot.vectors.similarities(vector, self._ids).astype(np.float64)
        else:
            cosines = (self._untitled @ vector).astype(np.float64)
        matches = np.zeros(len(self._ids))
        for chunk_id, score in self._lexical.search(choice.terms(question), CANDIDATES):
            matches[np.searchsorted(self._ids, chunk_id)] = score
        near = np.zeros(len(self._ids), dtype=bool)
        near[np.argsort(-cosines, kind="stable")[:CANDIDATES]] = True
        candidates = np.flatnonzero(near | (matches > 0))
        fused = choice.fuse(cosines[candidates], matches[candidates])
        if choice.has_penalty:
            fused = fused - self._penalties[candidates]
        order = np.lexsort((candidates, -fused))[:CANDIDATES]
        ranked = [(int(self._ids[candidates[i]]), float(fused[i])) for i in order if np.isfinite(fused[i])]
        return self._ndcg(key, ranked)

    def _ndcg(self, key: str, ranked: Sequence[tuple[int, float]]) -> float:
        scores: dict[str, float] = {}
        for chunk_id, score in ranked:
            scores.setdefault(self._passages[chunk_id], score)
        return ndcg(ranking(scores), self._judgements[key], DEPTH)


def _open_set(name: str, embedder: Embedder, cache: Path) -> Bench:
    question_set = read_question_set(EVAL / name)
    index = build_passage_index(question_set.passages.values(), cache / name, embedder)
    snapshot = open_current(index, embedder.description)
    passage_ids = {passage.document_id: passage.id for passage in question_set.passages.values()}
    passages = {
        chunk_id: passage_ids[document.id]
        for document in snapshot.store.documents()
        for chunk_id in snapshot.store.chunk_ids(document.id)
    }
    questions = {key: (text, ()) for key, text in question_set.questions.items()}
    return Bench(snapshot, embedder, questions, question_set.judgements, passages, cache)


def _open_own(embedder: Embedder, cache: Path) -> Bench:
    """The regression questions on the starter corpus: a chunk with an anchor is relevant."""
    index = cache / "own"
    build(read_catalogue(ROOT / "corpus"), index, embedder, standard_stages())
    snapshot = open_current(index, embedder.description)
    asked = [question for question in read_question_file(OWN_QUESTIONS) if question.answerable]
    texts = {
        chunk_id: (document.id, squeezed(chunk.text))
        for document in snapshot.store.documents()
        for chunk_id, chunk in zip(
            snapshot.store.chunk_ids(document.id), snapshot.store.chunks_of(document.id), strict=True
        )
    }
    judgements = {
        question.id: {
            str(chunk_id): 1
            for chunk_id, (document, text) in texts.items()
            if any(squeezed(anchor.text) in text and anchor.document in (None, document) for anchor in question.anchors)
        }
        for question in asked
    }
    questions = {question.id: (question.text, question.history) for question in asked}
    return Bench(snapshot, embedder, questions, judgements, {chunk_id: str(chunk_id) for chunk_id in texts}, cache)


def main() -> None:
    """Measure every choice on every set and print the table."""
    or_skip(*(EVAL / name for name in SETS))
    settings = load_settings()
    embedder = open_embedder("bundled", settings.cache, settings.threads)
    cache = settings.cache / "evaluation"
    benches = {name: _open_set(name, embedder, cache) for name in SETS} | {OWN: _open_own(embedder, cache)}
    for name, bench in benches.items():
        if not np.allclose(bench.scores(PRODUCT), bench.product_scores()):
            sys.exit(f"{name}: the first row is not what the product does; bring this script up to date")
    _print_table(benches)


def _print_table(benches: Mapping[str, Bench]) -> None:
    print("| keuze |", *(f"{name} |" for name in benches), "gemiddeld | besluit |")
    print("|---|" + "---|" * (len(benches) + 2))
    for choice in CHOICES:
        found = {name: bench.scores(choice) for name, bench in benches.items()}
        cells = [_cell(found[name], bench.scores(PRODUCT)) for name, bench in benches.items()]
        mean = _number(float(np.mean([scores.mean() for scores in found.values()])))
        print(f"| {choice.name} |", *(f"{cell} |" for cell in cells), f"{mean} | {choice.decision} |")


def _cell(scores: Scores, product: Scores) -> str:
    return _number(float(scores.mean())) + ("*" if permutation_test(scores - product) < SURE else "")


def _number(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


if __name__ == "__main__":
    main()
