"""A whole index of a million chunks, made of the one of 10,000 chunks of policy rules; how long a search in it takes.

    python -m benchmarks.large_index [--chunks 1000000] [--folder FOLDER] [--base INDEX]

Each copy of a document has its own id, vectors around the real ones, and words of which a part comes from other
documents; its chunks' text is the real text. The index stays in --folder, and is used again when it is there.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np

from assistant.chunk_store import CATALOGUE_FILE, PART_TABLES, read_only_uri
from assistant.chunk_store_writer import CATALOGUE_SCHEMA, PART_SCHEMA
from assistant.embeddings import Embedder, PassageVectors, Vector, open_embedder
from assistant.engine import LoadedDocument
from assistant.errors import IndexMissingError
from assistant.glossary import Glossary
from assistant.index_folder import building_folder, only_builder, publish
from assistant.ingest import standard_stages
from assistant.language import index_tokens
from assistant.lexical_index import LexicalWriter
from assistant.manifest import DocumentEntry, describe
from assistant.question import Question, understand
from assistant.retriever import Retriever, lexical_terms
from assistant.settings import load_settings
from assistant.snapshot import LEXICAL_FOLDER, STORE_FOLDER, VECTORS_FILE, Snapshot, open_current, rewritten, verify
from assistant.snapshot_writer import SnapshotWriter
from assistant.store_codec import encode_document
from assistant.types import Chunk, Document, Filters
from assistant.vector_index_writer import VectorIndexWriter
from benchmarks.policy_rules import CITIZEN_QUESTIONS, RULES, policy_questions, policy_rules
from benchmarks.shared import or_skip
from benchmarks.synthetic_vectors import SyntheticVectors

CHUNKS = 1_000_000
WARMING = 10  # questions that do not count
Made = TypeVar("Made")
SPREAD = 0.7  # see docs/scaling.md
_SWAPPED = 3  # one sentence in three has the words of another one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=CHUNKS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--base", type=Path, help="an index to multiply, in place of the one of policy rules")
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    or_skip(RULES, CITIZEN_QUESTIONS)
    base = open_current(options.base or policy_rules().index)
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-benchmark-") as name:
        index = options.folder or Path(name)
        try:
            open_current(index, hashed=lambda _: set())
        except IndexMissingError:
            multiply(base, index, options.chunks)
        measure(index, base, options.questions)


def multiply(base: Snapshot, index: Path, chunks: int) -> None:
    """Make the index: as many copies of the base as give that many chunks."""
    copies = -(-chunks // base.store.size)
    with only_builder(index), building_folder(index) as folder:
        for name, work in (("store", _write_store), ("words", _write_words), ("vectors", _write_vectors)):
            seconds = _timed(partial(work, base, folder, copies))
            print(f"{name} written in {seconds:.0f} s", flush=True)
        entries = [replace_entry(entry, copy) for copy in range(copies) for entry in base.manifest.documents]
        seconds = _timed(lambda: publish(index, folder, describe(folder, base.manifest.recipe, entries, ())))
        print(f"hashed and synced in {seconds:.0f} s", flush=True)


def replace_entry(entry: DocumentEntry, copy: int) -> DocumentEntry:
    return entry.model_copy(update={"id": _copied(entry.id, copy)})


def _copied(document_id: str, copy: int) -> str:
    return f"{document_id}-{copy}"


def _stride(base: Snapshot) -> int:
    """By how much chunk ids go up from one copy to the next."""
    return max(entry.chunk_ids.stop for entry in base.store.entries)


def _write_store(base: Snapshot, folder: Path, copies: int) -> None:
    """Copy rows in SQL: to write a million chunks through ChunkStoreWriter takes hours, for their traits alone."""
    store, part = folder / STORE_FOLDER, "part-000001.sqlite"
    store.mkdir()
    stride, numbers = _stride(base), max(entry.number for entry in base.store.entries) + 1
    connection = _create(store / part, PART_SCHEMA)
    for old in base.store.part_sizes:
        connection.execute("ATTACH DATABASE ? AS old", (read_only_uri(base.store.folder / old),))
        for copy in range(copies):
            for table, (key, *columns) in PART_TABLES.items():  # a copy has no checksums: they are of other ids
                sql = f"INSERT INTO {table} SELECT {key} + ?, {', '.join(columns)}, NULL FROM old.{table}"
                connection.execute(sql, (copy * (numbers if table == "sources" else stride),))
            connection.commit()
        connection.execute("DETACH DATABASE old")
    connection.close()
    catalogue = _create(store / CATALOGUE_FILE, CATALOGUE_SCHEMA)
    for copy in range(copies):
        for entry in base.store.entries:
            document = replace(entry.document, id=_copied(entry.document_id, copy))
            row = (entry.number + copy * numbers, document.id, encode_document(document), part)
            catalogue.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)",
                (*row, entry.first_chunk + copy * stride, entry.chunks),
            )
    catalogue.execute("INSERT INTO parts VALUES (?, ?)", (part, copies * base.store.size))
    catalogue.commit()
    catalogue.close()


def _create(path: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}", uri=True)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(schema)
    return connection


def _write_words(base: Snapshot, folder: Path, copies: int) -> None:
    writer = LexicalWriter.create(folder / LEXICAL_FOLDER, base.manifest.recipe.fields)
    chance, stride = random.Random(3), _stride(base)
    chunks = [
        (entry.first_chunk + chunk.ordinal, entry.document_id, _sentence_tokens(chunk, entry.document))
        for entry in base.store.entries
        for chunk in base.store.chunks_of(entry.document_id)
    ]
    everywhere = [sentence for _, _, sentences in chunks for sentence in sentences]
    for copy in range(copies):
        for chunk_id, document_id, sentences in chunks:
            said = [
                chance.choice(everywhere) if copy and chance.random() * _SWAPPED < 1 else each for each in sentences
            ]
            tokens = {field: [each[field] for each in said] for field in base.manifest.recipe.fields}
            writer.add(chunk_id + copy * stride, _copied(document_id, copy), tokens)
    writer.commit()


def _sentence_tokens(chunk: Chunk, document: Document) -> list[dict[str, str]]:
    """The tokens of each sentence, joined; the titles go with the first."""
    said = []
    for number, sentence in enumerate(chunk.sentences):
        text = chunk.text[sentence.begin - chunk.begin : sentence.end - chunk.begin]
        part = replace(chunk, text=text, heading_path=chunk.heading_path if number == 0 else ())
        tokens = index_tokens(part, document if number == 0 else replace(document, title=""))
        said.append({field: " ".join(words) for field, words in tokens.items()})
    return said


def _write_vectors(base: Snapshot, folder: Path, copies: int) -> None:
    writer = VectorIndexWriter(folder / VECTORS_FILE, base.vectors.dimension)
    ids, synthetic = base.vectors.ids, SyntheticVectors(_real_vectors(base))
    rows = np.arange(len(ids), dtype=np.int64)
    for copy in range(copies):
        writer.add(ids + copy * _stride(base), synthetic.around(rows, SPREAD if copy else 0.0, seed=copy))
    writer.finish()


def _real_vectors(base: Snapshot) -> Vector:
    return base.vectors.recent.vectors(base.vectors.ids)


@dataclass(frozen=True)
class Memory:
    """Megabytes of this process: its own, and of files mapped into it (shared, and given up when memory is short)."""

    own: float
    files: float

    @classmethod
    def now(cls) -> Memory:
        lines = Path("/proc/self/status").read_text().splitlines()
        values = dict(line.split(":", 1) for line in lines if line.startswith("Rss"))
        return cls(*(int(values[key].split()[0]) / 1024 for key in ("RssAnon", "RssFile")))

    def since(self, before: Memory) -> str:
        return f"{self.own - before.own:.0f} MB of its own and {self.files - before.files:.0f} MB of mapped files"


def measure(index: Path, base: Snapshot, count: int) -> None:
    """Prints what opening, searching, filtering and adding a document take."""
    before = Memory.now()
    cpu = time.process_time()
    opening, snapshot = _timed_result(lambda: open_current(index))
    cpu = time.process_time() - cpu
    print(f"{snapshot.store.size} chunks of {len(snapshot.store.entries)} documents, on disk:")
    for part in (VECTORS_FILE, "vectors", LEXICAL_FOLDER, STORE_FOLDER):
        size = sum(file.size for file in snapshot.manifest.files if file.path.partition("/")[0] == part)
        print(f"    {part:14} {size / 1e6:8.0f} MB")
    print(f"opened and checked in {opening:.2f} s (processor {cpu:.2f} s); {Memory.now().since(before)}")
    settings = load_settings()
    embedder = open_embedder("bundled", settings.cache, settings.threads)
    retriever_seconds, retriever = _timed_result(lambda: Retriever(snapshot, embedder))
    print(f"retriever made in {retriever_seconds:.2f} s")
    questions = [understand(each, Glossary.packaged()) for each in policy_questions(base, count + WARMING)]
    vectors = [embedder.embed_query(question.search_text) for question in questions]
    before = Memory.now()
    spent = _searches(snapshot, retriever, questions, vectors)
    for stage, seconds in spent.items():  # a busy machine lengthens the wall clock more than the processor time
        wall, cpu = np.array(seconds)[WARMING:].T * 1000
        print(f"    {stage:28} p50 {np.median(wall):7.2f}  p95 {np.percentile(wall, 95):7.2f} ms", end="")
        print(f"   (processor: p50 {np.median(cpu):7.2f}  p95 {np.percentile(cpu, 95):7.2f})")
    print(f"searching took {Memory.now().since(before)}")
    _measure_addition(index, snapshot, embedder)
    print(f"verify: {_timed(lambda: verify(index)):.1f} s")


def _searches(
    snapshot: Snapshot, retriever: Retriever, questions: Sequence[Question], vectors: Sequence[Vector]
) -> dict[str, list[tuple[float, float]]]:
    stages: dict[str, list[tuple[float, float]]] = {}

    def timed(stage: str, work: Callable[..., Made], *arguments: Any) -> Made:
        wall, cpu = time.perf_counter(), time.thread_time()
        found = work(*arguments)
        stages.setdefault(stage, []).append((time.perf_counter() - wall, time.thread_time() - cpu))
        return found

    documents = [entry.document_id for entry in snapshot.store.entries]
    for question, vector in zip(questions, vectors, strict=True):
        chance = random.Random(question.text)
        ids, _ = timed("vectors", snapshot.vectors.search, vector, 100)
        timed("words", snapshot.lexical.search, lexical_terms(question), 100)
        timed("cosines of 200 chunks", snapshot.vectors.similarities, vector, np.resize(ids, 200))
        hits = timed("the whole search", retriever.search_vector, question, vector, 100)
        best = [hit.chunk_id for hit in hits[:12]]
        timed("chunks of 12 hits", snapshot.store.chunks, best)
        timed("traits of 12 hits", snapshot.store.traits, best)
        timed("sentence vectors of 12 hits", snapshot.store.sentence_vectors, best)
        for name, share in (("half", 2), ("a tenth", 10), ("a thousandth", 1000)):
            chosen = frozenset(chance.sample(documents, len(documents) // share))
            allowed = timed(f"ids of {name}", snapshot.store.ids_of, chosen)
            timed(f"vectors in {name}", snapshot.vectors.search, vector, 100, allowed)
            timed(f"words in {name}", snapshot.lexical.search, lexical_terms(question), 100, chosen)
        timed("search with a filter", retriever.search_vector, question, vector, 100, Filters(statuses=("unknown",)))
    return stages


def _measure_addition(index: Path, snapshot: Snapshot, embedder: Embedder) -> None:
    """One document of twenty chunks, as a builder adds it."""
    del snapshot
    for number in range(3):
        document, loaded, tokens, vectors = _one_document(number, embedder)
        started, cpu = time.perf_counter(), time.process_time()
        with only_builder(index), building_folder(index) as folder:
            previous = open_current(index, hashed=rewritten)
            writer = SnapshotWriter(index, folder, previous.manifest.recipe, previous)
            writer.add(loaded, tokens, vectors)
            writer.publish()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(f"document {document.id} of {len(vectors)} chunks added in {seconds:.2f} s (processor {cpu:.2f} s)")


def _one_document(
    number: int, embedder: Embedder
) -> tuple[Document, LoadedDocument, list[dict[str, list[str]]], list[PassageVectors]]:
    stages = standard_stages()
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "nieuw.md"
        lines = json.dumps(number), *_paragraphs(number)
        file.write_text("# Nieuw\n\n" + "\n\n".join(lines), encoding="utf-8")
        document = Document(f"nieuw-{number}-{time.time_ns()}", "Nieuw", file)
        source = stages.load(file)
        chunks = stages.chunk(source, document)
        tokens = [dict(stages.index_tokens(chunk, document)) for chunk in chunks]
        vectors = embedder.embed_passages([stages.embedding_text(chunk, document) for chunk in chunks])
        return document, LoadedDocument(document, "0" * 64, source, chunks), tokens, vectors  # type: ignore[return-value]


def _paragraphs(number: int) -> Iterator[str]:
    chance = random.Random(number)
    words = "gemeente wijkteam veiligheid gezin zorg samenwerking regie plan jeugd wonen schulden inkomen".split()
    for _ in range(40):
        yield " ".join(chance.choices(words, k=70)).capitalize() + "."


def _timed(work: Callable[[], object]) -> float:
    return _timed_result(work)[0]


def _timed_result(work: Callable[[], Made]) -> tuple[float, Made]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


if __name__ == "__main__":
    main()
