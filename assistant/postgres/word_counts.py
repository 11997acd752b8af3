"""Which words occur in which chunks, as a build counts them: a segment, with a row a word.

In: the tokens of chunks, or segments of earlier builds. Out: the rows of index_segments and index_postings.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

MOST_CHUNKS = 8_192  # in a segment: their places fit two bytes, and to write one again takes about a second
_MOST_COUNT = 65_535
_LONG = 200  # a token of more characters is kept by its hash: an index in PostgreSQL refuses keys of 2,700 bytes


def token_key(field: str, token: str) -> str:
    """How a token is kept."""
    if len(token) > _LONG:
        token = f"{token[:40]}…{sha256(token.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return f"{field}:{token}"


class WordCounts:
    """The words of some chunks, in memory."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = tuple(fields)
        self.chunks = array("q")
        self._lengths = [array("i") for _ in self._fields]
        self._words: dict[str, tuple[array[int], array[int]]] = {}  # places and counts

    def add(self, chunk_id: int, tokens_by_field: Mapping[str, Sequence[str]]) -> None:
        """Count one more chunk."""
        place = len(self.chunks)
        self.chunks.append(chunk_id)
        for field, lengths in zip(self._fields, self._lengths, strict=True):
            tokens = tokens_by_field.get(field, ())
            lengths.append(len(tokens))
            for token, count in Counter(tokens).items():
                places, counts = self._word(token_key(field, token))
                places.append(place)
                counts.append(min(count, _MOST_COUNT))

    def take_over(
        self,
        chunks: NDArray[np.int64],
        lengths: NDArray[np.int32],
        is_alive: NDArray[np.bool_],
        rows: Iterable[tuple[str, bytes, bytes]],
    ) -> None:
        """Take over the living chunks of another segment.

        Args:
            lengths: shape (fields, chunks).
            rows: key, places and counts of each of its words.
        """
        moved = np.where(is_alive, np.cumsum(is_alive) - 1 + len(self.chunks), -1)
        self.chunks.extend(chunks[is_alive].tolist())
        for mine, others in zip(self._lengths, lengths, strict=True):
            mine.extend(others[is_alive].tolist())
        for key, its_places, its_counts in rows:
            new = moved[np.frombuffer(its_places, "<u2")]
            kept = new >= 0
            if kept.any():
                places, counts = self._word(key)
                places.extend(new[kept].tolist())
                counts.extend(np.frombuffer(its_counts, "<u2")[kept].tolist())

    def lengths(self) -> bytes:
        """int32 tokens of each chunk, field after field."""
        return b"".join(np.array(each, "<i4").tobytes() for each in self._lengths)

    def rows(self) -> list[tuple[str, bytes, bytes]]:
        """Key, places and counts of every word, in order of key."""
        return [
            (key, np.array(places, "<u2").tobytes(), np.array(counts, "<u2").tobytes())
            for key, (places, counts) in sorted(self._words.items())
        ]

    def _word(self, key: str) -> tuple[array[int], array[int]]:
        found = self._words.get(key)
        if found is None:
            found = self._words[key] = (array("H"), array("H"))
        return found
