"""Addresses that open a source at a quote: the document's own file, or a readable view of its text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from assistant.engine import Snapshot
from assistant.errors import DocumentError
from assistant.source_files import SourceFiles
from assistant.types import Citation
from assistant.views import quote_link, text_fragment

Link = Callable[[Snapshot, Citation], str]


def plain_link(_: Snapshot, citation: Citation) -> str:
    """The document's own file at the page, or at the quoted words."""
    address, page = citation.document.file.as_uri(), citation.page
    return f"{address}#page={page}" if page is not None else f"{address}#{text_fragment(citation.quote)}"


def view_link(folder: Path, files: SourceFiles | None = None) -> Link:
    """Links to readable views of the sources, which are written into `folder` when they are first needed.

    Args:
        files: where the documents' own files are; where the catalogue says, if left out.
    """

    def link(snapshot: Snapshot, citation: Citation) -> str:
        document = citation.document
        if files is not None and document.file.suffix.lower() == ".pdf":  # which is opened itself
            with suppress(DocumentError):  # the answer stands without its link
                document = replace(document, file=files.path(document, snapshot.manifest.sha256_of(document.id)))
        return quote_link(
            document,
            citation.quote,
            citation.begin,
            page=citation.page,
            folder=folder,
            version=snapshot.manifest.version_of(document.id),
            read=lambda: snapshot.store.source(document.id),
        )

    return link
