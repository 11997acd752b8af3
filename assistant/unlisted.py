"""Files in a corpus folder that the catalogue does not name, each with a Dutch sentence that says what to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.catalogue_entry import Entry, entry_id, entry_text
from assistant.errors import DocumentError
from assistant.settings import CATALOGUE_FILE
from assistant.types import Document, Source

NOT_DOCUMENTS = {CATALOGUE_FILE, "README.md"}
SOURCES_FOLDER = "sources"  # what the starter corpus's PDF and DOCX are made from
BYTECODE_FOLDER = "__pycache__"  # pip leaves one beside the scripts of the packaged corpus


@dataclass(frozen=True)
class Unlisted:
    """A document without an entry."""

    file: Path  # absolute
    message: str


def unlisted_documents(
    folder: Path, documents: Iterable[Document], load: Callable[[Path], Source]
) -> Iterator[Unlisted]:
    """The documents below `folder` that no entry names; with the entry to add, or why the file cannot be read."""
    listed = {document.file for document in documents}
    for file in document_files(folder):
        path = folder / file
        if path.resolve() in listed:
            continue
        try:
            load(path)
        except DocumentError as error:
            yield Unlisted(path, str(error))
        else:
            yield Unlisted(path, _entry_to_add(folder, file))


def document_files(folder: Path) -> list[Path]:
    """Every file below a corpus folder that should have an entry, sorted; relative to the folder."""
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        skipped = {BYTECODE_FOLDER, SOURCES_FOLDER} if Path(place) == folder else {BYTECODE_FOLDER}
        folders[:] = [name for name in folders if not name.startswith(".") and name not in skipped]
        for name in files:
            if not name.startswith(".") and name not in NOT_DOCUMENTS and not name.endswith(".py"):
                yield (Path(place) / name).relative_to(folder)


def _entry_to_add(folder: Path, file: Path) -> str:
    entry = Entry(id=entry_id(file, set()), title=file.stem, file=file.as_posix())
    return (
        f"het bestand {folder / file} staat niet in de catalogus. Typ: beleidswijzer corpus init {folder}\n"
        f"Of zet dit in {folder / CATALOGUE_FILE}, onder 'documents:', en vul het aan:\n{entry_text(entry).rstrip()}"
    )
