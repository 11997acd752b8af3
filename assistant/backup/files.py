"""Backup and restore of an installation on files: documents, index, and what is kept between requests."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from assistant.backup.archive import Contents, extract, write_archive
from assistant.corpus_transaction import check_changeable, clear_errors, only_journal
from assistant.errors import BackupError
from assistant.index_folder import POINTER_FILE, Pointer, only_builder, read_pointer, snapshot_folder, sync
from assistant.records.database import DATABASE_FILE
from assistant.settings import CATALOGUE_FILE, Settings

CORPUS, INDEX, DATA = "documenten", "index", "gegevens"  # the first parts of the names in a backup
_STAGED, _OLD = ".herstel", ".voor-herstel"  # inside the folder itself, which may be a volume of its own
_NOT_KEPT = ("-wal", "-shm", "lock", ".tmp", ".log")


def write_backup(settings: Settings, path: Path, contents: Contents) -> Contents:
    """Write documents, the index that serves and what is kept, as they are at one moment.

    Raises:
        BackupError: the backup cannot be written.
        CatalogueError, IndexBusyError: the documents or the index are being changed for too long.
        IndexMissingError: there is no index yet.
    """
    read_pointer(settings.index)
    with (
        only_journal(settings),
        only_builder(settings.index),
        tempfile.TemporaryDirectory(prefix="beleidswijzer-") as folder,
    ):
        return write_archive(path, _parts(settings, Path(folder)), contents)


def is_in_use(settings: Settings) -> bool:
    """Whether there is anything that a restore would replace."""
    files = (settings.corpus / CATALOGUE_FILE, settings.index / POINTER_FILE, settings.data / DATABASE_FILE)
    return any(file.exists() for file in files)


@contextmanager
def staged(settings: Settings, path: Path, told: Callable[[int], None]) -> Iterator[tuple[Contents, Settings]]:
    """A backup unpacked beside what is in use, with the settings to look at it; what is not taken is removed.

    Raises:
        BackupError: the backup is damaged, or cannot be unpacked.
        CatalogueError: the documents here cannot be changed.
    """
    check_changeable(settings)
    folders = _folders(settings)
    with clear_errors(settings):
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        _remove(folders, _STAGED)
    try:
        stages = {name: folder / _STAGED for name, folder in folders.items()}
        contents = extract(path, stages, told)
        yield contents, replace(settings, corpus=stages[CORPUS], index=stages[INDEX], data=stages[DATA])
    finally:
        _remove(folders, _STAGED)


def take(settings: Settings) -> None:
    """Let what is staged come in the place of what is there; an interrupted one is completed by another restore."""
    with only_journal(settings), only_builder(settings.index):
        folders = _folders(settings)
        for folder in folders.values():
            _swap(folder)
        _remove(folders, _OLD)


def _parts(settings: Settings, temporary: Path) -> Iterator[tuple[str, Path]]:
    for file in _files(settings.corpus):
        yield f"{CORPUS}/{file.relative_to(settings.corpus).as_posix()}", file
    current = read_pointer(settings.index).current
    pointer = temporary / POINTER_FILE
    pointer.write_text(Pointer(current=current).model_dump_json() + "\n", encoding="utf-8")
    yield f"{INDEX}/{POINTER_FILE}", pointer
    for file in _files(snapshot_folder(settings.index, current), hidden=True):
        yield f"{INDEX}/{file.relative_to(settings.index).as_posix()}", file
    if (settings.data / DATABASE_FILE).exists():
        _copy_database(settings.data / DATABASE_FILE, temporary / DATABASE_FILE)
        yield f"{DATA}/{DATABASE_FILE}", temporary / DATABASE_FILE
    for file in _files(settings.data):
        if not file.name.startswith(DATABASE_FILE) and not file.name.endswith(_NOT_KEPT):
            yield f"{DATA}/{file.relative_to(settings.data).as_posix()}", file


def _files(folder: Path, hidden: bool = False) -> Iterator[Path]:
    """The plain files below a folder in a fixed order, nothing behind a link, and hidden ones only if asked for."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if hidden or not name.startswith("."))
        for name in sorted(files):
            path = Path(place) / name
            if (hidden or not name.startswith(".")) and not path.is_symlink() and path.is_file():
                yield path


def _copy_database(file: Path, copy: Path) -> None:
    """A copy of a database that others may be writing to, as it was at one moment."""
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise BackupError(f"Het gegevensbestand '{file}' is niet te lezen. Typ: beleidswijzer doctor") from error


def _folders(settings: Settings) -> dict[str, Path]:
    return {DATA: settings.data, CORPUS: settings.corpus, INDEX: settings.index}


def _swap(folder: Path) -> None:
    """Set aside what is in a folder, and bring what is staged in its place."""
    old, new = folder / _OLD, folder / _STAGED
    if not new.exists():  # the backup has nothing for this folder
        new.mkdir()
    old.mkdir(exist_ok=True)
    for entry in folder.iterdir():
        if entry.name not in (_OLD, _STAGED):
            _move(entry, old)
    for entry in new.iterdir():
        entry.rename(folder / entry.name)
    sync(folder)


def _move(entry: Path, old: Path) -> None:
    # After an interrupted restore the first one set aside is the one that was in use.
    if (old / entry.name).exists():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    else:
        entry.rename(old / entry.name)


def _remove(folders: dict[str, Path], name: str) -> None:
    for folder in folders.values():
        shutil.rmtree(folder / name, ignore_errors=True)
