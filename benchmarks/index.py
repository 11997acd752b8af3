"""What one more document costs in a large index, beside a plain copy of the same bytes; and what a word search costs.

Run: python -m benchmarks.index [--chunks 100000]
The texts and vectors are synthetic, of the sizes that real chunks have: 1,200 characters, 6 sentences, 384 dimensions.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path

import numpy as np

from assistant.embeddings import ModelDescription, PassageText, PassageVectors, Vector
from assistant.engine import WeightedTerm
from assistant.ingest import Stages, build
from assistant.lexical_index import LexicalIndex
from assistant.snapshot import open_current, verify
from assistant.types import Block, Chunk, Document, Page, Sentence, Source

CHUNKS_PER_DOCUMENT = 20
SENTENCES = 6
WORDS_PER_SENTENCE = 28  # about 200 characters
VOCABULARY = [f"{stem}{end}" for stem in map(str, range(10_000, 14_000)) for end in ("ing", "en", "heid", "lijk", "s")]
_WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))  # Zipf


class RandomEmbedder:
    """Random unit vectors: the cost of embedding itself is left out."""

    description = ModelDescription("random", 384, 512, "", "", "random-1")

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)

    def embed_query(self, text: str) -> Vector:
        vector: Vector = self._vectors(len([text]))[0]
        return vector

    def embed_passages(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        if progress:
            progress(len(passages))
        return [PassageVectors(self._vectors(1)[0], self._vectors(len(each.spans))) for each in passages]

    def _vectors(self, count: int) -> Vector:
        vectors = self._random.standard_normal((count, 384), np.float32)
        unit: Vector = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chunks", type=int, default=100_000)
    wanted = parser.parse_args().chunks
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-benchmark-") as name:
        folder = Path(name)
        documents = _corpus(folder / "corpus", wanted // CHUNKS_PER_DOCUMENT)
        seconds = _timed(lambda: build(documents, folder / "index", RandomEmbedder(), _stages()))
        size = open_current(folder / "index").manifest.bytes
        print(f"build of {wanted} chunks, {size / 1e6:.0f} MB, beyond embedding: {seconds:.1f} s")
        _measure_opening(folder / "index")
        _measure_addition(folder, documents)
        _measure_word_search(open_current(folder / "index").lexical)


def _measure_opening(index: Path) -> None:
    print(f"open: {_timed(lambda: open_current(index)):.2f} s; verify: {_timed(lambda: verify(index)):.2f} s")


def _measure_addition(folder: Path, documents: list[Document]) -> None:
    times = []
    for _ in range(5):
        documents.append(_document(folder / "corpus", len(documents)))
        times.append(_timed(lambda: build(documents, folder / "index", RandomEmbedder(), _stages())))
    copy = _timed(lambda: _copy_and_sync(open_current(folder / "index").folder, folder / "copy"))
    print(f"one document of {CHUNKS_PER_DOCUMENT} chunks added, beyond embedding, budget 2 s:")
    print(
        f"    median {statistics.median(times):.2f} s, most {max(times):.2f} s; reference, copy and fsync: {copy:.2f} s"
    )


def _measure_word_search(lexical: LexicalIndex) -> None:
    times = []
    for seed in range(100):
        tokens = random.Random(seed).choices(VOCABULARY, cum_weights=_WEIGHTS, k=30)
        terms = [WeightedTerm("exact", token, 1.0 + position / 30) for position, token in enumerate(tokens)]
        times.append(_timed(partial(lexical.search, terms, 100)))
    p95 = sorted(times)[94]
    print(f"word search, 30 terms, limit 100, {lexical.size} chunks:")
    print(f"    median {statistics.median(times) * 1e3:.2f} ms, p95 {p95 * 1e3:.2f} ms")


def _timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _copy_and_sync(old: Path, new: Path) -> None:
    shutil.copytree(old, new)
    for path in new.rglob("*"):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _corpus(folder: Path, count: int) -> list[Document]:
    folder.mkdir()
    return [_document(folder, number) for number in range(count)]


def _document(folder: Path, number: int) -> Document:
    chosen = random.Random(number)
    sentences = CHUNKS_PER_DOCUMENT * SENTENCES
    lines = [" ".join(chosen.choices(VOCABULARY, cum_weights=_WEIGHTS, k=WORDS_PER_SENTENCE)) for _ in range(sentences)]
    path = folder / f"{number}.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return Document(f"document-{number}", f"Document {number}", path)


def _stages() -> Stages:
    return Stages(_load, _chunk, _embedding_text, _tokens, ("exact", "stem", "title"), "1", "1")


def _load(path: Path) -> Source:
    text, begin, blocks = path.read_text(encoding="utf-8"), 0, []
    for line in text.split("\n"):
        blocks.append(Block("paragraph", begin, begin + len(line)))
        begin += len(line) + 1
    return Source(text, tuple(blocks), (Page(None, 0, len(text)),))


def _chunk(source: Source, document: Document) -> list[Chunk]:
    return [
        _one_chunk(source, document, ordinal, source.blocks[start : start + SENTENCES])
        for ordinal, start in enumerate(range(0, len(source.blocks), SENTENCES))
    ]


def _one_chunk(source: Source, document: Document, ordinal: int, blocks: Sequence[Block]) -> Chunk:
    begin, end = blocks[0].begin, blocks[-1].end
    sentences = tuple(Sentence(block.begin, block.end) for block in blocks)
    return Chunk(document.id, ordinal, ("Kop", "Tussenkop"), None, begin, end, source.text[begin:end], sentences)


def _embedding_text(chunk: Chunk, document: Document) -> PassageText:
    spans = tuple((each.begin - chunk.begin, each.end - chunk.begin) for each in chunk.sentences)
    shift = len(document.title) + 1
    spans = tuple((begin + shift, end + shift) for begin, end in spans)
    return PassageText(f"{document.title}\n{chunk.text}", spans)


def _tokens(chunk: Chunk, document: Document) -> dict[str, list[str]]:
    words = chunk.text.split()
    return {"exact": words, "stem": [word[:7] for word in words], "title": document.title.split()}


if __name__ == "__main__":
    main()
