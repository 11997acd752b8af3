"""From a catalogue of documents to a new snapshot; only what changed since the last one is read and embedded.

In: documents, the index folder, an embedding model and the stages. Out: a `BuildReport`, and a snapshot if need be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from assistant.embedding_cache import EmbeddingCache
from assistant.embeddings import Embedder, PassageText
from assistant.engine import Index, LoadedDocument, Snapshot, Writer
from assistant.errors import CatalogueError, DocumentError
from assistant.file_index import as_index
from assistant.manifest import Recipe, hash_of, metadata_hash
from assistant.types import Chunk, Document, Source

LOADING_VERSION = "4"  # raise it when a loader reads a document differently: every document is then read anew
WINDOW = 2_048  # chunks that are in memory at once

Stage = Literal["read", "embed", "write"]


class Progress(Protocol):
    """Is told how far a build is.

    "read" counts documents and "embed" chunks; the two take turns in a large build, and the total of "embed" is an
    estimate until everything has been read.
    """

    def __call__(self, stage: Stage, done: int, total: int) -> None: ...


@dataclass(frozen=True)
class Stages:
    """What happens to a document on its way into the index; another version makes every document be indexed anew."""

    load: Callable[[Path], Source]
    chunk: Callable[[Source, Document], list[Chunk]]
    embedding_text: Callable[[Chunk, Document], PassageText]
    index_tokens: Callable[[Chunk, Document], Mapping[str, Sequence[str]]]
    fields: tuple[str, ...]  # the keys of index_tokens
    chunking_version: str
    analysis_version: str
    hash: Callable[[Path], str] = hash_of  # of a document's file


@dataclass(frozen=True)
class Failure:
    """A document that is not in the index, and why, in a Dutch sentence."""

    document_id: str
    message: str


@dataclass(frozen=True)
class BuildReport:
    """What a build did; document ids are in the order of the catalogue."""

    snapshot: str | None  # that serves now; None if no document could be read and there was none before
    switched: bool  # whether that is a new one
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()  # document id and Dutch sentence, of the documents read now
    chunks: int = 0  # in the snapshot


@dataclass
class _Plan:
    """What is to be done with each document, and what came of it."""

    read: list[tuple[Document, str]] = field(default_factory=list)  # with the hash of the file
    kept: list[Document] = field(default_factory=list)
    moved: list[Document] = field(default_factory=list)  # among those kept
    removed: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


def build(
    documents: Sequence[Document],
    index: Index | Path,
    embedder: Embedder,
    stages: Stages,
    progress: Progress | None = None,
    *,
    fresh: bool = False,
    window: int = WINDOW,
) -> BuildReport:
    """Bring the index up to date with the documents; on any error the index stays as it was.

    Args:
        index: a folder is an index in files.
        fresh: index every document anew instead of starting from the snapshot that serves.
        window: how many chunks are in memory at once, at least.
    """
    progress = progress or _silent
    if not documents:
        raise CatalogueError("De catalogus noemt geen documenten. Typ: beleidswijzer corpus init MAP")
    with as_index(index).building() as builder:
        recipe = _recipe(embedder, stages)
        previous = None if fresh else builder.previous(recipe)
        plan = _plan(documents, previous, stages.hash)
        known = set(_entries(previous))
        with builder.writer(recipe, previous) as writer:
            for document_id in plan.removed:
                writer.remove(document_id)
            for document in plan.moved:
                writer.move(document)
            if plan.read:
                with closing(EmbeddingCache(builder.cache_file, embedder)) as cache:
                    _Indexing(plan, writer, stages, progress).run(cache, window)
                    cache.prune()
            switched = writer.touched and bool(writer.entries)
            if switched:
                progress("write", 0, 1)
                writer.publish()
                progress("write", 1, 1)
        return _report(builder.serving(), plan, known, writer, switched)


def _recipe(embedder: Embedder, stages: Stages) -> Recipe:
    return Recipe(
        model=embedder.description,
        chunking=stages.chunking_version,
        analysis=stages.analysis_version,
        fields=stages.fields,
    )


def _entries(previous: Snapshot | None) -> Mapping[str, tuple[str, str]]:
    entries = previous.manifest.documents if previous else ()
    return {entry.id: (entry.sha256, entry.metadata) for entry in entries}


def _plan(documents: Iterable[Document], previous: Snapshot | None, hashed: Callable[[Path], str]) -> _Plan:
    plan, known = _Plan(), _entries(previous)
    first_with: dict[str, Document] = {}
    for document in documents:
        try:
            file_hash = hashed(document.file)
        except OSError:
            plan.failures.append(_unreadable(document))
            continue
        twin = first_with.setdefault(file_hash, document)
        if twin is not document:
            plan.failures.append(Failure(document.id, _same_content(document, twin)))
        elif known.get(document.id) != (file_hash, metadata_hash(document)):
            plan.read.append((document, file_hash))
        else:
            plan.kept.append(document)
    if previous:
        plan.moved = [each for each in plan.kept if previous.store.document(each.id) != each]
    going_on = {document.id for document in plan.kept} | {document.id for document, _ in plan.read}
    plan.removed = [document_id for document_id in known if document_id not in going_on]
    return plan


def _unreadable(document: Document) -> Failure:
    message = f"Het bestand '{document.file}' is niet te lezen. Controleer of het bestaat en de leesrechten."
    return Failure(document.id, message)


def _same_content(document: Document, twin: Document) -> str:
    return (
        f"Het bestand '{document.file}' ({document.id}) heeft dezelfde inhoud als '{twin.file}' ({twin.id}). "
        "Verwijder een van de twee uit de catalogus."
    )


class _Indexing:
    """Reads, cuts and embeds the documents of a plan, window by window, and hands them to the writer."""

    def __init__(self, plan: _Plan, writer: Writer, stages: Stages, progress: Progress) -> None:
        self._plan, self._writer, self._stages, self._progress = plan, writer, stages, progress
        self._found = self._embedded = self._total = 0  # chunks

    def run(self, cache: EmbeddingCache, window: int) -> None:
        waiting: list[LoadedDocument] = []
        documents = self._plan.read
        for done, (document, file_hash) in enumerate(documents, start=1):
            if document.id in self._writer.entries:
                self._writer.remove(document.id)
            if loaded := self._load(document, file_hash):
                waiting.append(loaded)
                self._found += len(loaded.chunks)
            self._progress("read", done, len(documents))
            if done == len(documents) or sum(len(each.chunks) for each in waiting) >= window:
                self._total = round(self._found * len(documents) / done)
                self._embed(waiting, cache)
                waiting = []

    def _load(self, document: Document, file_hash: str) -> LoadedDocument | None:
        try:
            source = self._stages.load(document.file)
        except DocumentError as error:
            self._plan.failures.append(Failure(document.id, str(error)))
        except OSError:
            self._plan.failures.append(_unreadable(document))
        else:
            self._plan.warnings.extend((document.id, warning) for warning in source.warnings)
            return LoadedDocument(document, file_hash, source, self._stages.chunk(source, document))
        return None

    def _embed(self, documents: Sequence[LoadedDocument], cache: EmbeddingCache) -> None:
        texts = [self._stages.embedding_text(chunk, each.document) for each in documents for chunk in each.chunks]
        vectors = iter(cache.embed(texts, self._count))
        for each in documents:
            tokens = [self._stages.index_tokens(chunk, each.document) for chunk in each.chunks]
            self._writer.add(each, tokens, [next(vectors) for _ in each.chunks])

    def _count(self, finished: int) -> None:
        self._embedded += finished
        self._progress("embed", self._embedded, self._total)


def _report(serving: str | None, plan: _Plan, known: set[str], writer: Writer, switched: bool) -> BuildReport:
    failed = {failure.document_id for failure in plan.failures}
    read = [document.id for document, _ in plan.read if document.id not in failed]
    return BuildReport(
        snapshot=serving,
        switched=switched,
        added=tuple(each for each in read if each not in known),
        changed=tuple(each for each in read if each in known),
        removed=tuple(each for each in plan.removed if each not in failed),
        unchanged=tuple(document.id for document in plan.kept),
        failures=tuple(plan.failures),
        warnings=tuple(plan.warnings),
        chunks=sum(entry.chunks for entry in writer.entries.values()),
    )


def _silent(stage: Stage, done: int, total: int) -> None:
    """Progress that nobody watches."""


def standard_stages() -> Stages:
    """The stages that the assistant itself uses."""
    from assistant import chunking, language, loaders, traits
    from assistant.private_contacts import without_private_contacts

    return Stages(
        load=lambda path: without_private_contacts(loaders.load(path)),
        chunk=chunking.chunk,
        embedding_text=chunking.embedding_text,
        index_tokens=language.index_tokens,
        fields=language.INDEX_FIELDS,
        chunking_version=f"{LOADING_VERSION}.{chunking.CHUNKING_VERSION}",
        analysis_version=f"{language.ANALYSIS_VERSION}.{traits.TRAITS_VERSION}",
    )
