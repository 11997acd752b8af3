"""Rows of cells in, one readable line a row out: "Kolom: waarde; Kolom: waarde"."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.loaders.dates import dateline

_HEADER_LENGTH = 80
_NAME_WORDS = 4


def row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """One row as text; without a header only the values. Empty cells are left out."""
    parts = []
    for index, cell in enumerate(cells):
        name = header[index].rstrip(":") if index < len(header) else ""
        if cell and name != cell:
            parts.append(f"{name}: {cell}" if name else cell)
    return "; ".join(parts)


def looks_like_header(cells: Sequence[str]) -> bool:
    """Whether a first row could name its columns: short, different names without sentence ends."""
    filled = [cell for cell in cells if cell]
    if len(filled) < 2 or len(filled) < len(cells) - 1 or len(set(filled)) < len(filled):
        return False
    if any(dateline(cell) for cell in filled):
        return False
    # Two columns are often names with values ("Versie | 1.0"), so both cells must look like names.
    if len(filled) == 2 and not (filled[0][0].isupper() and max(len(cell.split()) for cell in filled) <= _NAME_WORDS):
        return False
    return all(len(cell) <= _HEADER_LENGTH and not cell.endswith((".", ";")) for cell in filled)
