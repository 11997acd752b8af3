"""Who changes the corpus, alone: in its folder, or in the database that several machines share.

In: settings. Out: a corpus that nobody else changes, to read from and to change; or one to read from only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from assistant.change_journal import Change, Journal
from assistant.change_undo import undo_plan
from assistant.corpus_transaction import Plan, Told, carry_out, only_journal
from assistant.embeddings import Embedder
from assistant.settings import Settings


class Changing(Protocol):
    """A corpus that nobody else changes meanwhile."""

    @property
    def settings(self) -> Settings:
        """The settings with the folder that the documents and the catalogue can be read from."""

    def carry_out(self, plan: Plan, embedder: Embedder, told: Told) -> None:
        """Make a change; raises as `corpus_transaction.carry_out`, and then nothing has changed."""

    def undo_plan(self) -> tuple[Change, Plan]:
        """The last change that can be undone, and what undoes it; raises as `change_undo.undo_plan`."""


@contextmanager
def only_change(settings: Settings) -> Iterator[Changing]:
    """Be the only one who changes this corpus, after what was left of an interrupted change is cleared away."""
    with only_journal(settings) as journal:
        yield _InFolder(settings, journal)


@dataclass(frozen=True)
class _InFolder:
    """The corpus is a folder on this machine."""

    settings: Settings
    journal: Journal

    def carry_out(self, plan: Plan, embedder: Embedder, told: Told) -> None:
        carry_out(self.settings, self.journal, plan, embedder, told)

    def undo_plan(self) -> tuple[Change, Plan]:
        return undo_plan(self.settings, self.journal)
