"""A document from a stranger: read in a child process that may use so much memory and time, and no more.

In: a file. Out: what `loaders.load` makes of it, or a DocumentError. The child has no secrets, writes no files and,
where the system can see to that (confinement.py), reads no other files and reaches no network. What it says is not
believed to be well-formed.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
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
_LONGEST_REFUSAL = 2_000  # characters
_ROOM_BYTES = 4_000_000  # in a message besides an answer


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
        self._process: _Process | None = None

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
        except (EOFError, OSError, ValueError):  # it is gone, or does not say what it should
            code, answer = TOO_LARGE, b""
        finally:
            cut.cancel()
            if not whole:
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
            process.control.close()
            process.child.wait()


@dataclass(frozen=True)
class _Process:
    """The process that forks for each document, and the line on which it hears of them and says how each fork ended."""

    child: subprocess.Popen[bytes]
    control: socket.socket


def _started() -> _Process:
    # An environment of its own: nothing of ours, and no secret, is in it.
    places = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
    ours, theirs = socket.socketpair()
    with theirs:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "assistant.limited_child", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": places, "PYTHONUTF8": "1"},
            cwd="/",
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # so that it can be ended with all that it started
        )
    return _Process(child, ours)


def _kill(process: _Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.child.pid, signal.SIGKILL)


def _answer(process: _Process, order: Order, reading: Reading) -> tuple[int, bytes]:
    """The exit code of reading one document, and what was written; EOFError when the process is gone."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            socket.send_fds(process.control, [b"D"], [theirs.fileno()])
        line, written = ours.fileno(), b""
        write_frame(line, ORDER, order.model_dump_json().encode())
        with suppress(EOFError, ConnectionResetError):  # nobody is left on the other side
            while True:
                written = _heard(line, order, reading) or written
    _, code = read_frame(process.control.fileno())
    return int(code), written


def _heard(line: int, order: Order, reading: Reading) -> bytes:
    """What one message says of the document; nothing for any other message."""
    kind, content = read_frame(line, order.answer_bytes + _ROOM_BYTES)
    if kind in (ANSWER, REFUSAL):
        return content
    if kind == PAGES:
        done, _, total = content.partition(b" ")
        reading.told(int(done), int(total))
    elif kind == ASK:
        write_frame(line, FOUND, (reading.memory and reading.memory.recall(content.decode())) or b"")
    elif kind == KEEP and reading.memory and len(content) <= _MOST_REMEMBERED:
        key, _, page = content.partition(b"\n")
        reading.memory.keep(key.decode(), page)
    return b""


def _source(path: Path, code: int, answer: bytes) -> Source:
    if code == REFUSED:
        raise DocumentError(_sentence(answer))
    if code == TOO_LARGE or code < 0:  # negative: killed, by its own limit or by the system
        raise DocumentError(_too_much(path))
    try:
        if code == 0:
            return _SOURCE.validate_json(answer)
    except ValidationError:
        code = FAILED
    logger.error("Reading a document failed in its process: exit code %d", code)
    raise DocumentError(_unreadable(path))


def _sentence(answer: bytes) -> str:
    """A refusal as it can be shown, whatever was sent as one."""
    words = answer.decode("utf-8", "replace")[:_LONGEST_REFUSAL]
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in words)


def _too_much(path: Path) -> str:
    return (
        f"{path.name} is te zwaar: lezen kost meer geheugen of tijd dan is toegestaan. "
        "Splits het document, of bewaar het opnieuw met een gewoon programma."
    )


def _unreadable(path: Path) -> str:
    return f"{path.name} kan niet worden gelezen. Bewaar het document opnieuw en probeer het nog eens."
