"""A document from a stranger: read in a child process that may use so much memory and time, and no more.

In: a file. Out: what `loaders.load` makes of it, or a DocumentError. The child has no secrets and writes no files.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Self

from pydantic import TypeAdapter, ValidationError

from assistant.errors import DocumentError
from assistant.frames import (
    ANSWER,
    ASK,
    ENDED,
    FAILED,
    FOUND,
    KEEP,
    ORDER,
    PAGES,
    REFUSAL,
    REFUSED,
    TOO_LARGE,
    Order,
    read_frame,
    write_frame,
)
from assistant.loaders.reading import PLAIN, Reading
from assistant.types import Source

logger = logging.getLogger(__name__)

_SOURCE = TypeAdapter(Source)
_MOST_REMEMBERED = 1_000_000  # bytes of one page


@dataclass(frozen=True)
class Limits:
    """What reading one document may cost."""

    memory_bytes: int = 1_500_000_000
    cpu_seconds: int = 240
    wall_seconds: float = 600.0  # a scan of 150 pages is recognised in about half of it on two cores
    answer_bytes: int = 100_000_000  # of text and structure


def load_limited(path: Path, limits: Limits | None = None, reading: Reading = PLAIN) -> Source:
    """The text and structure of the document at `path`.

    Raises:
        DocumentError: as `loaders.load`; or the document takes more memory or time than is allowed.
    """
    with LimitedReader(limits) as reader:
        return reader.read(path, reading)


class LimitedReader:
    """Reads documents one after the other, each in a process of its own; for one thread at a time."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, path: Path, reading: Reading = PLAIN) -> Source:
        """The document at `path`; raises DocumentError as `load_limited`."""
        process = self._process = self._process or _started()
        limits = self._limits
        order = Order(
            path=str(path.absolute()),
            memory_bytes=limits.memory_bytes,
            cpu_seconds=limits.cpu_seconds,
            answer_bytes=limits.answer_bytes,
            remembers=reading.memory is not None,
        )
        cut = Timer(limits.wall_seconds, lambda: _kill(process))
        cut.daemon = True
        cut.start()
        whole = False
        try:
            code, answer = _answer(process, order, reading)
            whole = True
        except (EOFError, OSError):
            code, answer = TOO_LARGE, b""
        finally:
            cut.cancel()
            if not whole:  # it is gone, or half a conversation is in its pipes
                self.close()
        return _source(path, code, answer)

    def stop(self) -> None:
        """Break off what is being read in another thread; it is then told that the document is too much."""
        if process := self._process:
            _kill(process)

    def close(self) -> None:
        """End the process, and what it started."""
        process, self._process = self._process, None
        if process:
            _kill(process)
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
            process.wait()


def _started() -> subprocess.Popen[bytes]:
    # An environment of its own: nothing of ours, and no secret, is in it.
    places = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "assistant.limited_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={"PYTHONPATH": places, "PYTHONUTF8": "1"},
        cwd="/",
        start_new_session=True,  # so that it can be ended with all that it started
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _answer(process: subprocess.Popen[bytes], order: Order, reading: Reading) -> tuple[int, bytes]:
    """The exit code of reading one document, and what was written; EOFError when the process is gone."""
    assert process.stdin is not None  # both were asked for
    assert process.stdout is not None
    into, out, written = process.stdin.fileno(), process.stdout.fileno(), b""
    write_frame(into, ORDER, order.model_dump_json().encode())
    while True:
        kind, content = read_frame(out)
        if kind == ENDED:
            return int(content), written
        if kind in (ANSWER, REFUSAL):
            written = content
        elif kind == PAGES:
            done, _, total = content.partition(b" ")
            reading.told(int(done), int(total))
        elif kind == ASK:
            write_frame(into, FOUND, (reading.memory and reading.memory.recall(content.decode())) or b"")
        elif kind == KEEP and reading.memory and len(content) <= _MOST_REMEMBERED:
            key, _, page = content.partition(b"\n")
            reading.memory.keep(key.decode(), page)


def _source(path: Path, code: int, answer: bytes) -> Source:
    if code == REFUSED:
        raise DocumentError(answer.decode("utf-8", "replace"))
    if code == TOO_LARGE:
        raise DocumentError(_too_much(path))
    try:
        if code == 0:
            return _SOURCE.validate_json(answer)
    except ValidationError:
        code = FAILED
    logger.error("Reading a document failed in its process: exit code %d", code)
    raise DocumentError(_unreadable(path))


def _too_much(path: Path) -> str:
    return (
        f"{path.name} is te zwaar: lezen kost meer geheugen of tijd dan is toegestaan. "
        "Splits het document, of bewaar het opnieuw met een gewoon programma."
    )


def _unreadable(path: Path) -> str:
    return f"{path.name} kan niet worden gelezen. Bewaar het document opnieuw en probeer het nog eens."
