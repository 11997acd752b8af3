"""What goes along while a document is read: who is told how far it is, and the pages that were recognised before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Pages = Callable[[int, int], None]  # how many pages are done, and of how many


class PageMemory(Protocol):
    """Remembers what text recognition made of a picture of a page; safe to use from several threads."""

    def recall(self, key: str) -> bytes | None:
        """What was kept under the key, which stands for the picture and for the way it is read."""
        ...

    def keep(self, key: str, page: bytes) -> None: ...


def _silent(done: int, total: int) -> None:
    """Pages that nobody counts."""


@dataclass(frozen=True)
class Reading:
    """How one document is read; none of it changes what is read."""

    told: Pages = _silent
    memory: PageMemory | None = None


PLAIN = Reading()
