"""The vector index at 10,000, 100,000 and 1,000,000 chunks, beside comparing everything (faiss) in the same run.

    python -m benchmarks.scaling [--sizes 10000 100000 1000000] [--kinds] [--out figures.json]
    python -m benchmarks.scaling --plot figures.json docs/scaling.svg

Questions are those of ../shared/eval; vectors are of the policy rules (embed them first: benchmarks.policy_vectors)
and around them. The search and its reference take turns, one thread each. --kinds adds other faiss indexes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import Vector, open_embedder
from assistant.settings import load_settings
from assistant.vector_index import VectorIndex, large_folder
from assistant.vector_index_writer import VectorIndexWriter
from benchmarks.policy_vectors import policy_vectors
from benchmarks.scaling_plot import plot
from benchmarks.shared import SHARED, or_skip
from benchmarks.synthetic_vectors import SyntheticVectors, expected_likeness, likeness

EVAL = SHARED / "eval"
SPREAD = 0.8  # with which neighbours are as near as they would be; see docs/scaling.md
BUDGET_RECALL, BUDGET_MS, BUDGET_MB = 0.95, 20, 1000
_PART = 50_000
_TURNS = 5  # the reference has its turn at one question in so many
# Kinds of faiss index beside ours, with the share of lists to look at (of a graph: how far), and the candidates that
# are then compared exactly.
KINDS = (
    ("HNSW32,SQ8", (64, 256), 100),
    ("IVF{lists},SQ8", (0.0625, 0.25), 100),
    ("IVF{lists},PQ192x4fs", (0.25, 0.5), 400),
    ("IVF{lists},RaBitQfs", (0.25, 0.5), 800),
    ("IVF{lists},RaBitQ2", (0.0625, 0.125, 0.25, 0.5), 400),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=230)
    parser.add_argument("--kinds", nargs="*", default=[], help="names of other faiss indexes, or: all")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plot", type=Path, nargs=2)
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plot:
        figures, picture = options.plot
        picture.write_text(plot(json.loads(figures.read_text(encoding="utf-8"))), encoding="utf-8")
    elif options.open:
        print(json.dumps(_memory_of_searching(options.open)))
    else:
        or_skip(EVAL)
        rows = [_measured(size, options.questions, options.kinds) for size in options.sizes]
        if options.out:
            options.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _measured(size: int, questions: int, kinds: Sequence[str]) -> dict[str, Any]:
    real = policy_vectors(load_settings())
    if not len(real):
        sys.exit("no vectors yet: python -m benchmarks.policy_vectors")
    vectors = np.concatenate(list(SyntheticVectors(real).blocks(size, SPREAD)))
    queries = question_vectors(questions)
    row: dict[str, Any] = {"chunks": size, "real": min(size, len(real)), "questions": len(queries)}
    row["likeness"] = vars(likeness(vectors, 150)) | {"expected": vars(expected_likeness(real, size))}
    print(f"\n{size} chunks, {row['real']} of them real; {row['likeness']}", flush=True)
    exact = _Exact(vectors, queries)
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-benchmark-") as name:
        row |= _ours(Path(name), vectors, queries, exact)
    print(json.dumps({key: value for key, value in row.items() if key != "likeness"}), flush=True)
    chosen = [kind for kind in KINDS if "all" in kinds or kind[0] in kinds]
    row["kinds"] = [each for kind in chosen for each in _other(kind, vectors, queries, exact)]
    return row


class _Exact:
    """The reference: faiss comparing every vector, with one thread."""

    def __init__(self, vectors: Vector, queries: Vector) -> None:
        import faiss

        self.vectors = vectors
        self._index: Any = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)
        self._best: Vector = self._index.search(queries, 100)[0]

    def search(self, query: Vector) -> None:
        self._index.search(query[None], 100)

    def recall(self, number: int, query: Vector, found: NDArray[np.int64], limit: int) -> float:
        """Of what was found for a question, the share that is as near as the nearest `limit`; ties are all right."""
        cosines = self.vectors[found[:limit]] @ query
        return float(np.sum(cosines >= self._best[number, limit - 1] - 1e-6)) / limit


def _ours(folder: Path, vectors: Vector, queries: Vector, exact: _Exact) -> dict[str, Any]:
    path = folder / "a" / "vectors.faiss"
    path.parent.mkdir()
    wall, cpu = time.perf_counter(), time.process_time()
    writer = VectorIndexWriter(path, vectors.shape[1])
    for begin in range(0, len(vectors), 2048):  # as a build does
        writer.add(np.arange(begin, min(begin + 2048, len(vectors))), vectors[begin : begin + 2048])
    writer.finish()
    row: dict[str, Any] = {"build s": time.perf_counter() - wall, "build processor s": time.process_time() - cpu}
    row["disk MB"] = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    near = large_folder(path) / "near.faiss"
    row["approximations MB"] = near.stat().st_size / 1e6 if near.exists() else 0.0
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.scaling", "--open", str(path)], check=True, capture_output=True, text=True
    )
    row |= json.loads(child.stdout)
    index = VectorIndex.load(path)
    row["kind"] = f"IVF{index.large.near.lists},RaBitQ2" if index.large else "Flat"
    row |= _compared(lambda query, limit: index.search(query, limit)[0], queries, exact)
    row |= _filters(index, len(vectors), queries)
    started = time.perf_counter()
    (folder / "b").mkdir()
    writer = VectorIndexWriter(folder / "b" / path.name, vectors.shape[1], index)
    writer.remove(np.arange(5, 25))
    writer.add(np.arange(len(vectors), len(vectors) + 20), vectors[5:25])
    writer.finish()
    os.sync()
    row["replace 20 chunks s"] = time.perf_counter() - started
    return row


def _compared(search: Callable[[Vector, int], NDArray[np.int64]], queries: Vector, exact: _Exact) -> dict[str, float]:
    """Recall, and milliseconds beside those of the reference."""
    import faiss

    tens, hundreds = [], []
    clock: dict[str, list[float]] = {"ms": [], "processor ms": [], "exact ms": [], "exact processor ms": []}
    faiss.omp_set_num_threads(1)
    for number, query in enumerate(queries):
        wall, cpu = time.perf_counter(), time.thread_time()
        found = search(query, 100)
        clock["ms"].append(time.perf_counter() - wall)
        clock["processor ms"].append(time.thread_time() - cpu)
        tens.append(exact.recall(number, query, found, 10))
        hundreds.append(exact.recall(number, query, found, 100))
        if number % _TURNS == 0:
            wall, cpu = time.perf_counter(), time.thread_time()
            exact.search(query)
            clock["exact ms"].append(time.perf_counter() - wall)
            clock["exact processor ms"].append(time.thread_time() - cpu)
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    row = {"recall@10": float(np.mean(tens)), "worst tenth": float(np.percentile(tens, 10))}
    row["recall@100"] = float(np.mean(hundreds))
    for name, seconds in clock.items():
        row[f"{name} p50"], row[f"{name} p95"] = (float(value) * 1000 for value in np.percentile(seconds, (50, 95)))
    row["exact / ours"] = row["exact processor ms p50"] / row["processor ms p50"]
    return row


def _filters(index: VectorIndex, size: int, queries: Vector) -> dict[str, float]:
    row = {}
    for name, step in (("half", 2), ("tenth", 10), ("thousandth", 1000)):
        allowed, spent = np.arange(0, size, step), []
        for query in queries[:50]:
            cpu = time.thread_time()
            index.search(query, 100, allowed)
            spent.append(time.thread_time() - cpu)
        row[f"{name} processor ms p95"] = float(np.percentile(spent, 95)) * 1000
    return row


def _other(
    kind: tuple[str, Sequence[float], int], vectors: Vector, queries: Vector, exact: _Exact
) -> list[dict[str, Any]]:
    import faiss

    from assistant.faiss_vectors import lists_for

    name, shares, candidates = kind
    lists = lists_for(len(vectors))
    index: Any = faiss.index_factory(vectors.shape[1], name.format(lists=lists), faiss.METRIC_INNER_PRODUCT)
    chosen = np.random.default_rng(0).choice(len(vectors), min(len(vectors), 64 * lists), replace=False)
    cpu = time.process_time()
    index.train(vectors[np.sort(chosen)])
    trained = time.process_time() - cpu
    for begin in range(0, len(vectors), _PART):
        index.add(vectors[begin : begin + _PART])
    added = time.process_time() - cpu - trained
    with tempfile.NamedTemporaryFile(prefix="beleidswijzer-benchmark-") as file:
        faiss.write_index(index, file.name)
        size = Path(file.name).stat().st_size / 1e6
    rows: list[dict[str, Any]] = []
    for share in shares:
        probes = max(1, round(share * lists)) if "IVF" in name else int(share)
        parameters = _parameters(name, probes)

        def search(query: Vector, limit: int, parameters: Any = parameters) -> NDArray[np.int64]:
            ids = index.search(query[None], candidates, params=parameters)[1][0]
            ids = np.sort(ids[ids >= 0])
            best: NDArray[np.int64] = ids[np.argsort(-(vectors[ids] @ query))[:limit]]
            return best

        row = {"kind": name.format(lists=lists), "probes": probes, "candidates": candidates, "MB": size}
        row |= {"train processor s": trained, "add processor s": added} | _compared(search, queries, exact)
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def _parameters(name: str, probes: int) -> Any:
    import faiss

    if "HNSW" in name:
        return faiss.SearchParametersHNSW(efSearch=probes)  # type: ignore[attr-defined]  # faiss's stubs lack it
    kind = faiss.IVFRaBitQSearchParameters if "RaBitQ" in name else faiss.SearchParametersIVF
    return kind(nprobe=probes)  # type: ignore[call-arg]  # as above


def _memory_of_searching(path: Path) -> dict[str, float]:
    """Megabytes that an index takes in a process that does nothing else, and how long it takes to open."""
    VectorIndexWriter(path.with_name("none"), 384)  # faiss itself is not counted
    queries, before = question_vectors(230), _resident()
    started = time.perf_counter()
    index = VectorIndex.load(path)
    opening, opened = time.perf_counter() - started, _resident()
    for query in queries:
        index.search(query, 100)
    after = _resident()
    own, mapped = ([each[kind] - before[kind] for each in (opened, after)] for kind in (0, 1))
    return {"open s": opening, "own MB": own[1], "mapped MB": mapped[1], "own MB at first": own[0]}


def _resident() -> tuple[float, float]:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    values = dict(line.split(":", 1) for line in lines if line.startswith("Rss"))
    own, mapped = (int(values[key].split()[0]) * 1024 / 1e6 for key in ("RssAnon", "RssFile"))
    return own, mapped


def question_vectors(count: int) -> Vector:
    """Questions of citizens, advisers and app users; embedded once, then kept in the cache folder."""
    settings = load_settings()
    kept = settings.cache / "benchmarks" / "question-vectors.npy"
    if not kept.exists():
        texts = [
            json.loads(line)["text"]
            for name in ("rijksoverheid", "corona_faq")
            for line in (EVAL / name / "queries.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        lines = (EVAL / "seed_questions.jsonl").read_text(encoding="utf-8").splitlines()
        texts += [json.loads(line)["question"] for line in lines]
        embedder = open_embedder("bundled", settings.cache, settings.threads, print)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.stack([embedder.embed_query(text) for text in texts]))
    vectors: Vector = np.load(kept, allow_pickle=False)[:count]
    return vectors


if __name__ == "__main__":
    main()
