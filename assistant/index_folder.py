"""The folder of an index: snapshots beside each other, a pointer to the one that serves, one builder at a time.

    index/
      current                  which snapshot serves, and which one before it (JSON, replaced in one step)
      lock                     held by the one builder
      embedding-cache.sqlite   vectors computed before
      building-<pid>/          a snapshot in the making; left behind only by a crash, removed by the next builder
      snapshots/<number>-<time>/

A crash at any moment leaves `current` pointing to a whole snapshot: the new one is on disk before the pointer is.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import IndexBusyError, IndexDamagedError, IndexMissingError, SnapshotError
from assistant.files import write_atomically
from assistant.manifest import MANIFEST_FILE, FileEntry, Manifest, check_files, hash_of, parse_manifest
from assistant.vector_index import damage

POINTER_FILE = "current"
_LOCK_FILE = "lock"
_REMOVALS = 20
_REMOVAL_PAUSE_SECONDS = 0.05


class SnapshotRef(BaseModel):
    """A snapshot by name, with the hash of its manifest (which has the hashes of all other files)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^\d{6}-\d{8}T\d{6}Z$")
    manifest_sha256: str


class Pointer(BaseModel):
    """The contents of `current`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    current: SnapshotRef
    previous: SnapshotRef | None = None


def snapshot_folder(index: Path, ref: SnapshotRef) -> Path:
    return index / "snapshots" / ref.id


def read_pointer(index: Path) -> Pointer:
    """Which snapshot serves; IndexMissingError if there is none yet."""
    path = index / POINTER_FILE
    try:
        return Pointer.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissingError(f"Er is nog geen index in '{index}'. Typ: beleidswijzer index build") from error
    except OSError as error:
        raise SnapshotError(f"Het bestand '{path}' is niet te lezen. Controleer de leesrechten.") from error
    except ValidationError as error:
        raise IndexDamagedError(
            f"Het indexbestand '{path}' is beschadigd. Typ: beleidswijzer index build --opnieuw"
        ) from error


def read_manifest(folder: Path, ref: SnapshotRef) -> Manifest:
    """The manifest of a snapshot, checked against the hash in the pointer."""
    path = folder / MANIFEST_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise IndexDamagedError(damage(path)) from error
    if sha256(content).hexdigest() != ref.manifest_sha256:
        raise IndexDamagedError(damage(path))
    return parse_manifest(content, path)


def write_pointer(index: Path, pointer: Pointer) -> None:
    """Switch the snapshot that serves, in one step that survives a power cut."""
    write_atomically(index / POINTER_FILE, pointer.model_dump_json() + "\n")
    sync(index)


@contextmanager
def only_builder(index: Path) -> Iterator[None]:
    """Hold the index for changing it; a second builder gets a SnapshotError, and so does one that cannot write."""
    with _clear_errors(index):
        index.mkdir(parents=True, exist_ok=True)
        lock = os.open(index / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(lock, index)
        with _clear_errors(index):
            _remove_leftovers(index)
            yield
    finally:
        os.close(lock)


@contextmanager
def building_folder(index: Path) -> Iterator[Path]:
    """A folder to build a snapshot in; it is removed afterwards, unless `publish` moved it away."""
    folder = index / f"building-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    # After a failure the word index may still be writing in threads of its own, and put a file back meanwhile.
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_REMOVAL_PAUSE_SECONDS)


def linked_files(folder: Path, old_folder: Path, old: Manifest) -> Iterator[FileEntry]:
    """The files in a new folder that are the very files of an old snapshot, so that their hashes are known."""
    for entry in old.files:
        path = folder / entry.path
        if path.is_file() and path.samefile(old_folder / entry.path):
            yield entry


def publish(index: Path, building: Path, manifest: Manifest) -> SnapshotRef:
    """Sync a finished folder to disk, give it its name, let it serve, and remove what is no longer of use."""
    (building / MANIFEST_FILE).write_text(manifest.model_dump_json(), encoding="utf-8")
    ref = SnapshotRef(id=_next_id(index, manifest), manifest_sha256=hash_of(building / MANIFEST_FILE))
    for path in building.rglob("*"):
        if path.is_dir() or path.stat().st_nlink == 1:  # a linked file was synced with its first snapshot
            sync(path)
    sync(building)
    folder = snapshot_folder(index, ref)
    folder.parent.mkdir(exist_ok=True)
    building.rename(folder)
    sync(folder.parent)
    pointer = Pointer(current=ref, previous=_to_keep(index))
    write_pointer(index, pointer)
    _prune(index, pointer)
    return ref


def sync(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _take(lock: int, index: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise IndexBusyError(
            f"Een ander proces werkt de index '{index}' al bij. Wacht tot dat klaar is en probeer het opnieuw."
        ) from error


def _remove_leftovers(index: Path) -> None:
    for folder in index.glob("building-*"):
        shutil.rmtree(folder)
    for file in index.glob(f".{POINTER_FILE}.*.tmp"):
        file.unlink()


@contextmanager
def _clear_errors(index: Path) -> Iterator[None]:
    """Say in Dutch what stands in the way of writing; errors that are not about that pass through."""
    try:
        yield
    except OSError as error:
        reason = _reason(error.errno, index)
        if reason is None:
            raise
        raise SnapshotError(f"{reason} De vorige index, als die er is, blijft in gebruik.") from error
    except sqlite3.OperationalError as error:
        reason = _reason(errno.ENOSPC if error.sqlite_errorcode == sqlite3.SQLITE_FULL else errno.EIO, index)
        raise SnapshotError(f"{reason} De vorige index, als die er is, blijft in gebruik.") from error


def _reason(number: int | None, index: Path) -> str | None:
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"De schijf met de map '{index}' is vol. Maak ruimte vrij en typ: beleidswijzer index build."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"Er zijn geen schrijfrechten voor de map '{index}'. Pas de rechten aan of kies een andere map met --index."
        )
    if number in (errno.EEXIST, errno.ENOTDIR):
        return f"'{index}' is geen map. Kies een andere map met --index."
    if number == errno.EIO:
        return f"Schrijven in de map '{index}' is mislukt. Controleer de schijf en typ: beleidswijzer index build."
    return None


def _next_id(index: Path, manifest: Manifest) -> str:
    numbers = [int(path.name[:6]) for path in (index / "snapshots").glob("*-*") if re.match(r"\d{6}-", path.name)]
    return f"{max(numbers, default=0) + 1:06}-{manifest.created:%Y%m%dT%H%M%SZ}"


def _to_keep(index: Path) -> SnapshotRef | None:
    """The snapshot to fall back on: the one that served, or the one before it where that is damaged."""
    try:
        pointer = read_pointer(index)
    except SnapshotError:
        return None
    for ref in (pointer.current, pointer.previous):
        if ref and _is_whole(snapshot_folder(index, ref), ref):
            return ref
    return None


def _is_whole(folder: Path, ref: SnapshotRef) -> bool:
    try:
        check_files(folder, read_manifest(folder, ref), hashed=())
    except SnapshotError:
        return False
    return True


def _prune(index: Path, pointer: Pointer) -> None:
    keep = {ref.id for ref in (pointer.current, pointer.previous) if ref}
    for folder in (index / "snapshots").iterdir():
        if folder.name not in keep and not _in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    """Whether a process has the snapshot open: it holds a shared lock on the manifest as long as it does."""
    try:
        handle = os.open(folder / MANIFEST_FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
