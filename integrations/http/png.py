"""Pixels to a PNG file, without an imaging library."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB = 2  # colour type


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """The pixels, of shape (height, width, 3) in the order red, green, blue, as a PNG file."""
    import numpy as np

    height, width, _ = pixels.shape
    lines = np.zeros((height, 1 + width * 3), dtype=np.uint8)  # each line starts with its filter: 0 is none
    lines[:, 1:] = pixels.reshape(height, width * 3)
    header = struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(lines.tobytes(), level=6))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
