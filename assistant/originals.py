"""The originals that the catalogue names: fetched from the web, and fetched again only where they have changed.

data/originals/
  fetched.json      per document: address, what the server said of it, and the hash of what came
  lock              held by the one who fetches
  <id>.pdf          the original as it came last
  previous/<id>.pdf the version before it
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assistant.downloading import Download, Downloader, Seen
from assistant.errors import DocumentError, GoneError, OriginalsBusyError
from assistant.files import write_atomically
from assistant.loaders.files import check_kind, read_document
from assistant.manifest import hash_of
from assistant.settings import Settings
from assistant.types import Document

FETCHED_FILE = "fetched.json"
_FOLDER, _LOCK_FILE, _PREVIOUS_FOLDER = "originals", "lock", "previous"

Outcome = Literal["new", "changed", "unchanged", "gone", "failed"]


class _Record(BaseModel):
    """What is remembered of one original."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    file: str
    sha256: str
    fetched: datetime
    etag: str | None = None
    last_modified: str | None = None
    placed: str | None = None  # hash of the corpus's own file, once that was this original in some version


_RECORDS = TypeAdapter(dict[str, _Record])


@dataclass(frozen=True)
class Original:
    """What became of fetching one original."""

    document: Document
    outcome: Outcome
    file: Path | None = None
    in_corpus: bool = False  # the corpus has this very file
    was_in_corpus: bool = False  # the corpus has an earlier version of it, and no file of somebody's own making
    previous: Path | None = None  # the version before this one, where that is kept
    reason: str = ""  # Dutch, when it failed or is gone


@contextmanager
def only_fetcher(settings: Settings) -> Iterator[Path]:
    """Be the only one on this machine who fetches originals, in the folder given.

    Raises:
        OriginalsBusyError: another process is fetching.
    """
    folder = settings.data / _FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    except BlockingIOError as error:
        raise OriginalsBusyError(
            "Een ander proces haalt al originelen op. Wacht tot dat klaar is en probeer het opnieuw."
        ) from error
    finally:
        os.close(handle)


def fetch_originals(settings: Settings, documents: Sequence[Document], downloader: Downloader) -> Generator[Original]:
    """Fetch the original of each document that has an address; one that fails does not stop the others.

    Raises:
        OriginalsBusyError: another process is fetching.
    """
    with only_fetcher(settings) as folder:
        for document in documents:
            if document.url is not None:
                yield _fetched(document, document.url, folder, downloader)


def adopt_original(settings: Settings, document: Document, url: str, download: Download) -> None:
    """Remember that a document of the corpus is the original that was just fetched.

    Raises:
        OriginalsBusyError: another process is fetching.
    """
    with only_fetcher(settings) as folder:
        file = folder / f"{document.id}{download.file.suffix}"
        shutil.copyfile(download.file, file)
        _remember(folder, document.id, _record(url, file, download, placed=download.sha256))


def mark_placed(settings: Settings, document_id: str) -> None:
    """Remember that the corpus has the original as it came last; for who fetches, with the lock held."""
    folder = settings.data / _FOLDER
    record = _read(folder / FETCHED_FILE)[document_id]
    _remember(folder, document_id, record.model_copy(update={"placed": record.sha256}))


def _fetched(document: Document, url: str, folder: Path, downloader: Downloader) -> Original:
    old = _read(folder / FETCHED_FILE).get(document.id)
    known = old if old and old.url == url and _is_whole(folder, old) else None
    try:
        outcome, record = _downloaded(document, url, folder, known, downloader)
    except GoneError as error:
        return Original(document, "gone", reason=str(error))
    except DocumentError as error:
        return Original(document, "failed", reason=str(error))
    digest = hash_of(document.file) if document.file.is_file() else ""
    if digest == record.sha256 != record.placed:
        record = record.model_copy(update={"placed": digest})
    _remember(folder, document.id, record)
    previous = folder / _PREVIOUS_FOLDER / record.file
    return Original(
        document,
        outcome,
        folder / record.file,
        in_corpus=digest == record.sha256,
        was_in_corpus=bool(digest) and digest == record.placed,
        previous=previous if previous.is_file() else None,
    )


def _downloaded(
    document: Document, url: str, folder: Path, known: _Record | None, downloader: Downloader
) -> tuple[Outcome, _Record]:
    with TemporaryDirectory(dir=folder, prefix=".") as place:
        seen = Seen(known.etag, known.last_modified) if known else None
        download = downloader.fetch(url, Path(place), seen, document.id)
        if download is None or (known and download.sha256 == known.sha256):
            assert known  # only what was seen before can be unchanged
            return "unchanged", known
        check_kind(download.file, read_document(download.file))
        file = folder / download.file.name
        if known and known.file == file.name:
            (folder / _PREVIOUS_FOLDER).mkdir(exist_ok=True)
            file.replace(folder / _PREVIOUS_FOLDER / file.name)
        download.file.replace(file)
    return "changed" if known else "new", _record(url, file, download, placed=known.placed if known else None)


def _record(url: str, file: Path, download: Download, placed: str | None) -> _Record:
    return _Record(
        url=url,
        file=file.name,
        sha256=download.sha256,
        fetched=datetime.now(UTC),
        etag=download.seen.etag,
        last_modified=download.seen.last_modified,
        placed=placed,
    )


def _is_whole(folder: Path, record: _Record) -> bool:
    file = folder / record.file
    return file.is_file() and hash_of(file) == record.sha256


def _remember(folder: Path, document_id: str, record: _Record) -> None:
    records = {**_read(folder / FETCHED_FILE), document_id: record}
    write_atomically(folder / FETCHED_FILE, _RECORDS.dump_json(records, indent=1).decode())


def _read(path: Path) -> Mapping[str, _Record]:
    """What is remembered; nothing where that is damaged, so that everything is fetched anew."""
    try:
        return _RECORDS.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
