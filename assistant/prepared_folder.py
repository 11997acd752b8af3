"""A folder that is made once and then only read: written whole or not at all, by one process, and checked by hash."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.files import write_atomically

MANIFEST = "manifest.json"
_CHECKED = "checked.json"  # what the files looked like when they were last found sound
# A file that is changed twice within one tick of its file system's clock (2 seconds at most) may look unchanged.
_SETTLED_SECONDS = 2.0

_Marks = dict[str, list[int]]


def prepare_folder(folder: Path, write: Callable[[Path], None], notify: Callable[[bool], None]) -> None:
    """Makes `folder` unless it is there, whole and undamaged; raises OSError when it cannot be stored.

    Killed at any moment, it leaves the old state or the new one; what a killed process left is cleared by the next.

    Args:
        write: puts the content into the empty folder that it is given.
        notify: is called before writing, with whether a damaged folder is being replaced.
    """
    if is_unchanged(folder) or _is_sound_now(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder.with_name(f".{folder.name}.lock")):
        if not is_sound(folder):  # another process may have made it while we waited
            notify(folder.exists())
            _make(folder, write)


def is_sound(folder: Path) -> bool:
    """Whether every file has the bytes that were written (a hundred megabytes take 0.1 second)."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return bool(files) and all(
            (folder / name).stat().st_size == row["bytes"] and _sha256(folder / name) == row["sha256"]
            for name, row in files.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def is_unchanged(folder: Path) -> bool:
    """Whether no file was touched since all of them were found sound: quicker than reading a hundred megabytes.

    Bytes that rot on the disk itself are not seen this way; the time of a change cannot be set by a program.
    """
    try:
        marks = json.loads((folder / _CHECKED).read_text(encoding="utf-8"))
        return bool(marks) and marks == _marks(folder)
    except (OSError, ValueError):
        return False


def _is_sound_now(folder: Path) -> bool:
    """As `is_sound`, and remembers it for the next time where that can be stored."""
    try:
        marks = _marks(folder)  # before reading: a change while we read is then seen the next time
    except OSError:  # another process is replacing it
        return False
    if not is_sound(folder):
        return False
    settled = (time.time() - _SETTLED_SECONDS) * 1e9
    if all(changed < settled for *_, changed in marks.values()):
        with contextlib.suppress(OSError):
            write_atomically(folder / _CHECKED, json.dumps(marks))
    return True


def _marks(folder: Path) -> _Marks:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((_CHECKED, ".")))
    stats = {str(path.relative_to(folder)): path.stat() for path in paths}
    return {name: [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns] for name, stat in stats.items()}


def _make(folder: Path, write: Callable[[Path], None]) -> None:
    for remains in folder.parent.glob(f".{folder.name}-*"):  # of a process that was killed
        shutil.rmtree(remains)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    damaged = work.with_name(f".{folder.name}-damaged")
    try:
        write(work)
        _seal(work)
        if folder.exists():
            folder.rename(damaged)
        work.rename(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(damaged, ignore_errors=True)


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time; the system itself lets go when a process is killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _seal(folder: Path) -> None:
    """Writes the manifest and puts everything on the disk itself."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    rows = {str(path.relative_to(folder)): {"bytes": path.stat().st_size, "sha256": _sha256(path)} for path in files}
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    folder.chmod(0o755)  # a temporary folder is for its owner alone
    for path in [*files, manifest, *(path for path in folder.rglob("*") if path.is_dir()), folder]:
        _sync(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
