"""What a snapshot says of itself: what made it, which documents it holds, and the hash of every file."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from functools import cached_property
from hashlib import file_digest, sha256
from itertools import accumulate
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.embeddings import ModelDescription
from assistant.errors import IndexDamagedError, IndexStaleError
from assistant.store_codec import encode_document
from assistant.types import Document
from assistant.vector_index import damage

FORMAT = 2  # of the files in a snapshot; a reader refuses any other
MANIFEST_FILE = "manifest.json"


class _Border(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(_Border):
    """One file of a snapshot."""

    path: str  # relative to the snapshot
    size: int
    sha256: str


class DocumentEntry(_Border):
    """One indexed document, and what tells whether it has changed since."""

    id: str
    sha256: str  # of the file
    metadata: str  # hash of the catalogue entry, without the place of the file
    chunks: int


class Recipe(_Border):
    """What decides the contents of an index besides the documents; after a change everything is indexed anew."""

    model: ModelDescription
    chunking: str
    analysis: str
    fields: tuple[str, ...]


class Contents(_Border):
    """What any snapshot says of itself, in whichever engine it is kept."""

    created: datetime
    recipe: Recipe
    documents: tuple[DocumentEntry, ...]

    def version_of(self, document_id: str) -> str:
        """What changes with a document's text, its catalogue entry or its sentences; KeyError if it is not indexed."""
        entry = self._by_id[document_id]
        return f"{self.recipe.chunking} {entry.sha256} {entry.metadata}"

    def sha256_of(self, document_id: str) -> str:
        """The hash of a document's file; KeyError if it is not indexed."""
        return self._by_id[document_id].sha256

    @cached_property
    def _by_id(self) -> dict[str, DocumentEntry]:
        return {entry.id: entry for entry in self.documents}

    @property
    def chunks(self) -> int:
        return sum(document.chunks for document in self.documents)


class Manifest(Contents):
    """The contents of manifest.json: of a snapshot in files."""

    format: int
    files: tuple[FileEntry, ...]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)


def describe(folder: Path, recipe: Recipe, documents: Iterable[DocumentEntry], shared: Iterable[FileEntry]) -> Manifest:
    """The manifest of a folder; `shared` are files known already from the snapshot that they were linked from."""
    known = {entry.path: entry for entry in shared}
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = tuple(known.get(path) or _entry(folder, path) for path in paths if path != MANIFEST_FILE)
    created = datetime.now(UTC).replace(microsecond=0)
    return Manifest(format=FORMAT, created=created, recipe=recipe, documents=tuple(documents), files=files)


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """Read manifest.json; a format that is not ours is refused as such before anything else is looked at."""
    try:
        values = json.loads(content)
        if isinstance(values, dict) and values.get("format") != FORMAT:
            raise IndexStaleError(
                f"De index '{path.parent}' is gemaakt met een andere versie van Beleidswijzer. "
                "Typ: beleidswijzer index build"
            )
        return Manifest.model_validate_json(content)
    except (ValidationError, ValueError) as error:
        raise IndexDamagedError(damage(path)) from error


def small_files(manifest: Manifest, budget: int) -> set[str]:
    """The paths of the smallest files that are together at most `budget` bytes."""
    files = sorted(manifest.files, key=lambda entry: entry.size)
    sums = accumulate(entry.size for entry in files)
    return {entry.path for entry, total in zip(files, sums, strict=True) if total <= budget}


def check_files(folder: Path, manifest: Manifest, hashed: Container[str]) -> None:
    """Raise IndexDamagedError for a file that is missing or has another size, or another hash where that is asked.

    Args:
        hashed: the paths of the files to read through.
    """
    for entry in manifest.files:
        path = folder / entry.path
        try:
            same = path.stat().st_size == entry.size and (entry.path not in hashed or hash_of(path) == entry.sha256)
        except OSError as error:
            raise IndexDamagedError(damage(path)) from error
        if not same:
            raise IndexDamagedError(damage(path))


def metadata_hash(document: Document) -> str:
    """Changes with anything in the catalogue entry but the place of the file."""
    return sha256(encode_document(document, place=False)).hexdigest()


def hash_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return file_digest(stream, sha256).hexdigest()


def _entry(folder: Path, path: str) -> FileEntry:
    return FileEntry(path=path, size=(folder / path).stat().st_size, sha256=hash_of(folder / path))
