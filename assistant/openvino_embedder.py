"""The default embedding model: passages and questions in, unit vectors out, on the processor and without torch.

Everything heavy loads on first use. Fork before that, or spawn: a process that forks after its first vector gives its
child the locks of threads that the child does not have, and the child may hang.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.batching import Batching
from assistant.bundled_model import GRAPH, MAX_TOKENS, PASSAGE_PREFIX, QUERY_PREFIX, TOKENIZER
from assistant.bundled_weights import SHA256
from assistant.embeddings import ModelDescription, PassageText, PassageVectors, Vector
from assistant.openvino_model import MOST_STREAMS, OpenVinoModel, Tokens

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

DIMENSION = 384

_ENGINE = "openvino-int8-1"  # raise the number when a change moves the vectors
_PADDING_TOKEN = 1
_WINDOW = 1024  # passages sorted together: little padding, flat memory
_BATCH = 8  # as fast as 32
_LENGTH_STEP = 16  # every new length is compiled once (40–200 ms), so a question is padded to a multiple
_QUERY_BATCH = 8  # sixteen at once cost no less a question
_REMEMBERED_QUERIES = 1024


def describe_bundled_model() -> ModelDescription:
    """What an index remembers of the default model; known without loading it."""
    content = f"{SHA256}\n{_ENGINE}\n{QUERY_PREFIX}\n{PASSAGE_PREFIX}\n{MAX_TOKENS}"
    fingerprint = hashlib.sha256(content.encode()).hexdigest()[:16]
    return ModelDescription("bundled", DIMENSION, MAX_TOKENS, QUERY_PREFIX, PASSAGE_PREFIX, fingerprint)


@dataclass(frozen=True)
class _Reading:
    """One text to run through the model, and the parts of it that get a vector of their own."""

    encoding: Encoding
    inside: NDArray[np.bool_]  # number of parts x number of tokens


class BundledEmbedder:
    """multilingual-e5-small with int8 weights; fulfils `Embedder`."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        """Remembers the folder of `prepare_bundled_model`; `threads` is the number of cores to use (default: all)."""
        self._graph = folder / GRAPH
        self._threads = threads or len(os.sched_getaffinity(0))
        self._tokenizer = _LazyTokenizer(folder / TOKENIZER)
        # Two compiled models, so that a question does not stand in line behind batches of passages.
        self._queries: Batching[Encoding, Vector] | None = None
        self._indexing_model: OpenVinoModel | None = None
        self._query_loading = threading.Lock()
        self._indexing = threading.Lock()
        self._remembered: OrderedDict[bytes, Vector] = OrderedDict()
        self._remembering = threading.Lock()

    @property
    def description(self) -> ModelDescription:
        """What an index must remember of this model."""
        return describe_bundled_model()

    def embed_query(self, text: str) -> Vector:
        """A question's unit vector (read-only: recent ones are shared); the text itself is not kept, only its hash."""
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._remembering:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        vector = self._embed_query(text)
        with self._remembering:
            self._remembered[key] = vector
            if len(self._remembered) > _REMEMBERED_QUERIES:
                self._remembered.popitem(last=False)
        return vector

    def warm_up(self) -> None:
        """Loads what questions need and compiles the usual lengths, so that a server's first question is quick."""
        for words in (1, 20, 35, 50):
            self.embed_query("dit " * words)

    def embed_passages(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """The vectors of passages and of their sentences, from one reading of each passage."""
        vectors: list[PassageVectors] = []
        with self._indexing:
            for begin in range(0, len(passages), _WINDOW):
                vectors += self._embed_window(passages[begin : begin + _WINDOW], progress or (lambda _: None))
        return vectors

    def _embed_query(self, text: str) -> Vector:
        with self._query_loading:
            if self._queries is None:
                self._queries = _batching(self._load(), self._threads)
            queries = self._queries
        encoding = self._tokenizer.encode([QUERY_PREFIX + text])[0]
        return queries.result(encoding, -(-len(encoding.ids) // _LENGTH_STEP) * _LENGTH_STEP)

    def _load(self) -> OpenVinoModel:
        with ThreadPoolExecutor(1) as other_core:  # the two take about equally long
            tokenizer = other_core.submit(self._tokenizer.load)
            model = OpenVinoModel(self._graph, self._threads)
            tokenizer.result()
        return model

    def _embed_window(self, passages: Sequence[PassageText], progress: Callable[[int], None]) -> list[PassageVectors]:
        if self._indexing_model is None:
            self._indexing_model = self._load()
        encodings = self._tokenizer.encode([PASSAGE_PREFIX + passage.text for passage in passages])
        insides = [_tokens_inside(*pair) for pair in zip(passages, encodings, strict=True)]
        lone = [
            (number, sentence)
            for number, inside in enumerate(insides)
            for sentence in np.flatnonzero(~inside.any(axis=1)).tolist()
        ]
        lone_texts = [_sentence_text(passages[number], sentence) for number, sentence in lone]
        lone_encodings = self._tokenizer.encode([PASSAGE_PREFIX + text for text in lone_texts])
        readings = [_Reading(*pair) for pair in zip(encodings, insides, strict=True)]
        readings += [_Reading(encoding, np.zeros((0, len(encoding.ids)), np.bool_)) for encoding in lone_encodings]
        vectors = self._read(readings, lambda numbers: progress(sum(number < len(passages) for number in numbers)))
        for (number, sentence), alone in zip(lone, vectors[len(passages) :], strict=True):
            vectors[number].sentences[sentence] = alone.passage
        return vectors[: len(passages)]

    def _read(self, readings: Sequence[_Reading], done: Callable[[Sequence[int]], None]) -> list[PassageVectors]:
        assert self._indexing_model is not None
        lengths = np.array([len(reading.encoding.ids) for reading in readings])
        order = np.argsort(-lengths, kind="stable").tolist()  # the longest first: too little memory shows at once
        batches = [order[begin : begin + _BATCH] for begin in range(0, len(order), _BATCH)]
        vectors: dict[int, PassageVectors] = {}

        def collect(batch: int, embeddings: Vector, states: Vector) -> None:
            for row, number in enumerate(batches[batch]):
                sentences = _sentence_vectors(readings[number].inside, states[row])
                vectors[number] = PassageVectors(embeddings[row].copy(), sentences)
            done(batches[batch])

        inputs = ([readings[number].encoding for number in batch] for batch in batches)
        self._indexing_model.run((_padded(batch, max(len(one.ids) for one in batch)) for batch in inputs), collect)
        return [vectors[number] for number in range(len(readings))]


class _LazyTokenizer:
    """The tokenizer, loaded on first use (0.6 second)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._loaded: Tokenizer | None = None

    def load(self) -> Tokenizer:
        """The tokenizer with truncation set, ready for several threads."""
        with self._lock:
            if self._loaded is None:
                from tokenizers import Tokenizer

                tokenizer = Tokenizer.from_file(str(self._path))
                tokenizer.enable_truncation(MAX_TOKENS)
                self._loaded = tokenizer
            return self._loaded

    def encode(self, texts: Iterable[str]) -> list[Encoding]:
        """Tokens with their character offsets.

        A tokenizer refuses two threads at once only when one of them changes its settings ("Already borrowed"); ours
        are set once, before anybody else sees it.
        """
        # Half a surrogate pair is no UTF-8; one "?" for it keeps the offsets.
        return self.load().encode_batch([text.encode("utf-8", "replace").decode() for text in texts])


def _batching(model: OpenVinoModel, threads: int) -> Batching[Encoding, Vector]:
    """Questions that wait for the model share its next run with those that have as many tokens when padded.

    Padded to another length, a vector moves by up to 0.005, because rounding to int8 magnifies the last bits of a sum;
    so no question is padded further for the sake of its neighbours, and then each gets the vector that it gets alone.
    """

    def vectors(encodings: Sequence[Encoding]) -> list[Vector]:
        length = -(-max(len(each.ids) for each in encodings) // _LENGTH_STEP) * _LENGTH_STEP
        found = model.sentence_embeddings(*_padded(encodings, length))
        found.setflags(write=False)
        return list(found)

    return Batching(vectors, at_once=min(threads, MOST_STREAMS), most=_QUERY_BATCH)


def _padded(encodings: Sequence[Encoding], length: int) -> tuple[Tokens, Tokens]:
    ids = np.full((len(encodings), length), _PADDING_TOKEN, np.int64)
    mask = np.zeros((len(encodings), length), np.int64)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return ids, mask


def _tokens_inside(passage: PassageText, encoding: Encoding) -> NDArray[np.bool_]:
    """Which tokens belong to which sentence; none for a sentence that the model does not see whole."""
    offsets = np.array(encoding.offsets) - len(PASSAGE_PREFIX)
    begins, ends = offsets[:, 0], offsets[:, 1]
    spans = np.array(passage.spans, np.int64).reshape(-1, 2)
    inside: NDArray[np.bool_] = (begins < spans[:, 1:]) & (ends > spans[:, :1]) & (begins < ends)
    if encoding.overflowing:
        inside[spans[:, 1] > ends.max()] = False
    return inside


def _sentence_text(passage: PassageText, sentence: int) -> str:
    begin, end = passage.spans[sentence]
    return passage.text[begin:end]


def _sentence_vectors(inside: NDArray[np.bool_], states: Vector) -> Vector:
    """The means of the sentences' token states, of unit length; zeros for a sentence without tokens."""
    sums: Vector = inside.astype(np.float32) @ states[: inside.shape[1]]
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    return sums
