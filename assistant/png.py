"""Pixels to a PNG file, without an imaging library."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2  # colour types


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """The pixels as a PNG file: of shape (height, width, 3), in the order red, green, blue; or without 3, in grey."""
    import numpy as np

    height, width = pixels.shape[:2]
    samples = pixels.reshape(height, -1)
    lines = np.zeros((height, 1 + samples.shape[1]), dtype=np.uint8)  # each line starts with its filter: 0 is none
    lines[:, 1:] = samples
    header = struct.pack(">IIBBBBB", width, height, 8, _RGB if samples.shape[1] > width else _GREY, 0, 0, 0)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(lines.tobytes(), level=6))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
