"""Chunks by their words: BM25 over fields of tokens that were analysed in Python (tantivy).

In: for each chunk the tokens of each field. Out: chunk ids with their BM25 score, best first.
tantivy splits at white space only, so a token never contains any. Its BM25 has k1 1.2 and b 0.75.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.engine import WeightedTerm
from assistant.errors import IndexDamagedError
from assistant.vector_index import damage

if TYPE_CHECKING:
    import tantivy

_HEAP_BYTES = 64_000_000
_TIE_MARGIN = 32  # hits fetched beyond the limit, so that ties at the edge are cut by chunk id


class LexicalIndex:
    """An index opened for reading; safe to use from several threads, blind to later changes."""

    def __init__(self, index: tantivy.Index) -> None:
        index.config_reader(reload_policy="manual")  # else a thread polls the folder twice a second
        index.reload()
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def open(cls, path: Path) -> LexicalIndex:
        """Open the index in the folder `path`, also where that folder is read-only."""
        import tantivy

        try:
            with _lockable(path) as folder:
                return cls(tantivy.Index.open(str(folder)))
        except (ValueError, OSError) as error:
            raise IndexDamagedError(damage(path)) from error

    @property
    def size(self) -> int:
        """The number of chunks."""
        return self._searcher.num_docs

    def document_frequency(self, field: str, token: str) -> int:
        """In how many chunks the token occurs; removed chunks count until their segment is merged, as in BM25."""
        return self._searcher.doc_freq(field, token)

    def search(
        self, terms: Sequence[WeightedTerm], limit: int, documents: Collection[str] | None = None
    ) -> list[tuple[int, float]]:
        """The best chunks with the weighted sum of their terms' BM25 scores; ties come in order of chunk id.

        Args:
            documents: ids of the documents that may be found; None allows all.
        """
        if not terms or limit <= 0 or (documents is not None and not documents):
            return []
        query = self._query(terms, documents)
        wanted = limit + _TIE_MARGIN
        while True:
            hits = self._hits(query, wanted)
            if len(hits) < wanted or hits[limit - 1][1] != hits[-1][1]:
                return hits[:limit]
            wanted *= 4

    def ids(self) -> list[int]:
        """Every chunk id, in ascending order."""
        import tantivy

        return [chunk_id for chunk_id, _ in self._hits(tantivy.Query.all_query(), self.size)] if self.size else []

    def _hits(self, query: tantivy.Query, limit: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, limit, count=False).hits
        ids = self._searcher.fast_field_values("chunk_id", [address for _, address in hits])
        found = [
            (int(chunk_id), float(score))
            for chunk_id, (score, _) in zip(ids, hits, strict=True)
            if chunk_id is not None
        ]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _query(self, terms: Sequence[WeightedTerm], documents: Collection[str] | None) -> tantivy.Query:
        from tantivy import Occur, Query

        any_term = Query.boolean_query([(Occur.Should, self._term_query(term)) for term in terms])
        if documents is None:
            return any_term
        allowed = Query.term_set_query(self._schema, "document_id", sorted(documents))
        return Query.boolean_query([(Occur.Must, any_term), (Occur.Must, Query.const_score_query(allowed, 0.0))])

    def _term_query(self, term: WeightedTerm) -> tantivy.Query:
        from tantivy import Query

        query = Query.term_query(self._schema, term.field, term.token, index_option="freq")
        return query if term.weight == 1.0 else Query.boost_query(query, term.weight)


class LexicalWriter:
    """Changes an index in a folder; nothing is visible before `commit`, which also ends the session."""

    def __init__(self, path: Path, index: tantivy.Index) -> None:
        self._path = path
        self._writer = index.writer(_HEAP_BYTES, num_threads=1)

    @classmethod
    def create(cls, path: Path, fields: Sequence[str]) -> LexicalWriter:
        """Start an empty index in the new folder `path`, with these text fields."""
        import tantivy

        path.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("chunk_id", fast=True)
        builder.add_text_field("document_id", tokenizer_name="raw", index_option="basic")
        for field in fields:
            builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
        with _write_errors():
            return cls(path, tantivy.Index(builder.build(), path=str(path)))

    @classmethod
    def open(cls, path: Path) -> LexicalWriter:
        """Go on with the index in the folder `path`; files that exist already are never changed in place."""
        import tantivy

        with _write_errors():
            return cls(path, tantivy.Index.open(str(path)))

    def add(self, chunk_id: int, document_id: str, tokens_by_field: Mapping[str, Sequence[str]]) -> None:
        """Add one chunk with the tokens of each field."""
        import tantivy

        entry = tantivy.Document()
        entry.add_unsigned("chunk_id", chunk_id)
        entry.add_text("document_id", document_id)
        for field, tokens in tokens_by_field.items():
            entry.add_text(field, " ".join(tokens))
        with _write_errors():
            self._writer.add_document(entry)

    def remove_document(self, document_id: str) -> None:
        """Remove every chunk of a document that was added before this call."""
        with _write_errors():
            self._writer.delete_documents_by_term("document_id", document_id)

    def commit(self) -> None:
        """Write everything to disk and end the session."""
        with _write_errors():
            self._writer.commit()
            self._writer.wait_merging_threads()
        for file in self._path.iterdir():
            if file.suffix == ".lock":
                file.unlink()
            elif file.suffix == ".json":  # tantivy makes these for the owner alone; the server may be another user
                file.chmod(self._path.stat().st_mode & 0o666)


@contextmanager
def _write_errors() -> Iterator[None]:
    """Turn tantivy's ValueError for a failed write into the OSError that it hides."""
    try:
        yield
    except ValueError as error:
        number = re.search(r"(?:os error|code:) (\d+)", str(error))
        raise OSError(int(number[1]) if number else errno.EIO, str(error)) from error


@contextmanager
def _lockable(path: Path) -> Iterator[Path]:
    """The folder itself, or while it is read-only a temporary folder of links to its files.

    tantivy cannot open an index without making a lock file beside it. Once open it holds its files itself.
    """
    if os.access(path, os.W_OK) or not path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-") as folder:
        for file in path.iterdir():
            if not file.name.endswith(".lock"):
                (Path(folder) / file.name).symlink_to(file.resolve())
        yield Path(folder)
