"""When a document holds: from its own dates, and from those of the document that replaces it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.types import Document


@dataclass(frozen=True)
class Period:
    """The days on which a document holds; None is an open end."""

    begin: date | None
    end: date | None  # the last day

    def holds_on(self, day: date) -> bool:
        """Whether `day` is in the period; a document without a first day never passes."""
        return self.begin is not None and self.begin <= day and (self.end is None or day <= self.end)


def period(document: Document, documents: Mapping[str, Document]) -> Period:
    """The period of one document.

    Args:
        documents: all documents by id; the successor's first day ends a document that names no last day.
    """
    successor = documents.get(document.superseded_by or "")
    replaced_on = _begin(successor) if successor else None
    end = document.valid_until or (replaced_on - timedelta(days=1) if replaced_on else None)
    return Period(_begin(document), end)


def _begin(document: Document) -> date | None:
    return document.valid_from or document.published
