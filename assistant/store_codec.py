"""How the chunk store keeps values as bytes: compact, exact (vectors: to 1/127 of their largest part), no pickle."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import get_args

import numpy as np
from pydantic import TypeAdapter

from assistant.embeddings import PassageVectors, Vector
from assistant.traits import ChunkTraits, SentenceTraits, Words
from assistant.types import BlockKind, Document, Sentence, Source

_DOCUMENT = TypeAdapter(Document)
_SOURCE = TypeAdapter(Source)
_KINDS: tuple[BlockKind, ...] = get_args(BlockKind)


def encode_document(document: Document, *, place: bool = True) -> bytes:
    """The catalogue entry as JSON, with or without the place of the file."""
    return _DOCUMENT.dump_json(document, exclude=None if place else {"file"})


def decode_document(blob: bytes) -> Document:
    return _DOCUMENT.validate_json(blob)


def encode_source(source: Source) -> bytes:
    return zlib.compress(_SOURCE.dump_json(source), 6)


def decode_source(blob: bytes) -> Source:
    return _SOURCE.validate_json(zlib.decompress(blob))


def encode_heading_path(path: Sequence[str]) -> str:
    return json.dumps(path, ensure_ascii=False)


def decode_heading_path(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def encode_sentences(sentences: Sequence[Sentence]) -> bytes:
    rows = [(each.begin, each.end, _KINDS.index(each.kind), each.block) for each in sentences]
    return np.array(rows, "<i4").tobytes()


def decode_sentences(blob: bytes) -> tuple[Sentence, ...]:
    rows = np.frombuffer(blob, "<i4").reshape(-1, 4).tolist()
    return tuple(Sentence(begin, end, _KINDS[kind], block) for begin, end, kind, block in rows)


def encode_traits(traits: ChunkTraits) -> str:
    """JSON with a list a sentence, in a fixed order, so that the same text always gives the same index."""
    rows = [
        (
            [each.words, *map(int, _flags(each))],
            *map(sorted, (each.stems, each.content.forms, each.names, each.defined)),
        )
        for each in traits.sentences
    ]
    values = (sorted(traits.title_stems), sorted(traits.title_words.forms), rows)
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def decode_traits(text: str, is_whole_document: bool) -> ChunkTraits:
    title_stems, title_words, rows = json.loads(text)
    sentences = tuple(_sentence_traits(*row) for row in rows)
    return ChunkTraits(sentences, frozenset(title_stems), Words(frozenset(title_words)), is_whole_document)


def _flags(traits: SentenceTraits) -> tuple[bool, ...]:
    return (
        traits.has_number,
        traits.has_date,
        traits.is_question,
        traits.starts_with_yes_no,
        traits.is_meta,
        traits.says_unknown,
        traits.introduces,
    )


def _sentence_traits(
    numbers: list[int], stems: list[str], content: list[str], names: list[str], defined: list[str]
) -> SentenceTraits:
    words, has_number, has_date, is_question, yes_no, is_meta, says_unknown, introduces = numbers
    return SentenceTraits(
        stems=frozenset(stems),
        content=Words(frozenset(content)),
        words=words,
        has_number=bool(has_number),
        has_date=bool(has_date),
        names=frozenset(names),
        is_question=bool(is_question),
        starts_with_yes_no=bool(yes_no),
        is_meta=bool(is_meta),
        says_unknown=bool(says_unknown),
        introduces=bool(introduces),
        defined=frozenset(defined),
    )


def encode_vectors(vectors: Vector) -> bytes:
    """Unit vectors as int8, each after its own float32 scale."""
    scales = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), np.float32(1e-12)) / np.float32(127)
    rows = np.empty(len(vectors), _row_type(vectors.shape[1]))
    rows["scale"], rows["parts"] = scales, np.rint(vectors / scales[:, None])
    return rows.tobytes()


def decode_vectors(blob: bytes, dimension: int) -> Vector:
    """The vectors that `encode_vectors` kept, of unit length again."""
    rows = np.frombuffer(blob, _row_type(dimension))
    return _unit(rows["parts"].astype(np.float32) * rows["scale"][:, None])


def encode_passage(vectors: PassageVectors) -> bytes:
    """A passage's own vector as float16, which moves a cosine by less than 0.001, before those of its sentences."""
    return vectors.passage.astype("<f2").tobytes() + encode_vectors(vectors.sentences)


def decode_passage(blob: bytes, dimension: int) -> PassageVectors:
    passage = np.frombuffer(blob[: 2 * dimension], "<f2").astype(np.float32)
    return PassageVectors(_unit(passage[None])[0], decode_vectors(blob[2 * dimension :], dimension))


def _row_type(dimension: int) -> np.dtype[np.void]:
    return np.dtype([("scale", "<f4"), ("parts", "i1", (dimension,))])


def _unit(vectors: Vector) -> Vector:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vector = vectors / np.maximum(lengths, np.float32(1e-12))
    return unit
