"""Documents that are there already, changed in the background: a better file, other details, retired, or taken back.

In: the work that a form left behind. Out: the id of the document, and what to say of it in Dutch.
"""

from __future__ import annotations

from collections.abc import Callable

from assistant import (
    Embedder,
    Settings,
    Uploads,
    edit_document,
    find_same,
    last_change,
    replace_file,
    retire_document,
    undo_change,
)
from integrations.http.work import Edit, ReplaceFile, Retire, Revision, Undo

Told = Callable[[int], None]


def revised(
    settings: Settings, uploads: Uploads, work: Revision, told: Told, embedder: Embedder | None, *, again: bool
) -> tuple[str, str]:
    """Make the change.

    Args:
        again: an earlier attempt was interrupted, perhaps just after the change was made.

    Raises:
        AssistantError: it cannot be made, and nothing has changed.
    """
    match work:
        case ReplaceFile():
            file = uploads.file(work.file)
            twin = find_same(settings, file) if again else None
            if twin is None or twin.id != work.document_id:
                replace_file(settings, work.document_id, file, told, embedder=embedder)
            return work.document_id, f"'{work.document_id}' heeft een ander bestand."
        case Edit():
            edit_document(settings, work.document_id, work.values, told, embedder=embedder)
            return work.document_id, f"De gegevens van '{work.document_id}' zijn gewijzigd."
        case Retire():
            retire_document(settings, work.document_id, work.successor, work.last_day, told, embedder=embedder)
            return work.document_id, f"Ingetrokken: '{work.document_id}'. Antwoorden eruit krijgen een waarschuwing."
        case Undo():
            last = last_change(settings)
            if again and (last is None or last.number != work.number):
                return work.number, "Teruggedraaid."  # just before the interruption
            change = undo_change(settings, told, embedder=embedder, number=work.number)
            return change.documents[0], f"Teruggedraaid. Dit ging over: {', '.join(change.documents[:5])}."
