"""The files that a document had before, as the journal of changes keeps them for undoing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.change_journal import Journal
from assistant.manifest import hash_of
from assistant.settings import Settings


@contextmanager
def earlier_file(settings: Settings, document_id: str, back: int = 1) -> Iterator[Path | None]:
    """A copy of the file that a document had so many replacements ago, under its own name; None if it is not kept.

    Raises:
        CatalogueError: the journal is damaged.
    """
    journal = Journal(settings)
    replaced = [
        each for each in journal.done() if each.change.kind == "replace" and document_id in each.change.documents
    ]
    if back > len(replaced) or not replaced[back - 1].change.removed:
        yield None
        return
    found = replaced[back - 1]
    kept, file = journal.kept_file(found.number, 0), found.change.removed[0]
    if not kept.is_file() or hash_of(kept) != file.sha256:
        yield None
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / Path(file.path).name
        shutil.copyfile(kept, copy)
        yield copy
