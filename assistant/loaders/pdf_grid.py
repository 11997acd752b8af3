"""The lines of a page without tags in, the same lines with the roles of table cells where they stand in a grid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.loaders.pdf_lines import Line

_SAME_COLUMN = 3.0  # points
_NEXT_COLUMN = 12.0
_FEWEST_ROWS = 3  # fewer may be a letterhead or two columns of text
_NEXT_LINE = 1.35  # letter sizes from one line of a cell to the next
_ROW_GAP = 4.5  # letter sizes between the tops of two rows beyond the lines of the first

# A row: the column of each cell → the indices of its lines.
_Row = dict[int, list[int]]


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
            index = _last(table[-1]) + 1
        else:
            index += 1
    return marked


def _table(lines: Sequence[Line], start: int) -> list[_Row]:
    first = _cells(lines, start)
    if len(first) < 2:
        return []
    columns = [lines[cell[0]].x for cell in first]
    rows = [dict(enumerate(first))]
    index = first[-1][-1] + 1
    while index < len(lines):
        cells = _cells(lines, index)
        places = [_column(lines[cell[0]], columns) for cell in cells]
        if None in places or len(set(places)) < len(places) or not _is_below(lines, rows[-1], cells):
            break
        row = {place: cell for place, cell in zip(places, cells, strict=True) if place is not None}
        if 0 not in row and _is_close(lines, rows[-1], cells) and len(row) < len(columns):
            for place, cell in row.items():  # the cells of the row above go on
                rows[-1][place] = [*rows[-1].get(place, []), *cell]
        elif len(row) >= 2:
            rows.append(row)
        else:
            break
        index = cells[-1][-1] + 1
    return rows


def _cells(lines: Sequence[Line], start: int) -> list[list[int]]:
    """The cells that begin on the height of the line at `start`, each with the lines below its first."""
    top = lines[start]
    row = [[start]]
    for index in range(start + 1, len(lines)):
        line, last = lines[index], lines[index - 1]
        if line.artifact != top.artifact:
            break
        cell = lines[row[-1][0]]
        if abs(line.y - top.y) <= 0.15 * top.size and line.x > cell.x + _NEXT_COLUMN:
            row.append([index])
        elif (len(row) > 1 and abs(line.x - cell.x) <= _SAME_COLUMN and 0 < last.y - line.y <= 1.7 * line.size) or (
            len(row) == 1 and _goes_on(lines, index)
        ):
            row[-1].append(index)
        else:
            break
    return row


def _goes_on(lines: Sequence[Line], index: int) -> bool:
    """Whether the line at `index` is the next line of a first cell; without another cell after it, it is a row."""
    line, last = lines[index], lines[index - 1]
    if abs(line.x - last.x) > _SAME_COLUMN or not 0 < last.y - line.y <= 1.7 * line.size:
        return False
    following = lines[index + 1] if index + 1 < len(lines) else None
    return following is None or abs(following.y - line.y) > 0.15 * line.size


def _column(cell: Line, columns: Sequence[float]) -> int | None:
    """The column in which the cell stands; figures are often put to the right or in the middle of theirs."""
    for number, place in enumerate(columns):
        if abs(cell.x - place) <= _SAME_COLUMN:
            return number
    if sum(map(str.isalpha, cell.text)) > len(cell.text) // 4 or cell.x < columns[0]:
        return None
    return max(number for number, place in enumerate(columns) if place <= cell.x)


def _is_below(lines: Sequence[Line], above: _Row, cells: Sequence[Sequence[int]]) -> bool:
    gap = _lowest(lines, above) - lines[cells[0][0]].y
    return 0 < gap <= _ROW_GAP * lines[cells[0][0]].size


def _is_close(lines: Sequence[Line], above: _Row, cells: Sequence[Sequence[int]]) -> bool:
    return _lowest(lines, above) - lines[cells[0][0]].y <= _NEXT_LINE * lines[cells[0][0]].size


def _lowest(lines: Sequence[Line], row: _Row) -> float:
    return min(lines[index].y for cell in row.values() for index in cell)


def _last(row: _Row) -> int:
    return max(index for cell in row.values() for index in cell)


def _has_words(lines: Sequence[Line], table: Sequence[_Row]) -> bool:
    """Whether most rows say something; the axes of a chart are a grid too."""
    with_words = sum(any(sum(map(str.isalpha, lines[cell[0]].text)) >= 3 for cell in row.values()) for row in table)
    return with_words > 0.7 * len(table)


def _mark(marked: list[Line], table: Sequence[_Row]) -> None:
    first = table[0][0][0]
    name = f"{marked[first].page}-{first}"
    # Two columns are often labels with values; only another print shows that the first row names the columns.
    has_header = len(table[0]) > 2 or marked[first].font != marked[min(table[1].values())[0]].font
    for number, row in enumerate(table):
        kind = "h" if number == 0 and has_header else "d"
        for place, cell in row.items():
            for index in cell:
                marked[index] = replace(marked[index], role=f"tr:{name}:{number}:{place}:{kind}")
