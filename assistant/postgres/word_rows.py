"""Chunks by their words in PostgreSQL: BM25 over rows of tokens that were analysed and counted in Python.

In: the segments of a snapshot. Out: chunk ids with their BM25 score, best first, as the index in files gives them.
The rows are fetched by equality of the token, the only kind of search that row-level security lets an index help with.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from assistant.engine import Ids, WeightedTerm
from assistant.postgres.bm25 import Floats, best_possible, tempering
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.document_rows import RowDocuments
from assistant.postgres.word_counts import token_key

_REMEMBERED = 16_000_000  # occurrences of words; 8 bytes each
_LONG_LIST = 500  # below: cheaper to add it to every chunk than to find out whether that is needed
_ROWS = "SELECT segment, token, places, counts FROM index_postings WHERE segment = ANY (%s) AND token = ANY (%s)"


@dataclass(frozen=True)
class Segment:
    """Chunks whose words were counted together."""

    number: int
    chunks: Ids
    lengths: NDArray[np.int32]  # shape (fields, chunks)

    @classmethod
    def of_row(cls, number: int, chunks: bytes, lengths: bytes, fields: int) -> Segment:
        """A segment as `index_segments` has it."""
        ids = np.frombuffer(chunks, "<i8")
        return cls(number, ids, np.frombuffer(lengths, "<i4").reshape(fields, len(ids)))


@dataclass(frozen=True)
class _Word:
    """Where a token occurs in this snapshot: places in the ascending list of chunk ids, and what it adds there."""

    places: NDArray[np.int32]
    shares: Floats  # of the best possible


_NOWHERE = _Word(np.empty(0, np.int32), np.empty(0, np.float32))


class PostgresWords:
    """The words of one snapshot; safe to use from several threads."""

    def __init__(
        self, database: PostgresDatabase, fields: Sequence[str], segments: Sequence[Segment], documents: RowDocuments
    ) -> None:
        self._database, self._documents = database, documents
        self._fields = {field: number for number, field in enumerate(fields)}
        self._ids = documents.ids
        self._places = {segment.number: _places(segment.chunks, self._ids) for segment in segments}
        lengths = np.zeros((len(self._fields), len(self._ids)), np.int32)
        for segment in segments:
            places = self._places[segment.number]
            lengths[:, places[places >= 0]] = segment.lengths[:, places >= 0]
        self._tempering = [tempering(each) for each in lengths]
        self._words: OrderedDict[str, _Word] = OrderedDict()
        self._remembered = 0
        self._lock = Lock()

    @property
    def size(self) -> int:
        return len(self._ids)

    def document_frequency(self, field: str, token: str) -> int:
        key = token_key(field, token)
        return len(self._found([key])[key].places)

    def search(
        self, terms: Sequence[WeightedTerm], limit: int, documents: Collection[str] | None = None
    ) -> list[tuple[int, float]]:
        if not terms or limit <= 0 or (documents is not None and not documents) or not self.size:
            return []
        words = self._found(list({token_key(term.field, term.token) for term in terms}))
        lists = []
        for term in terms:
            word = words[token_key(term.field, term.token)]
            if len(word.places):
                lists.append((term.weight * best_possible(len(word.places), self.size), word))
        lists.sort(key=lambda each: -each[0])
        allowed = None if documents is None else self._allowed(documents)
        return self._best(lists, limit, allowed)

    def _best(
        self, lists: Sequence[tuple[float, _Word]], limit: int, allowed: NDArray[np.bool_] | None
    ) -> list[tuple[int, float]]:
        """Adds the lists up, those that can matter most first; when the rest cannot bring up a chunk that was not
        seen yet (MaxScore), it is only looked up for the chunks that still have a chance."""
        scores = np.zeros(self.size, np.float32)
        rest = np.cumsum([most for most, _ in reversed(lists)])[::-1].tolist()
        chosen: NDArray[np.int64] | None = None
        for (most, word), still in zip(lists, rest, strict=True):
            if chosen is None and len(word.places) > _LONG_LIST:
                chosen = _with_a_chance(scores if allowed is None else scores * allowed, limit, still)
            if chosen is None:
                scores[word.places] += np.float32(most) * word.shares
            else:
                at = np.minimum(np.searchsorted(word.places, chosen), len(word.places) - 1)
                there = word.places[at] == chosen
                scores[chosen[there]] += np.float32(most) * word.shares[at[there]]
        if allowed is not None:
            scores *= allowed
        found = np.flatnonzero(scores) if chosen is None else chosen
        return self._hits(found, scores[found], limit)

    def _hits(self, places: NDArray[np.int64], scores: Floats, limit: int) -> list[tuple[int, float]]:
        if len(places) > limit:
            edge = np.partition(scores, len(scores) - limit)[len(scores) - limit]
            places, scores = places[scores >= edge], scores[scores >= edge]
        order = np.lexsort((places, -scores))[:limit]
        return list(zip(self._ids[places[order]].tolist(), scores[order].tolist(), strict=True))

    def _allowed(self, documents: Collection[str]) -> NDArray[np.bool_]:
        allowed = np.zeros(self.size, np.bool_)
        allowed[np.searchsorted(self._ids, self._documents.ids_of(documents))] = True
        return allowed

    def _found(self, keys: Sequence[str]) -> dict[str, _Word]:
        with self._lock:
            known = {key: self._words[key] for key in keys if key in self._words}
        missing = [key for key in keys if key not in known]
        fetched = self._fetch(missing) if missing else {}
        with self._lock:
            for key in keys:
                if key in fetched and key not in self._words:
                    self._words[key] = fetched[key]
                    self._remembered += len(fetched[key].places) + 1
                elif key in self._words:
                    self._words.move_to_end(key)
            while self._remembered > _REMEMBERED:
                self._remembered -= len(self._words.popitem(last=False)[1].places) + 1
        return known | fetched

    def _fetch(self, keys: Sequence[str]) -> dict[str, _Word]:
        with self._database.reading() as connection:
            rows = connection.execute(_ROWS, (list(self._places), list(keys)), binary=True).fetchall()
        parts: dict[str, list[tuple[NDArray[np.int32], NDArray[np.uint16]]]] = {key: [] for key in keys}
        for segment, key, places, counts in rows:
            here = self._places[segment][np.frombuffer(places, "<u2")]
            alive = here >= 0
            parts[key].append((here[alive], np.frombuffer(counts, "<u2")[alive]))
        return {key: self._word(key, found) for key, found in parts.items()}

    def _word(self, key: str, parts: Sequence[tuple[NDArray[np.int32], NDArray[np.uint16]]]) -> _Word:
        field = self._fields.get(key.partition(":")[0])
        if not parts or field is None:
            return _NOWHERE
        places, counts = (np.concatenate(each) for each in zip(*parts, strict=True))
        if len(parts) > 1:
            order = np.argsort(places)
            places, counts = places[order], counts[order]
        occurrences = counts.astype(np.float32)
        return _Word(places, occurrences / (occurrences + self._tempering[field][places]))


def _with_a_chance(scores: Floats, limit: int, still: float) -> NDArray[np.int64] | None:
    """The chunks that can still come among the best, if no other can; `still` is the most that can be added to one."""
    seen = np.flatnonzero(scores)
    if len(seen) < limit:
        return None
    edge = np.partition(scores[seen], len(seen) - limit)[len(seen) - limit]
    # A little more than nothing, for the rounding of sums.
    if still >= edge * (1 - 1e-5):
        return None
    hopeful: NDArray[np.int64] = seen[scores[seen] + np.float32(still) >= edge * np.float32(1 - 1e-5)]
    return hopeful


def _places(chunks: Ids, ids: Ids) -> NDArray[np.int32]:
    """For each chunk its place in `ids`, or -1 if it is not there."""
    if not len(ids):
        return np.full(len(chunks), -1, np.int32)
    places = np.minimum(np.searchsorted(ids, chunks), len(ids) - 1)
    found: NDArray[np.int32] = np.where(ids[places] == chunks, places, -1).astype(np.int32)
    return found
