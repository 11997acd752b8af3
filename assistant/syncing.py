"""The corpus kept like its originals on the web: what changed there is fetched, compared, and replaced or reported.

A document is replaced only if its file in the corpus is an earlier version of the original itself. Of a file of
somebody's own making, such as a summary, only is said what changed in the original; and nothing is ever withdrawn.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.corpus_changes import replace_file
from assistant.corpus_restoring import restore_file
from assistant.document_diff import Difference, differences
from assistant.downloading import Downloader
from assistant.embeddings import Embedder
from assistant.errors import AssistantError, OriginalsBusyError
from assistant.limited_load import LimitedReader, Limits
from assistant.originals import Original, fetch_originals, mark_placed
from assistant.settings import Settings
from assistant.types import Document

SyncOutcome = Literal["unchanged", "first", "replaced", "restored", "to_replace", "to_look_at", "gone", "failed"]


@dataclass(frozen=True)
class Synced:
    """What became of one document that has an address."""

    document: Document
    outcome: SyncOutcome
    differences: tuple[Difference, ...] = ()
    file: Path | None = None  # the original as it was fetched
    reason: str = ""  # Dutch, when it failed or is gone


def sync_documents(
    settings: Settings,
    documents: Sequence[Document],
    downloader: Downloader,
    *,
    only_report: bool = False,
    embedder: Embedder | None = None,
    limits: Limits | None = None,
) -> Generator[Synced]:
    """Look at the original of each document that has an address; one that fails does not stop the others.

    Args:
        only_report: change nothing in the corpus.

    Raises:
        OriginalsBusyError: another process is fetching originals.
    """
    # Closed here, so that whoever stops half-way lets go of the lock at once.
    with LimitedReader(limits) as reader, closing(fetch_originals(settings, documents, downloader)) as originals:
        for original in originals:
            try:
                yield _synced(settings, original, reader, only_report, embedder)
            except OriginalsBusyError:
                raise
            except AssistantError as error:
                yield Synced(original.document, "failed", file=original.file, reason=str(error))


def _synced(
    settings: Settings, original: Original, reader: LimitedReader, only_report: bool, embedder: Embedder | None
) -> Synced:
    document, file = original.document, original.file
    if file is None:
        return Synced(document, "gone" if original.outcome == "gone" else "failed", reason=original.reason)
    if original.in_corpus:
        return Synced(document, "unchanged", file=file)
    if not document.file.exists():
        return _restored(settings, document, file, only_report, embedder)
    if not original.was_in_corpus:
        return _of_own_making(original, file, reader)
    found = _compared(document, document.file, file, reader)
    if found and not only_report:
        replace_file(settings, document.id, file, embedder=embedder)
        mark_placed(settings, document.id)
    outcome: SyncOutcome = "to_replace" if only_report else "replaced"
    return Synced(document, outcome if found else "unchanged", found, file)


def _restored(
    settings: Settings, document: Document, file: Path, only_report: bool, embedder: Embedder | None
) -> Synced:
    if only_report:
        return Synced(document, "failed", file=file, reason=f"Het bestand {document.file.name} ontbreekt in de map.")
    restore_file(settings, document, file, embedder=embedder)
    mark_placed(settings, document.id)
    return Synced(document, "restored", file=file)


def _of_own_making(original: Original, file: Path, reader: LimitedReader) -> Synced:
    """The corpus has another text than the original: what changed in the original is for a person to look at."""
    if original.outcome == "new":
        return Synced(original.document, "first", file=file)
    if original.outcome == "unchanged" or original.previous is None:
        return Synced(original.document, "unchanged", file=file)
    found = _compared(original.document, original.previous, file, reader)
    return Synced(original.document, "to_look_at" if found else "unchanged", found, file)


def _compared(document: Document, old: Path, new: Path, reader: LimitedReader) -> tuple[Difference, ...]:
    """What a reader would see changed; another layout or another date of making is no change."""
    return tuple(differences((document, reader.read(old)), (document, reader.read(new))))
