"""A workbook (Excel) in, a `Source` out: a heading a sheet, and a readable line a row with the names of its columns."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.loaders.archives import open_archive, refusing_damage
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.tables import looks_like_header, row_text
from assistant.types import Source
from assistant.wording import date_words

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MOST_ROWS = 20_000  # of all sheets together: a register, no document of words
_MOST_COLUMNS = 100
_HEADER_ROWS = 15  # the names of the columns stand among these


def load_xlsx(path: Path, data: bytes) -> Source:
    """The sheets that are shown; of a formula the value that was saved with it."""
    from openpyxl import load_workbook

    open_archive(path, data).close()
    with refusing_damage(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of drawings and extensions that it leaves out
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            pieces, left_out = _sheets(workbook)
            stated = squeeze(workbook.properties.title or "")
        finally:
            workbook.close()
    told = []
    if left_out:
        told.append(
            f"{path.name} heeft meer dan {MOST_ROWS} rijen; alleen de eerste {MOST_ROWS} zijn gelezen. "
            "Splits het bestand of lever de tabel aan als samenvatting."
        )
    return assemble(pieces, title=stated or None, warnings=told)


def _sheets(workbook: Workbook) -> tuple[list[Piece], bool]:
    pieces: list[Piece] = []
    room = MOST_ROWS
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            continue
        rows: list[list[str]] = []
        for cells in sheet.iter_rows(max_col=_MOST_COLUMNS):
            texts = [_shown(cell) for cell in cells]
            if any(texts):
                if room == 0:
                    return [*pieces, *_sheet(sheet.title, rows)], True
                rows.append(texts)
                room -= 1
        pieces += _sheet(sheet.title, rows)
    return pieces, False


def _sheet(title: str, rows: Sequence[list[str]]) -> Iterator[Piece]:
    if not rows:
        return
    yield Piece("heading", squeeze(title), 1)
    widest = max(sum(map(bool, row)) for row in rows[:_HEADER_ROWS])
    at = next((number for number, row in enumerate(rows[:_HEADER_ROWS]) if sum(map(bool, row)) >= max(widest, 2)), -1)
    names = rows[at] if 0 <= at < len(rows) - 1 and _names_columns(rows[at]) else []
    for number, row in enumerate(rows):
        filled = [cell for cell in row if cell]
        if number == at and names:
            continue
        if len(filled) == 1 and (number < at or not names):  # what stands above or beside the table
            yield Piece("paragraph", filled[0])
        else:
            yield Piece("table_row", row_text(names if number > at else [], row))


def _names_columns(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    return looks_like_header(filled) and not any(cell[0].isdigit() for cell in filled)


def _shown(cell: Any) -> str:
    """The value as Dutch writes it."""
    value, style = cell.value, ""
    if value is None or (isinstance(value, str) and value.startswith("#") and cell.data_type == "e"):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        style = str(cell.number_format or "")
    return _words(value, style)


def _words(value: object, style: str) -> str:
    match value:
        case bool():
            return "ja" if value else "nee"
        case datetime():
            clock = f" {value:%H:%M} uur" if value.time() != time() else ""
            return date_words(value.date()) + clock
        case date():
            return date_words(value)
        case int() | float():
            return _amount(value, style)
    return squeeze(str(value))


def _amount(value: float, style: str) -> str:
    if "%" in style:
        return f"{_number(round(value * 100, 2))} %"
    return f"€ {_grouped(value)}" if "€" in style or "EUR" in style else _number(value)


def _number(value: float) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    # Fifteen figures: what a sheet itself shows of 0.1 + 0.2.
    return (f"{value:.15g}" if isinstance(value, float) else str(value)).replace(".", ",")


def _grouped(value: float) -> str:
    shown = f"{value:,.2f}" if value % 1 else f"{value:,.0f}"
    return shown.translate(str.maketrans(",.", ".,"))
