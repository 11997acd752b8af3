"""One document file in, one `Source` out: text, blocks, pages, and what the document states of itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assistant.errors import DocumentError
from assistant.loaders.docx import load_docx
from assistant.loaders.email import load_email
from assistant.loaders.files import check_kind, read_document
from assistant.loaders.html import load_html
from assistant.loaders.markdown import load_markdown
from assistant.loaders.odt import load_odt
from assistant.loaders.pdf import load_pdf
from assistant.loaders.pptx import load_pptx
from assistant.loaders.reading import PLAIN, Reading
from assistant.loaders.text import load_text
from assistant.loaders.xlsx import load_xlsx
from assistant.types import Source

__all__ = ["LOADERS", "SUPPORTED_SUFFIXES", "load"]

# Suffix → loader. A loader gets the path (for its messages) and the bytes of the file.
LOADERS: dict[str, Callable[[Path, bytes], Source]] = {
    ".docx": load_docx,
    ".eml": load_email,
    ".htm": load_html,
    ".html": load_html,
    ".markdown": load_markdown,
    ".md": load_markdown,
    ".odt": load_odt,
    ".pdf": load_pdf,
    ".pptx": load_pptx,
    ".txt": load_text,
    ".xlsx": load_xlsx,
}
SUPPORTED_SUFFIXES = tuple(sorted(LOADERS))


def load(path: Path, reading: Reading = PLAIN) -> Source:
    """The text and structure of the document at `path`.

    Args:
        reading: who is told how far it is; only a PDF is read page by page.

    Raises:
        DocumentError: the file is missing, empty, damaged, encrypted, or not what its extension says.
    """
    suffix = path.suffix.lower()
    loader = LOADERS.get(suffix)
    if loader is None:
        raise DocumentError(
            f"{path.name}: dit soort bestand wordt niet gelezen. Zet het om naar een van deze soorten: "
            f"{', '.join(SUPPORTED_SUFFIXES)}."
        )
    data = read_document(path)
    check_kind(path, data)
    source = load_pdf(path, data, reading) if suffix == ".pdf" else loader(path, data)
    if not source.blocks:
        raise DocumentError(f"{path.name} bevat geen leesbare tekst. Vervang het bestand of haal het uit de map.")
    return source
