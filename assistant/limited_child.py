"""The limited process itself: it reads documents of strangers, each in a fork that may use so much and no more.

In: a socket for each document, on which a fork hears what to read and says what it read (see `frames`). A fork takes
milliseconds, where a process of its own would first load every loader; and nothing of one document is left when the
next one is read: not even a document that takes its fork over can hear of another, or answer for it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter

from assistant.confinement import confine
from assistant.errors import DocumentError
from assistant.frames import (
    ANSWER,
    ASK,
    ENDED,
    FAILED,
    KEEP,
    PAGES,
    REFUSAL,
    REFUSED,
    TOO_LARGE,
    Order,
    read_frame,
    write_frame,
)
from assistant.loaders import load
from assistant.loaders.html import load_html
from assistant.loaders.markdown import load_markdown
from assistant.loaders.reading import Reading
from assistant.types import Source

_OPEN_FILES = 128
_ADOPT_ORPHANS = 36  # of prctl: PR_SET_CHILD_SUBREAPER
_ARCHIVE_ENTRIES = 5_000
_ARCHIVE_BYTES = 300_000_000
_ARCHIVE_RATIO = 200  # text in XML shrinks to a tenth or so; a bomb to a thousandth
_SOURCE = TypeAdapter(Source)


class _ParentMemory:
    """The pages that our parent remembers: this process itself may write no file."""

    def __init__(self, line: int) -> None:
        self._line, self._lock = line, Lock()

    def recall(self, key: str) -> bytes | None:
        with self._lock:
            write_frame(self._line, ASK, key.encode())
            _, page = read_frame(self._line)
        return page or None

    def keep(self, key: str, page: bytes) -> None:
        with self._lock:
            write_frame(self._line, KEEP, f"{key}\n".encode() + page)

    def count(self, done: int, total: int) -> None:
        with self._lock:
            write_frame(self._line, PAGES, f"{done} {total}".encode())


def main(control: socket.socket) -> None:
    """Read one document after the other until the parent goes away."""
    ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
    _load_loaders()
    with suppress(BrokenPipeError, ConnectionResetError):
        while True:
            _, lines, _, _ = socket.recv_fds(control, 1, 1)
            if not lines:
                return
            code = _in_fork(lines[0], control)
            os.close(lines[0])
            write_frame(control.fileno(), ENDED, str(code).encode())


def _load_loaders() -> None:
    """What the most common loaders need is loaded once, before any document of a stranger is near."""
    word = b"# Nota"
    for loader, data in ((load_markdown, word), (load_html, b"<html><body><p>Nota</p></body></html>")):
        loader(Path("nota"), data)


def _in_fork(line: int, control: socket.socket) -> int:
    """The exit code of a fork that reads one document and is gone, with all that it started."""
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            control.close()
            code = _read(line)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if _has_left_something():
        os.killpg(0, signal.SIGKILL)  # us too; the parent sees that we are gone, and starts another
    return os.waitstatus_to_exitcode(status)


def _has_left_something() -> bool:
    """Whether a process that the fork started is still there: it would be ours now."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _read(line: int) -> int:
    """In the fork: the exit code, after the answer was written."""
    _, ordered = read_frame(line)
    order = Order.model_validate_json(ordered)
    path = Path(order.path)
    limit(order.memory_bytes, order.cpu_seconds)
    confine([path])
    memory = _ParentMemory(line)
    reading = Reading(memory.count, memory if order.remembers else None)
    try:
        _refuse_bomb(path)
        answer = _SOURCE.dump_json(load(path, reading))
    except DocumentError as error:
        write_frame(line, REFUSAL, str(error).encode("utf-8", "replace"))
        return REFUSED
    except (MemoryError, RecursionError):
        return TOO_LARGE
    if len(answer) > order.answer_bytes:
        return TOO_LARGE
    write_frame(line, ANSWER, answer)
    return 0


def limit(memory_bytes: int, cpu_seconds: int) -> None:
    """The limits come first, before any byte of the document is read; nothing can raise them again."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _refuse_bomb(path: Path) -> None:
    """Raise DocumentError for an archive that unpacks to far more than a document of words."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return  # no archive: who reads it says what it is
    unpacked, packed = sum(each.file_size for each in members), path.stat().st_size
    if len(members) > _ARCHIVE_ENTRIES or unpacked > min(_ARCHIVE_BYTES, _ARCHIVE_RATIO * packed):
        raise DocumentError(
            f"{path.name} pakt uit tot veel meer dan een gewoon document. "
            "Bewaar het opnieuw met Word of LibreOffice en probeer het nog eens."
        )


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
