"""Many documents added at once: in batches that are each made whole or not at all, so that it can be taken up again.

While the passages of one batch are embedded, the documents of the next are read in processes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from assistant.catalogue import read_catalogue
from assistant.changing import only_change
from assistant.corpus_changes import Addition, add_documents
from assistant.corpus_transaction import check_changeable
from assistant.embeddings import Embedder, open_embedder
from assistant.errors import DocumentError
from assistant.limited_load import Limits
from assistant.manifest import hash_of
from assistant.new_document import NewDocument, check_details, safe_file_name
from assistant.reading_ahead import read_ahead
from assistant.recognised_pages import RecognisedPages
from assistant.settings import Settings
from assistant.types import Document, Source
from assistant.unlisted import document_files
from assistant.wording import reason_words

BATCH = 50  # documents in one change: what must be read again, at most, after an interruption
_BATCH_CHARACTERS = 5_000_000  # in one change, so that a batch of thick books takes no more memory than one of notes

Describe = Callable[[Path, Source], NewDocument]


@dataclass(frozen=True)
class Step:
    """How far adding many documents is."""

    done: float  # documents; a batch that is being embedded counts in part
    total: int
    file: str = ""  # that is being read at the moment, when it takes pages to tell of
    page: int = 0  # done, of that file
    pages: int = 0


@dataclass
class BatchReport:
    """What became of each file."""

    added: list[Document] = field(default_factory=list)
    origins: list[Path] = field(default_factory=list)  # the files of `added`
    present: list[tuple[Path, str]] = field(default_factory=list)  # with the id of the document that is the same
    failures: list[tuple[Path, str]] = field(default_factory=list)  # with a Dutch sentence, in the order of the files
    changes: int = 0  # how many were made: undoing goes by these


def files_below(paths: Sequence[Path]) -> Iterator[Path]:
    """The files themselves, and the documents in folders; without what a link brings in from elsewhere."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for file in document_files(path):
            if (path / file).resolve().is_relative_to(path.resolve()):
                yield path / file


def add_all(
    settings: Settings,
    files: Sequence[Path],
    describe: Describe,
    progress: Callable[[Step], None],
    finished: Callable[[Sequence[Document]], None] | None = None,
    *,
    embedder: Embedder | None = None,
    limits: Limits | None = None,
    batch: int = BATCH,
) -> BatchReport:
    """Add documents; one that cannot be added does not keep the others out, and one that is there already is left.

    Args:
        describe: gives the details of a document that was read.
        progress: may be called from several threads, one at a time.
        finished: is told of the documents of each change once that is made.

    Raises:
        CatalogueError: the catalogue cannot be changed, or does not accept the details; earlier batches stay.
        SnapshotError: the index cannot be changed.
    """
    check_changeable(settings)
    with only_change(settings) as changing:
        # What was interrupted is cleared away by now: it would look as if those documents were there already.
        known = {
            hash_of(each.file): each.id for each in read_catalogue(changing.settings.corpus) if each.file.is_file()
        }
    embedder = embedder or open_embedder(settings.embedding_model, settings.cache, settings.threads)
    adding = _Adding(settings, embedder, len(files), progress, finished or _untold)
    read = read_ahead(
        _new(files, known, adding.report),
        2 * batch,
        limits=limits,
        memory=RecognisedPages(settings.cache),
        counted=adding.count_pages,
    )
    with closing(read):
        adding.run(read, describe, batch)
    places = {file: place for place, file in enumerate(files)}
    adding.report.failures.sort(key=lambda failure: places[failure[0]])
    return adding.report


def _new(files: Sequence[Path], known: dict[str, str], report: BatchReport) -> Iterator[Path]:
    """The files that are not in the corpus yet; two that are the same count once."""
    for file in files:
        try:
            safe_file_name(file.name)
            digest = hash_of(file)
        except DocumentError as error:
            report.failures.append((file, str(error)))
        except OSError as error:
            report.failures.append((file, f"{file.name} is niet te lezen: {reason_words(error)}."))
        else:
            if digest in known:
                report.present.append((file, known[digest]))
            else:
                known[digest] = file.name
                yield file


class _Adding:
    """Puts documents that were read in batches, and tells how far it is."""

    def __init__(
        self,
        settings: Settings,
        embedder: Embedder,
        total: int,
        progress: Callable[[Step], None],
        finished: Callable[[Sequence[Document]], None],
    ) -> None:
        self.report = BatchReport()
        self._settings, self._embedder, self._total = settings, embedder, total
        self._progress, self._finished = progress, finished
        self._telling = Lock()
        self._done = 0.0

    def run(self, read: Iterator[tuple[Path, Source | str]], describe: Describe, batch: int) -> None:
        """Add all that comes."""
        waiting: list[Addition] = []
        for file, source in read:
            if isinstance(source, str):
                self.report.failures.append((file, source))
                self._tell()
                continue
            details = describe(file, source)
            check_details(details)
            waiting.append(Addition(file, details, source))
            if len(waiting) == batch or sum(len(each.source.text) for each in waiting) > _BATCH_CHARACTERS:
                self._add(waiting)
                waiting = []
        self._add(waiting)
        self._tell()

    def count_pages(self, file: Path, page: int, pages: int) -> None:
        """A document is being read, page by page."""
        if pages > 1:
            with self._telling:
                self._progress(Step(self._done, self._total, file.name, page, pages))

    def _add(self, additions: Sequence[Addition]) -> None:
        """Add documents in one change; if one of them is refused after all, each in a change of its own."""
        if not additions:
            return
        try:
            added = add_documents(
                self._settings,
                additions,
                lambda percent: self._tell(len(additions) * percent / 100),
                embedder=self._embedder,
            )
        except DocumentError as error:
            if len(additions) == 1:
                self.report.failures.append((additions[0].file, str(error)))
                return
            for each in additions:
                self._add([each])
            return
        self.report.added += added
        self.report.origins += [each.file for each in additions]
        self.report.changes += 1
        self._finished(added)
        self._tell()

    def _tell(self, under_way: float = 0.0) -> None:
        report = self.report
        with self._telling:
            done = len(report.added) + len(report.present) + len(report.failures) + under_way
            self._done = max(self._done, min(done, self._total))
            self._progress(Step(self._done, self._total))


def _untold(_: Sequence[Document]) -> None:
    """Changes that nobody keeps a record of."""
