"""The originals that the catalogue names: fetched from the web, and fetched again only where they have changed.

data/originals/
  fetched.json      per document: address, what the server said of it, and the hash of what came
  <id>.pdf          the original as it came
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assistant.downloading import Downloader, Seen
from assistant.errors import DocumentError
from assistant.files import write_atomically
from assistant.loaders.files import check_kind, read_document
from assistant.manifest import hash_of
from assistant.settings import Settings
from assistant.types import Document

FETCHED_FILE = "fetched.json"

Outcome = Literal["new", "changed", "unchanged", "failed"]


class _Record(BaseModel):
    """What is remembered of one original."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    file: str
    sha256: str
    fetched: datetime
    etag: str | None = None
    last_modified: str | None = None


_RECORDS = TypeAdapter(dict[str, _Record])


@dataclass(frozen=True)
class Original:
    """What became of fetching one original."""

    document: Document
    outcome: Outcome
    file: Path | None = None
    in_corpus: bool = False  # the corpus has this very file
    reason: str = ""  # Dutch, when it failed


def fetch_originals(settings: Settings, documents: Sequence[Document], downloader: Downloader) -> Iterator[Original]:
    """Fetch the original of each document that has an address; one that fails does not stop the others."""
    folder = settings.data / "originals"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    records = _read(folder / FETCHED_FILE)
    for document in documents:
        if document.url is None:
            continue
        try:
            found, record = _fetched(document, document.url, folder, records.get(document.id), downloader)
        except DocumentError as error:
            yield Original(document, "failed", reason=str(error))
            continue
        records[document.id] = record
        write_atomically(folder / FETCHED_FILE, _RECORDS.dump_json(records, indent=1).decode())
        yield found


def _fetched(
    document: Document, url: str, folder: Path, old: _Record | None, downloader: Downloader
) -> tuple[Original, _Record]:
    known = old if old and old.url == url and _is_whole(folder, old) else None
    with TemporaryDirectory(dir=folder, prefix=".") as place:
        seen = Seen(known.etag, known.last_modified) if known else None
        download = downloader.fetch(url, Path(place), seen, document.id)
        if download is None or (known and download.sha256 == known.sha256):
            assert known  # only what was seen before can be unchanged
            return _original(document, "unchanged", folder / known.file, known.sha256), known
        check_kind(download.file, read_document(download.file))
        file = download.file.replace(folder / download.file.name)
    record = _Record(
        url=url,
        file=file.name,
        sha256=download.sha256,
        fetched=datetime.now(UTC),
        etag=download.seen.etag,
        last_modified=download.seen.last_modified,
    )
    return _original(document, "changed" if known else "new", file, download.sha256), record


def _original(document: Document, outcome: Outcome, file: Path, sha256: str) -> Original:
    in_corpus = document.file.is_file() and hash_of(document.file) == sha256
    return Original(document, outcome, file, in_corpus)


def _is_whole(folder: Path, record: _Record) -> bool:
    file = folder / record.file
    return file.is_file() and hash_of(file) == record.sha256


def _read(path: Path) -> dict[str, _Record]:
    """What is remembered; nothing where that is damaged, so that everything is fetched anew."""
    try:
        found: Mapping[str, _Record] = _RECORDS.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
    return dict(found)
