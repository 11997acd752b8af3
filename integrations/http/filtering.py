"""What a client must know about its filters: one that nothing fits would make "no answer" look like an answer."""

from __future__ import annotations

from collections.abc import Iterator

from assistant import Assistant, Caution, Document
from integrations.http.schemas import FiltersBody

_UNKNOWN = Caution(
    "filter_onbekend",
    "Een filter noemt een bron, uitgever of thema dat niet voorkomt. Controleer de filters met GET /v1/bronnen.",
)
_REVERSED = Caution("filter_leeg", "Het filter 'vanaf' ligt na het filter 'tot': geen enkele bron past. Draai ze om.")


def filter_cautions(assistant: Assistant, filters: FiltersBody) -> tuple[Caution, ...]:
    """The warnings about some filters; empty when they are in order."""
    return tuple(_cautions(assistant, filters))


def _cautions(assistant: Assistant, filters: FiltersBody) -> Iterator[Caution]:
    named = filters.documents or filters.publishers or filters.themes
    if named and any(_unknown(filters, assistant.documents())):
        yield _UNKNOWN
    if filters.published_from and filters.published_until and filters.published_from > filters.published_until:
        yield _REVERSED


def _unknown(filters: FiltersBody, documents: list[Document]) -> Iterator[str]:
    yield from set(filters.documents) - {document.id for document in documents}
    yield from set(filters.publishers) - {document.publisher for document in documents if document.publisher}
    yield from set(filters.themes) - {theme for document in documents for theme in document.themes}
