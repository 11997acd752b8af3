"""Rows of a tagged PDF table in, one piece a row out, with the names of the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.loaders.hyphens import join_broken
from assistant.loaders.pdf_lines import Line
from assistant.loaders.pieces import Piece
from assistant.loaders.tables import looks_like_header, row_text

_MOST_COLUMNS = 60
_LONGEST_REPEATED = 120  # characters; what a cell says of several rows is told with each, unless it is a whole text


@dataclass
class _Table:
    """What the rows so far tell of the next."""

    header: list[str] = field(default_factory=list)
    width: int = 0
    covering: dict[int, tuple[str, int]] = field(default_factory=dict)  # column → text of a cell above, rows to go


@dataclass(frozen=True)
class _Cell:
    text: str
    rows: int  # that it covers


def table_pieces(rows: Sequence[Sequence[Line]], vocabulary: frozenset[str]) -> list[Piece]:
    """The rows of one or more tables as pieces; a row of header cells only names the columns of the next rows."""
    pieces = []
    table, name = _Table(), ""
    for number, row in enumerate(rows):
        if _name(row) != name:
            table, name = _Table(), _name(row)
            following = rows[number + 1] if number + 1 < len(rows) else []
            first_in_print = bool(following) and _name(following) == name and _has_print_of_its_own(row, following)
        else:
            first_in_print = False
        cells, all_headers = _cells(row, vocabulary, len(table.header))
        texts = _with_covering(cells, table)
        if (all_headers or first_in_print) and looks_like_header(texts):
            table.header = texts
            continue
        names = table.header if len(table.header) == len(texts) else []
        pieces.append(Piece("table_row", row_text(names, texts), page=row[0].page))
    return pieces


def _name(row: Sequence[Line]) -> str:
    return row[0].role.split(":")[1]


def _has_print_of_its_own(first: Sequence[Line], second: Sequence[Line]) -> bool:
    """Whether a first row names the columns, although its maker did not say so: all of it in a print of its own."""
    fonts = {line.font for line in first}
    return len(first) > 1 and len(fonts) == 1 and "" not in fonts and fonts.isdisjoint(line.font for line in second)


def _with_covering(cells: Sequence[_Cell], table: _Table) -> list[str]:
    """The texts of the row with those of the cells above that cover it too."""
    covering = table.covering
    if len(cells) + len(covering) > table.width:  # the maker repeats such cells, or leaves them empty
        covering = {}
    texts: list[str] = []
    to_go = {column: (text, rows - 1) for column, (text, rows) in covering.items() if rows > 1}
    own = iter(cells)
    for column in range(len(cells) + len(covering)):
        if column in covering:
            texts.append(covering[column][0])
            continue
        cell = next(own, _Cell("", 1))
        texts.append(cell.text)
        if cell.rows > 1:
            to_go[column] = (cell.text if len(cell.text) <= _LONGEST_REPEATED else "", cell.rows - 1)
    table.covering, table.width = to_go, max(table.width, len(texts))
    return texts


def _cells(row: Sequence[Line], vocabulary: frozenset[str], columns: int) -> tuple[list[_Cell], bool]:
    """The cells, and whether all of them name columns; a printed table may leave cells empty."""
    texts: dict[str, str] = {}
    rows: dict[str, int] = {}
    headers = []
    for line in row:
        parts = [*line.role.split(":"), "", "", ""]
        cell = parts[3]
        headers.append(parts[4] == "h")
        if parts[5].isdecimal():
            rows[cell] = int(parts[5])
        texts[cell] = join_broken(texts[cell], line.text, vocabulary) if cell in texts else line.text
    ordered = sorted(texts, key=lambda cell: int(cell) if cell.isdecimal() else 0)
    last = max((int(cell) for cell in ordered if cell.isdecimal()), default=0)
    if last < _MOST_COLUMNS:  # a cell outside a row of the tags has a number that is no column
        least = 0 if rows else columns  # tags name each cell, empty ones too
        ordered = [str(number) for number in range(max(last + 1, least))]
    return [_Cell(texts.get(cell, ""), rows.get(cell, 1)) for cell in ordered], all(headers)
