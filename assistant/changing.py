"""Who changes the corpus, alone: in its folder, or in the database that several machines share.

In: settings. Out: a corpus that nobody else changes, to read from and to change; or one to read from only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.catalogue import read_documents
from assistant.change_journal import Change, Done, Journal
from assistant.change_undo import undo_plan
from assistant.corpus_transaction import Plan, Told, carry_out, only_journal
from assistant.embeddings import Embedder
from assistant.ingest import Stages
from assistant.limited_stages import limited_stages
from assistant.reading_ahead import Counted
from assistant.settings import Settings
from assistant.types import Document


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
    if settings.secrets.index_url is not None:
        from assistant.corpus_database import only_change_in_database  # brings the database's library

        with only_change_in_database(settings) as changing:
            yield changing
        return
    with only_journal(settings) as journal:
        yield _InFolder(settings, journal)


def readable(settings: Settings) -> Settings:
    """The settings with a folder that the corpus can be read from; of a database, this machine's copy of it.

    Raises:
        CatalogueError: the database has no corpus yet.
    """
    if settings.secrets.index_url is None:
        return settings
    from assistant.postgres.shared_corpus import open_shared_corpus

    shared = open_shared_corpus(settings)
    shared.brought_up_to_date()
    return replace(settings, corpus=shared.copy.corpus)


def made_changes(settings: Settings) -> list[Done]:
    """The changes that can be undone, the last one first; CatalogueError for a damaged description."""
    if settings.secrets.index_url is None:
        return Journal(settings).done()
    from assistant.corpus_database import made_in_database

    return made_in_database(settings)


@contextmanager
def indexable(settings: Settings, counted: Counted | None = None) -> Iterator[tuple[tuple[Document, ...], Stages]]:
    """The documents to index and how they are read; of a database, while nobody changes them.

    Args:
        counted: is told of the pages of a document that is being read.

    Raises:
        CatalogueError: the catalogue is wrong or names no documents.
    """
    if settings.secrets.index_url is None:
        documents = read_documents(settings.corpus)
        with limited_stages(settings, counted) as stages:
            yield documents, stages
        return
    from assistant.corpus_database import indexable_in_database

    with indexable_in_database(settings, counted) as found:
        yield found


@dataclass(frozen=True)
class _InFolder:
    """The corpus is a folder on this machine."""

    settings: Settings
    journal: Journal

    def carry_out(self, plan: Plan, embedder: Embedder, told: Told) -> None:
        carry_out(self.settings, self.journal, plan, embedder, told)

    def undo_plan(self) -> tuple[Change, Plan]:
        return undo_plan(self.settings, self.journal)
