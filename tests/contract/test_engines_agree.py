"""Both engines give the same answers, citations and scores: with the default model on real texts, and by chance."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_embedder import FakeEmbedder
from postgres_fixtures import ORGANISATION, postgres_server, postgres_template, postgres_url

from assistant.answering import Assistant
from assistant.catalogue import read_catalogue
from assistant.embeddings import Embedder, PassageText, PassageVectors, Vector
from assistant.engine import Index, Snapshot, WeightedTerm
from assistant.file_index import FileIndex
from assistant.glossary import Glossary
from assistant.ingest import Stages, build, standard_stages
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.index import PostgresIndex
from assistant.question import understand
from assistant.retriever import Mode, Retriever
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import Answer, Block, Chunk, Document, Filters, Page, Role, Sentence, Source, Turn

__all__ = ["postgres_server", "postgres_template", "postgres_url"]

ROOT = Path(__file__).parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"
TOLERANCE = 1e-4
ROLES: dict[str, Role] = {"gebruiker": "user", "assistent": "assistant"}
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (ROOT / "tests" / "data" / "regression_questions.jsonl").read_text(encoding="utf-8").splitlines()
]


@dataclass(frozen=True)
class Both:
    """The same documents in both engines."""

    files: Index
    postgres: Index

    @property
    def indexes(self) -> tuple[Index, Index]:
        return self.files, self.postgres


@pytest.fixture
def both(postgres_url: str, tmp_path: Path) -> Iterator[Both]:
    """Both engines, with nothing in them."""
    with closing(PostgresDatabase(postgres_url, ORGANISATION)) as database:
        # The vectors of a text differ a little (5e-4) with the texts that it is embedded with; the cache is shared, so
        # that both engines get the same.
        yield Both(FileIndex(tmp_path / "index"), PostgresIndex(database, tmp_path / "index"))


def starter_documents() -> list[Document]:
    """The starter corpus, and the source articles where they are at hand."""
    seeds = sorted(SEEDS.glob("*.txt")) if SEEDS.is_dir() else []
    return [
        *read_catalogue(ROOT / "corpus"),
        *(Document(f"artikel-{number}", f"Artikel {number}", file) for number, file in enumerate(seeds)),
    ]


def close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(1.0, abs(one))


def assert_same_answer(one: Answer, other: Answer) -> None:
    assert replace(one, confidence=0.0) == replace(other, confidence=0.0)  # text, claims, citations, warnings
    assert close(one.confidence, other.confidence)


def assert_same_hits(
    snapshots: Sequence[Snapshot], embedder: Embedder, question: str, mode: Mode, kept: Filters
) -> None:
    glossary, found = Glossary.packaged(), []
    for snapshot in snapshots:
        hits = Retriever(snapshot, embedder).search(understand(question, glossary), 50, kept, mode)
        pairs = zip(snapshot.store.chunks([hit.chunk_id for hit in hits]), hits, strict=True)
        found.append({(each.document_id, each.ordinal): (hit.score, hit.dense, hit.lexical) for each, hit in pairs})
    assert found[0].keys() == found[1].keys()
    for key, scores in found[0].items():
        assert all(map(close, scores, found[1][key])), (key, scores, found[1][key])


def test_answers_citations_and_scores_are_the_same(both: Both, embedder: Embedder) -> None:
    documents = starter_documents()
    for index in both.indexes:
        assert build(documents, index, embedder, standard_stages()).failures == ()
    assistants = [Assistant(SnapshotFollower(index, embedder.description), embedder) for index in both.indexes]

    for question in QUESTIONS:
        history = [Turn(ROLES[turn["rol"]], turn["tekst"]) for turn in question["history"]]
        one, other = (assistant.ask(question["question"], history) for assistant in assistants)
        assert_same_answer(one, other)

    snapshots = [index.open() for index in both.indexes]
    for question in QUESTIONS[::5]:
        for mode in ("dense", "lexical", "hybrid"):
            assert_same_hits(snapshots, embedder, question["question"], mode, Filters())
        for kept in (
            Filters(statuses=("in_force",)),
            Filters(documents=(documents[0].id, documents[-1].id)),
            Filters(published_from=date(2021, 1, 1)),
        ):
            assert_same_hits(snapshots, embedder, question["question"], "hybrid", kept)


def test_they_stay_the_same_through_changes(both: Both, embedder: Embedder, tmp_path: Path) -> None:
    """Files count words of documents that left until they tidy up, so that a fresh index of files is the measure."""
    documents = starter_documents()
    changed = tmp_path / "gewijzigd.md"
    changed.write_text("# Wijkteams\n\nEen wijkteam heeft in 2026 acht leden. Het team werkt aan veiligheid.\n")
    later = [*documents[2:], replace(documents[0], file=changed)]
    build(documents, both.postgres, embedder, standard_stages())
    build(documents[1:], both.postgres, embedder, standard_stages())
    build(later, both.postgres, embedder, standard_stages())
    build(later, both.files, embedder, standard_stages())

    assistants = [Assistant(SnapshotFollower(index, embedder.description), embedder) for index in both.indexes]
    snapshots = [index.open() for index in both.indexes]
    asked = ["Hoeveel leden heeft een wijkteam?", *(question["question"] for question in QUESTIONS[::4])]
    for question in asked:
        assert_same_answer(*(assistant.ask(question) for assistant in assistants))
        assert_same_hits(snapshots, embedder, question, "hybrid", Filters())
    assert assistants[1].ask(asked[0]).citations[0].quote.startswith("Een wijkteam heeft in 2026 acht leden.")

    both.postgres.rollback()
    build(documents[1:], both.files, embedder, standard_stages(), fresh=True)
    for question in asked:
        assert_same_answer(*(assistant.ask(question) for assistant in _anew(both, embedder)))


def _anew(both: Both, embedder: Embedder) -> list[Assistant]:
    return [Assistant(SnapshotFollower(index, embedder.description), embedder) for index in both.indexes]


def test_word_scores_are_the_same_in_a_larger_index(both: Both, tmp_path: Path) -> None:
    documents = chance_documents(tmp_path, 40)
    for index in both.indexes:
        build(documents, index, RandomEmbedder(), chance_stages())
    one, other = (index.open().lexical for index in both.indexes)
    chance = random.Random(5)

    for asked in range(60):
        tokens = {*chance.choices(VOCABULARY, k=8), *chance.choices(VOCABULARY, cum_weights=ZIPF, k=asked % 20)}
        terms = [WeightedTerm("exact", token, chance.choice((0.5, 1.0, 1.5))) for token in sorted(tokens)]
        terms += [WeightedTerm("title", "document"), WeightedTerm("title", str(asked))]
        kept = None if asked % 3 else [document.id for document in documents[asked % 20 : asked % 20 + 15]]
        mine, its = one.search(terms, 50, kept), other.search(terms, 50, kept)
        assert [score for _, score in mine] == pytest.approx([score for _, score in its], abs=TOLERANCE)
        certain = {chunk_id for chunk_id, score in mine if score > mine[-1][1] + TOLERANCE}
        assert certain <= {chunk_id - its_first(both) for chunk_id, _ in its}
        for term in terms:
            assert one.document_frequency(term.field, term.token) == other.document_frequency(term.field, term.token)


def its_first(both: Both) -> int:
    """How far the ids of chunks in PostgreSQL are ahead of those in files, after one build."""
    return both.postgres.open().store.entries[0].first_chunk - both.files.open().store.entries[0].first_chunk


def test_the_graph_finds_nearly_all_that_comparing_with_each_vector_finds(
    both: Both, postgres_url: str, tmp_path: Path
) -> None:
    embedder, documents = RandomEmbedder(), chance_documents(tmp_path, 40)
    with closing(PostgresDatabase(postgres_url, ORGANISATION)) as database:
        graphed = PostgresIndex(database, tmp_path / "scratch", graph_from=1_000)
        build(documents, graphed, embedder, chance_stages())
        build(documents[:-5], graphed, embedder, chance_stages())  # the graph has what is no longer in the snapshot
        build(documents[:-5], both.files, embedder, chance_stages())
        exact, near = both.files.open(), graphed.open()
        shift, found, kept = its_first(both), 0, near.store.ids_of([each.id for each in documents[:25]])

        for number in range(40):
            query = embedder.embed_query(str(number))
            ids, scores = near.vectors.search(query, 10)
            best, best_scores = exact.vectors.search(query, 10)
            found += len({int(each) - shift for each in ids} & set(best.tolist()))
            assert len(ids) == 10
            assert all(near.store.document_of(int(each)).id != "document-39" for each in ids)
            same = near.vectors.similarities(query, best + shift).tolist()
            assert same == pytest.approx(best_scores.tolist(), abs=1e-6)
            assert set(near.vectors.search(query, 10, kept)[0].tolist()) <= set(kept.tolist())
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)

    assert found >= 0.9 * 40 * 10


VOCABULARY = [f"woord{number}" for number in range(3_000)]
ZIPF = list(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))
CHUNKS = 30  # a document


def chance_documents(folder: Path, count: int) -> list[Document]:
    """Documents of random words, as rare as words are; of lines that differ much in length."""
    documents = []
    for number in range(count):
        chance = random.Random(number)
        lines = [
            " ".join(chance.choices(VOCABULARY, cum_weights=ZIPF, k=chance.choice((3, 20, 60, 200))))
            for _ in range(CHUNKS)
        ]
        file = folder / f"{number}.txt"
        file.write_text("\n".join(lines), encoding="utf-8")
        documents.append(Document(f"document-{number}", f"Document {number}", file))
    return documents


def chance_stages() -> Stages:
    return Stages(_load, _chunk, _embedding_text, _tokens, ("exact", "title"), "1", "1")


def _load(path: Path) -> Source:
    text, begin, blocks = path.read_text(encoding="utf-8"), 0, []
    for line in text.split("\n"):
        blocks.append(Block("paragraph", begin, begin + len(line)))
        begin += len(line) + 1
    return Source(text, tuple(blocks), (Page(None, 0, len(text)),))


def _chunk(source: Source, document: Document) -> list[Chunk]:
    return [
        Chunk(
            *(document.id, ordinal, (), None, block.begin, block.end, source.text[block.begin : block.end]),
            (Sentence(block.begin, block.end),),
        )
        for ordinal, block in enumerate(source.blocks)
    ]


def _embedding_text(chunk: Chunk, _: Document) -> PassageText:
    return PassageText(f"{chunk.document_id} {chunk.ordinal}", ((0, 8),))


def _tokens(chunk: Chunk, document: Document) -> dict[str, list[str]]:
    return {"exact": chunk.text.split(), "title": document.title.lower().split()}


class RandomEmbedder(FakeEmbedder):
    """A random unit vector a text, the same each time."""

    def embed_passages(self, passages: Sequence[PassageText], progress: Any = None) -> list[PassageVectors]:
        return [PassageVectors(self._vector(each.text), self._vector("zin")[None]) for each in passages]

    def _vector(self, text: str) -> Vector:
        vector = np.random.default_rng(list(text.encode())).standard_normal(64).astype(np.float32)
        unit: Vector = vector / np.linalg.norm(vector)
        return unit
