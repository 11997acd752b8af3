"""How an earlier change to the corpus is taken back: as a change of its own, made whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from assistant.catalogue_edit import reverted
from assistant.change_journal import Change, Done
from assistant.corpus_transaction import NewFile, Plan
from assistant.errors import CatalogueError
from assistant.manifest import hash_of
from assistant.settings import CATALOGUE_FILE, Settings


class History(Protocol):
    """The changes that were made, for who holds the lock."""

    def done(self) -> list[Done]:
        """The changes that can be undone, the last one first; CatalogueError for a damaged description."""

    def catalogues(self, number: str) -> tuple[str, str]:
        """The catalogue before a change and after it."""

    def kept_file(self, number: str, place: int) -> Path:
        """Where the file is that left the corpus with a change."""

    def forget(self, number: str) -> None:
        """A change can no longer be undone."""


def undo_plan(settings: Settings, journal: History) -> tuple[Change, Plan]:
    """The last change that can be undone, and what undoes it; call it with the lock held.

    Raises:
        CatalogueError: there is nothing to undo, or something else has come in the place of what was.
    """
    done = journal.done()
    if not done:
        raise CatalogueError("Er is geen wijziging om ongedaan te maken.")
    number, change = done[0]
    path = settings.corpus / CATALOGUE_FILE
    now = path.read_bytes().decode("utf-8")
    text = reverted(now, *journal.catalogues(number), path)
    back = tuple(
        NewFile(journal.kept_file(number, place), file.path, file.sha256)
        for place, file in enumerate(change.removed)
        if file.sha256
    )
    if text == now and not back and not change.added:
        journal.forget(number)
        raise CatalogueError(
            "De laatste wijziging is al met de hand teruggedraaid. Typ nog eens: beleidswijzer corpus undo"
        )
    replaced = {each.path for each in change.added}
    for file in back:
        if (settings.corpus / file.name).exists() and file.name not in replaced:
            raise CatalogueError(
                f"Het bestand {settings.corpus / file.name} staat in de weg. Geef het een andere naam en probeer het "
                "opnieuw."
            )
    for added in change.added:
        placed = settings.corpus / added.path
        if placed.exists() and hash_of(placed) != added.sha256:
            raise CatalogueError(
                f"Het bestand {placed} is sinds de wijziging veranderd. Zet het buiten de map en probeer het opnieuw."
            )
    removed = tuple(added.path for added in change.added)
    return change, Plan("undo", change.documents, text, back, removed, number)
