"""The lines of a page without tags in, the same lines with the roles of table cells where they stand in a grid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.loaders.pdf_lines import Line

_SAME_COLUMN = 3.0  # points
_NEXT_COLUMN = 12.0
_FEWEST_ROWS = 3  # fewer may be a letterhead or two columns of text
_ROW_GAP = 4.5  # letter sizes between the tops of two rows beyond the lines of the first

# A row as the indices of the lines of each of its cells.
_Row = list[list[int]]


def mark_grids(lines: Sequence[Line]) -> list[Line]:
    """Give the cells of printed tables the role "tr:TABLE:ROW:CELL:h" (header) or "…:d", as tags would."""
    marked = list(lines)
    if any(line.role for line in lines):
        return marked
    index = 0
    while index < len(lines):
        table = _table(lines, index)
        if len(table) >= _FEWEST_ROWS and _has_words(lines, table):
            _mark(marked, table)
            index = table[-1][-1][-1] + 1
        else:
            index += 1
    return marked


def _table(lines: Sequence[Line], start: int) -> list[_Row]:
    rows: list[_Row] = []
    columns: list[float] = []
    index = start
    while index < len(lines):
        row = _row(lines, index)
        places = [lines[cell[0]].x for cell in row]
        if len(row) < 2 or (rows and not _fits(lines, rows[-1], row, columns, places)):
            break
        columns = columns or places
        rows.append(row)
        index = row[-1][-1] + 1
    return rows


def _row(lines: Sequence[Line], start: int) -> _Row:
    """The cells that begin on the height of the line at `start`, each with the lines below its first."""
    top = lines[start]
    row: _Row = [[start]]
    for index in range(start + 1, len(lines)):
        line, last = lines[index], lines[index - 1]
        if line.artifact != top.artifact:
            break
        cell = lines[row[-1][0]]
        if abs(line.y - top.y) <= 0.15 * top.size and line.x > cell.x + _NEXT_COLUMN:
            row.append([index])
        elif abs(line.x - cell.x) <= _SAME_COLUMN and 0 < last.y - line.y <= 1.7 * line.size:
            row[-1].append(index)
        else:
            break
    return row


def _fits(lines: Sequence[Line], above: _Row, row: _Row, columns: Sequence[float], places: Sequence[float]) -> bool:
    """Whether `row` stands in the same columns, close below the row above."""
    if len(places) != len(columns):
        return False
    lowest = min(lines[index].y for cell in above for index in cell)
    gap = lowest - lines[row[0][0]].y
    aligned = all(abs(place - column) <= _SAME_COLUMN for place, column in zip(places, columns, strict=True))
    return aligned and 0 < gap <= _ROW_GAP * lines[row[0][0]].size


def _has_words(lines: Sequence[Line], table: Sequence[_Row]) -> bool:
    """Whether most rows say something; the axes of a chart are a grid too."""
    with_words = sum(any(sum(map(str.isalpha, lines[cell[0]].text)) >= 3 for cell in row) for row in table)
    return with_words > 0.7 * len(table)


def _mark(marked: list[Line], table: Sequence[_Row]) -> None:
    first = table[0][0][0]
    name = f"{marked[first].page}-{first}"
    # Two columns are often labels with values; only another print shows that the first row names the columns.
    has_header = len(table[0]) > 2 or marked[first].font != marked[table[1][0][0]].font
    for number, row in enumerate(table):
        kind = "h" if number == 0 and has_header else "d"
        for place, cell in enumerate(row):
            for index in cell:
                marked[index] = replace(marked[index], role=f"tr:{name}:{number}:{place}:{kind}")
