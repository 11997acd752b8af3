"""Speed of the bundled embedding model beside sentence-transformers (torch, 32-bit floats) on the same texts, in turns.

    python -m benchmarks.embeddings [TEXTS.jsonl] [--rounds 3] [--cache FOLDER]

TEXTS.jsonl has an object a line with "text" (and "title"). Other work on the machine slows both: look at the
ratio (target 3.5); by processor time it hardly depends on that other work.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from assistant.bundled_model import prepare_bundled_model, write_sentence_transformers_directory
from assistant.embeddings import PassageText
from assistant.openvino_embedder import BundledEmbedder
from assistant.sentences import split_sentences
from benchmarks.shared import SHARED, or_skip

Spent = dict[str, list[float]]

TEXTS = 300
COLD_START = """
import sys; from pathlib import Path; from assistant.embeddings import open_embedder
open_embedder("bundled", Path(sys.argv[1])).embed_query("Wat doet het wijkteam?")
"""


def main() -> None:
    """Prints the figures; the reference runs between our own rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="?", default=SHARED / "eval" / "rijksoverheid" / "corpus.jsonl")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=user_cache_path("beleidswijzer", appauthor=False))
    options = parser.parse_args()
    or_skip(options.texts)
    prepare_bundled_model(options.cache, print)
    print(f"cold start, one question in a new process: {cold_start(options.cache):.2f} s")
    compare(read_texts(options.texts), options.cache, options.rounds)


def compare(texts: list[str], cache: Path, rounds: int) -> None:
    """Indexing and questions, ours and theirs in turns."""
    from sentence_transformers import SentenceTransformer

    ours = BundledEmbedder(prepare_bundled_model(cache))
    theirs = SentenceTransformer(str(write_sentence_transformers_directory(cache, print)), device="cpu")
    passages = [PassageText(text, tuple(split_sentences(text, 0, len(text)))) for text in texts]
    bare = [PassageText(text, ()) for text in texts]
    ways: dict[str, Callable[[], object]] = {
        "bundled with sentences": lambda: ours.embed_passages(passages),
        "bundled, passages only": lambda: ours.embed_passages(bare),
        "sentence-transformers": lambda: theirs.encode_document(texts, batch_size=32, show_progress_bar=False),
    }
    seconds, processor = in_turns(ways, rounds)
    for name, spent in seconds.items():
        rates = sorted(len(texts) / one for one in spent)
        print(f"{name:24} {statistics.median(rates):6.1f} passages/s (lowest {rates[0]:.1f}, highest {rates[-1]:.1f})")
    for kind, spent_by in (("clock", seconds), ("processor", processor)):
        rounds_of = zip(spent_by["bundled with sentences"], spent_by["sentence-transformers"], strict=True)
        ratios = [theirs_spent / ours_spent for ours_spent, theirs_spent in rounds_of]
        print(f"ratio by {kind} time: median {statistics.median(ratios):.2f} of {[round(one, 2) for one in ratios]}")
    print_queries(ours, theirs)
    found = np.stack([one.passage for one in ours.embed_passages(bare[:100])])
    agreement = (found * theirs.encode_document(texts[:100], normalize_embeddings=True)).sum(axis=1)
    print(f"cosine with sentence-transformers: mean {agreement.mean():.5f}, lowest {agreement.min():.5f}")


def in_turns(ways: dict[str, Callable[[], object]], rounds: int) -> tuple[Spent, Spent]:
    """Seconds by the clock and on the processor of each way in each round, after one round that does not count."""
    seconds: Spent = {name: [] for name in ways}
    processor: Spent = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, run in ways.items():
            started, busy = time.perf_counter(), time.process_time()
            run()
            if number:
                seconds[name].append(time.perf_counter() - started)
                processor[name].append(time.process_time() - busy)
    return seconds, processor


def print_queries(ours: BundledEmbedder, theirs: object) -> None:
    """Milliseconds a question, each question new."""
    questions = [f"Wat doet de gemeente voor inwoners met hulpvraag nummer {number}?" for number in range(200)]
    ours.warm_up()
    encode = theirs.encode_query  # type: ignore[attr-defined]  # the type is imported on first use only
    for name, embed in (("bundled", ours.embed_query), ("sentence-transformers", encode)):
        spent = []
        for question in questions:
            started = time.perf_counter()
            embed(question)
            spent.append(1000 * (time.perf_counter() - started))
        print(f"question, {name:22} p50 {np.percentile(spent, 50):5.1f} ms, p95 {np.percentile(spent, 95):5.1f} ms")


def cold_start(cache: Path) -> float:
    """The lowest of three new processes that embed one question."""
    spent = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", COLD_START, str(cache)], check=True)
        spent.append(time.perf_counter() - started)
    return min(spent)


def read_texts(path: Path) -> list[str]:
    """The same random texts in the same random order each time."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    random.Random(1).shuffle(rows)
    return [f"{row.get('title', '')}\n{row['text']}".strip() for row in rows[:TEXTS]]


if __name__ == "__main__":
    main()
