"""The structure tree of a tagged PDF in, the role of each marked stretch of a page out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PdfReader

_HEADING = re.compile(r"/(?:H|Heading|Kop)\s*_?([1-9])", re.I)
_LIMIT = 400_000  # elements; a damaged tree may run in circles


def roles_by_page(reader: PdfReader) -> dict[int, dict[int, str]]:
    """Page index → content id → role: role, in the order of the tree.

    Roles: "" for text, "h1" … "h6", "toc", "li:N" for the Nth list item, "tr:TABLE:ROW:COLUMN:h:ROWS" for a header
    cell that covers so many rows and "tr:TABLE:ROW:COLUMN:d:ROWS" for a data cell.
    """
    root = _get(_object(reader.trailer["/Root"]), "/StructTreeRoot")
    if root is None:
        return {}
    role_map = {str(key): str(value) for key, value in (_get(root, "/RoleMap") or {}).items()}
    pages = {page.indirect_reference.idnum: index for index, page in enumerate(reader.pages) if page.indirect_reference}
    found: dict[int, dict[int, str]] = {}
    # (element, role so far, page it lies on)
    stack: list[tuple[Any, str, int | None]] = [(_get(root, "/K"), "", None)]
    seen = 0
    while stack and seen < _LIMIT:
        element, role, page = stack.pop()
        seen += 1
        if isinstance(element, int):
            if page is not None:
                found.setdefault(page, {})[int(element)] = role
        elif isinstance(element, list):
            stack.extend((_object(child), role, page) for child in reversed(element))
        elif hasattr(element, "get"):
            reference = element.raw_get("/Pg") if "/Pg" in element else None
            page = pages.get(getattr(reference, "idnum", -1), page)
            if element.get("/Type") == "/MCR":
                stack.append((_get(element, "/MCID"), role, page))
            elif "/S" in element:
                own = _role(str(element["/S"]), role_map, role, seen)
                stack += [(kid, kid_role, page) for kid, kid_role in _kids(element, own)]
    return found


def _kids(element: Any, role: str) -> list[tuple[Any, str]]:
    """What lies under the element, last first; the cells of a row get the number of their column."""
    kids = _get(element, "/K")
    if role[:3] != "tr:" or role.count(":") != 2:
        return [(kids, role)]
    placed = []
    column = 0
    for kid in map(_object, kids if isinstance(kids, list) else [kids]):
        placed.append((kid, f"{role}:{column}:{_covered(kid, '/RowSpan')}"))
        column += _covered(kid, "/ColSpan")
    return placed[::-1]


def _covered(cell: Any, kind: str) -> int:
    """How many rows or columns the cell covers."""
    attributes: Any = _get(cell, "/A") if hasattr(cell, "get") else None
    found: list[Any] = [_object(each) for each in attributes] if isinstance(attributes, list) else [attributes]
    spans: list[Any] = [each.get(kind) for each in found if hasattr(each, "get")]
    return next((min(span, 50) for span in spans if isinstance(span, int) and span > 0), 1)


def _role(tag: str, role_map: dict[str, str], inherited: str, number: int) -> str:
    mapped = role_map.get(tag, tag)
    level = _heading_level(tag) or _heading_level(mapped)
    role = inherited
    if level:
        role = f"h{level}"
    elif mapped in ("/TOC", "/TOCI"):
        role = "toc"
    elif mapped == "/Table" and inherited != "toc":
        role = f"tr:{number}"
    elif inherited.startswith("tr:"):
        role = _table_role(mapped, inherited, number)
    elif mapped == "/LI" and inherited != "toc":
        role = f"li:{number}"
    return role


def _heading_level(tag: str) -> int:
    match = _HEADING.fullmatch(tag)
    if match:
        return min(int(match[1]), 6)
    return {"/Title": 1, "/Titel": 1, "/H": 2}.get(tag, 0)


def _table_role(mapped: str, inherited: str, number: int) -> str:
    parts = inherited.split(":")
    if mapped == "/TR":
        return f"tr:{parts[1]}:{number}"
    if mapped in ("/TH", "/TD"):
        row, column = (parts[2] if len(parts) > 2 else 0), (parts[3] if len(parts) > 3 else number)
        rows = parts[4] if len(parts) == 5 and parts[4].isdecimal() else 1
        return f"tr:{parts[1]}:{row}:{column}:{'h' if mapped == '/TH' else 'd'}:{rows}"
    return inherited


def _get(element: Any, key: str) -> Any:
    return _object(element.get(key))


def _object(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value
