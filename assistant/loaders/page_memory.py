"""What text recognition makes of a picture of a page, remembered: the same picture is not recognised twice.

In: a drawn page. Out: its printed lines. The key stands for every dot of the picture and for the way it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from assistant.loaders.ocr import LANGUAGE, PrintedLine
from assistant.loaders.reading import PageMemory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECOGNITION_VERSION = "3"  # raise it when a picture is prepared or read differently: pages are then recognised anew
_LINES = TypeAdapter(list[PrintedLine])


def remembered(
    pixels: NDArray[np.uint8], dpi: int, memory: PageMemory | None, recognise: Callable[[], list[PrintedLine]]
) -> list[PrintedLine]:
    """The lines on a picture, from memory if it was recognised before."""
    if memory is None:
        return recognise()
    key = _key(pixels, dpi)
    if known := memory.recall(key):
        try:
            return _LINES.validate_json(known)
        except ValidationError:
            pass  # what is damaged is recognised anew
    lines = recognise()
    memory.keep(key, _LINES.dump_json(lines))
    return lines


def _key(pixels: NDArray[np.uint8], dpi: int) -> str:
    digest = sha256(f"{RECOGNITION_VERSION} {LANGUAGE} {dpi} {pixels.shape}\n".encode())
    digest.update(pixels.tobytes())
    return digest.hexdigest()
