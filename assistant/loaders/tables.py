"""Rows of cells in, one readable line a row out: "Kolom: waarde; Kolom: waarde"."""

from __future__ import annotations

from collections.abc import Sequence

_HEADER_LENGTH = 80


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
    return all(len(cell) <= _HEADER_LENGTH and not cell.endswith((".", ";")) for cell in filled)
