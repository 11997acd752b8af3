"""Messages between a process and the limited process that reads documents for it: a letter, a length, the content."""

from __future__ import annotations

import os
import struct

from pydantic import BaseModel, ConfigDict

ORDER, FOUND = b"O", b"F"  # to the limited process: read this; what is remembered of a page, or nothing
PAGES, ASK, KEEP = b"P", b"Q", b"K"  # from it: how far it is; what is remembered of a page; remember this
ANSWER, REFUSAL = b"A", b"R"  # from it: the document; why not
ENDED = b"E"  # on the other line, from what holds the limited processes: the exit code of one

REFUSED, TOO_LARGE, FAILED = 3, 4, 1  # exit codes; 0: it was read
MOST_BYTES = 1 << 30  # of one message: more is no message of ours
_HEAD = struct.Struct(">cQ")


class Order(BaseModel):
    """One document to read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str  # absolute
    memory_bytes: int
    cpu_seconds: int
    answer_bytes: int
    remembers: bool  # whether recognised pages are remembered


def write_frame(handle: int, kind: bytes, content: bytes) -> None:
    """Write one message whole."""
    left = memoryview(_HEAD.pack(kind, len(content)) + content)
    while left:
        left = left[os.write(handle, left) :]


def read_frame(handle: int, most_bytes: int = MOST_BYTES) -> tuple[bytes, bytes]:
    """The next message; not a byte more is read. EOFError when the other side is gone or sends something else."""
    kind, size = _HEAD.unpack(_exactly(handle, _HEAD.size))
    if size > most_bytes:
        raise EOFError
    return kind, _exactly(handle, size)


def _exactly(handle: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = os.read(handle, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
