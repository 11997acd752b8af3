"""The limited process itself: it reads documents of strangers, each in a fork that may use so much and no more.

In: frames on standard input. Out: frames on standard output (see `frames`). A fork takes milliseconds, where a process
of its own would first load every loader; and nothing of one document is left when the next one is read.
"""

from __future__ import annotations

import os
import resource
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter

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

_INPUT, _OUTPUT = 0, 1
_ARCHIVE_ENTRIES = 5_000
_ARCHIVE_BYTES = 300_000_000
_ARCHIVE_RATIO = 200  # text in XML shrinks to a tenth or so; a bomb to a thousandth
_SOURCE = TypeAdapter(Source)


class _ParentMemory:
    """The pages that our parent remembers: this process itself may write no file."""

    def __init__(self) -> None:
        self._lock = Lock()

    def recall(self, key: str) -> bytes | None:
        with self._lock:
            write_frame(_OUTPUT, ASK, key.encode())
            _, page = read_frame(_INPUT)
        return page or None

    def keep(self, key: str, page: bytes) -> None:
        with self._lock:
            write_frame(_OUTPUT, KEEP, f"{key}\n".encode() + page)

    def count(self, done: int, total: int) -> None:
        with self._lock:
            write_frame(_OUTPUT, PAGES, f"{done} {total}".encode())


def main() -> None:
    """Read one document after the other until the parent goes away."""
    _load_loaders()
    with suppress(EOFError, BrokenPipeError):
        while True:
            _, order = read_frame(_INPUT)
            _in_fork(Order.model_validate_json(order))


def _load_loaders() -> None:
    """What the most common loaders need is loaded once, before any document of a stranger is near."""
    word = b"# Nota"
    for loader, data in ((load_markdown, word), (load_html, b"<html><body><p>Nota</p></body></html>")):
        loader(Path("nota"), data)


def _in_fork(order: Order) -> None:
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            code = _read(order)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        # It may have been cut off in the middle of a frame; the parent sees that we are gone, and starts another.
        sys.exit(TOO_LARGE)
    write_frame(_OUTPUT, ENDED, str(os.waitstatus_to_exitcode(status)).encode())


def _read(order: Order) -> int:
    """In the fork: the exit code, after the answer was written."""
    limit(order.memory_bytes, order.cpu_seconds)
    memory = _ParentMemory()
    reading = Reading(memory.count, memory if order.remembers else None)
    try:
        path = Path(order.path)
        _refuse_bomb(path)
        answer = _SOURCE.dump_json(load(path, reading))
    except DocumentError as error:
        write_frame(_OUTPUT, REFUSAL, str(error).encode("utf-8", "replace"))
        return REFUSED
    except (MemoryError, RecursionError):
        return TOO_LARGE
    if len(answer) > order.answer_bytes:
        return TOO_LARGE
    write_frame(_OUTPUT, ANSWER, answer)
    return 0


def limit(memory_bytes: int, cpu_seconds: int) -> None:
    """The limits come first, before any byte of the document is read; nothing can raise them again."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
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
    main()
