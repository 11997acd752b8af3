"""A document from a stranger: read in a child process that may use so much memory and time, and no more.

In: a file. Out: what `loaders.load` makes of it, or a DocumentError. The child has no secrets and writes no files.
"""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assistant.errors import DocumentError
from assistant.types import Source

logger = logging.getLogger(__name__)

_REFUSED, _TOO_LARGE = 3, 4  # exit codes of the child
_ARCHIVE_ENTRIES = 5_000
_ARCHIVE_BYTES = 300_000_000
_ARCHIVE_RATIO = 200  # text in XML shrinks to a tenth or so; a bomb to a thousandth
_SOURCE = TypeAdapter(Source)


@dataclass(frozen=True)
class Limits:
    """What reading one document may cost."""

    memory_bytes: int = 1_500_000_000
    cpu_seconds: int = 240
    wall_seconds: float = 600.0  # a scan of 150 pages is recognised in about half of it on two cores
    answer_bytes: int = 100_000_000  # of text and structure


def load_limited(path: Path, limits: Limits | None = None) -> Source:
    """The text and structure of the document at `path`.

    Raises:
        DocumentError: as `loaders.load`; or the document takes more memory or time than is allowed.
    """
    limits = limits or Limits()
    numbers = [str(limits.memory_bytes), str(limits.cpu_seconds), str(limits.answer_bytes)]
    # An environment of its own: nothing of ours, and no secret, is in it.
    places = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
    environment = {"PYTHONPATH": places, "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "assistant.limited_load", str(path.absolute()), *numbers],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=limits.wall_seconds,
            check=False,
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        raise DocumentError(_too_much(path)) from None
    if done.returncode == 0:
        return _source(path, done.stdout)
    if done.returncode == _REFUSED:
        raise DocumentError(done.stdout.decode("utf-8", "replace"))
    if done.returncode == _TOO_LARGE or done.returncode < 0:  # negative: killed, by its own limit or by the system
        raise DocumentError(_too_much(path))
    logger.error("Reading a document failed in its process: exit code %d", done.returncode)
    raise DocumentError(_unreadable(path))


def _source(path: Path, answer: bytes) -> Source:
    try:
        return _SOURCE.validate_json(answer)
    except ValidationError as error:
        raise DocumentError(_unreadable(path)) from error


def _too_much(path: Path) -> str:
    return (
        f"{path.name} is te zwaar: lezen kost meer geheugen of tijd dan is toegestaan. "
        "Splits het document, of bewaar het opnieuw met een gewoon programma."
    )


def _unreadable(path: Path) -> str:
    return f"{path.name} kan niet worden gelezen. Bewaar het document opnieuw en probeer het nog eens."


def _answer(path: Path, answer_bytes: int) -> tuple[int, bytes]:
    """In the child: the exit code and what to write."""
    from assistant.loaders import load

    try:
        _refuse_bomb(path)
        answer = _SOURCE.dump_json(load(path))
    except DocumentError as error:
        return _REFUSED, str(error).encode("utf-8", "replace")
    except (MemoryError, RecursionError):
        return _TOO_LARGE, b""
    return (0, answer) if len(answer) <= answer_bytes else (_TOO_LARGE, b"")


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


def _run(path: Path, memory_bytes: int, cpu_seconds: int, answer_bytes: int) -> int:
    # The limits come first, before any byte of the document is read; nothing can raise them again.
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    code, written = _answer(path, answer_bytes)
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()
    return code


if __name__ == "__main__":
    sys.exit(_run(Path(sys.argv[1]), *map(int, sys.argv[2:5])))
