"""Rows of a tagged PDF table in, one piece a row out, with the names of the columns."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.loaders.hyphens import join_broken
from assistant.loaders.pdf_lines import Line
from assistant.loaders.pieces import Piece
from assistant.loaders.tables import looks_like_header, row_text

_MOST_COLUMNS = 60


def table_pieces(rows: Sequence[Sequence[Line]], vocabulary: frozenset[str]) -> list[Piece]:
    """The rows of one or more tables as pieces; a row of header cells only names the columns of the next rows."""
    pieces = []
    header: list[str] = []
    table = ""
    for row in rows:
        own = row[0].role.split(":")[1]
        if own != table:
            header, table = [], own
        cells, all_headers = _cells(row, vocabulary, len(header))
        if all_headers and looks_like_header(cells):
            header = cells
            continue
        names = header if len(header) == len(cells) else []
        pieces.append(Piece("table_row", row_text(names, cells), page=row[0].page))
    return pieces


def _cells(row: Sequence[Line], vocabulary: frozenset[str], columns: int) -> tuple[list[str], bool]:
    """The texts of the cells, and whether all of them name columns; a printed table may leave cells empty."""
    texts: dict[str, str] = {}
    headers = []
    for line in row:
        parts = [*line.role.split(":"), "", ""]
        cell = parts[3]
        headers.append(parts[4] == "h")
        texts[cell] = join_broken(texts[cell], line.text, vocabulary) if cell in texts else line.text
    ordered = sorted(texts, key=lambda cell: int(cell) if cell.isdecimal() else 0)
    last = max((int(cell) for cell in ordered if cell.isdecimal()), default=0)
    if last < _MOST_COLUMNS:  # a cell outside a row of the tags has a number that is no column
        return [texts.get(str(number), "") for number in range(max(last + 1, columns))], all(headers)
    return [texts[cell] for cell in ordered], all(headers)
