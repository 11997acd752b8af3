"""Many documents added at once: in batches that are each made whole or not at all, so that it can be taken up again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from assistant.catalogue import read_catalogue
from assistant.corpus_changes import Addition, add_documents
from assistant.corpus_transaction import Told, check_changeable, only_change
from assistant.embeddings import Embedder
from assistant.errors import DocumentError
from assistant.limited_load import Limits, load_limited
from assistant.manifest import hash_of
from assistant.new_document import NewDocument, check_details, safe_file_name
from assistant.settings import Settings
from assistant.types import Document, Source
from assistant.unlisted import document_files
from assistant.wording import reason_words

BATCH = 20  # documents in one change: what is lost at most when it is interrupted
_READERS = 2  # processes that read documents

Describe = Callable[[Path, Source], NewDocument]


@dataclass
class BatchReport:
    """What became of each file."""

    added: list[Document] = field(default_factory=list)
    present: list[tuple[Path, str]] = field(default_factory=list)  # with the id of the document that is the same
    failures: list[tuple[Path, str]] = field(default_factory=list)  # with a Dutch sentence


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
    progress: Told,
    *,
    embedder: Embedder | None = None,
    limits: Limits | None = None,
    batch: int = BATCH,
) -> BatchReport:
    """Add documents; one that cannot be added does not keep the others out, and one that is there already is left.

    Args:
        describe: gives the details of a document that was read.

    Raises:
        CatalogueError: the catalogue cannot be changed, or does not accept the details; earlier batches stay.
        SnapshotError: the index cannot be changed.
    """
    check_changeable(settings)
    report = BatchReport()
    with only_change(settings):
        pass  # what was interrupted is cleared away first: it would look as if those documents were there already
    known = {hash_of(each.file): each.id for each in read_catalogue(settings.corpus) if each.file.is_file()}
    for begin in range(0, len(files), batch):

        def told(percent: int, begin: int = begin) -> None:
            progress(int((begin + min(batch, len(files) - begin) * percent / 100) * 100 / len(files)))

        new = list(_new(files[begin : begin + batch], known, report))
        additions = list(_read(new, describe, report, limits))
        if additions:
            report.added += add_documents(settings, additions, told, embedder=embedder)
        told(100)
    return report


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


def _read(files: Sequence[Path], describe: Describe, report: BatchReport, limits: Limits | None) -> Iterator[Addition]:
    def read(file: Path) -> Source | str:
        try:
            return load_limited(file, limits)
        except DocumentError as error:
            return str(error)

    with ThreadPoolExecutor(_READERS) as readers:
        for file, source in zip(files, readers.map(read, files), strict=True):
            if isinstance(source, str):
                report.failures.append((file, source))
                continue
            details = describe(file, source)
            check_details(details)
            yield Addition(file, details, source)
