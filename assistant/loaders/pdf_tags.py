"""The structure tree of a tagged PDF in, the role of each marked stretch of a page out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PdfReader

_HEADING = re.compile(r"/(?:H|Heading|Kop)\s*_?(\d)", re.I)
_LIMIT = 400_000  # elements; a damaged tree may run in circles


def roles_by_page(reader: PdfReader) -> dict[int, dict[int, str]]:
    """Page index → content id → role: role.

    Roles: "h1" … "h6", "toc", "li:N" for the Nth list item, "tr:TABLE:ROW:CELL:h" or "…:d" for a header or data cell.
    """
    root = reader.trailer["/Root"].get("/StructTreeRoot")
    if root is None:
        return {}
    root = root.get_object()
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
            if role and page is not None:
                found.setdefault(page, {})[int(element)] = role
        elif isinstance(element, list):
            stack.extend((_object(child), role, page) for child in reversed(element))
        elif hasattr(element, "get"):
            reference = element.raw_get("/Pg") if "/Pg" in element else None
            page = pages.get(getattr(reference, "idnum", -1), page)
            if element.get("/Type") == "/MCR":
                stack.append((_get(element, "/MCID"), role, page))
            elif "/S" in element:
                stack.append((_get(element, "/K"), _role(str(element["/S"]), role_map, role, seen), page))
    return found


def _role(tag: str, role_map: dict[str, str], inherited: str, number: int) -> str:
    for name in (tag, role_map.get(tag, "")):
        match = _HEADING.fullmatch(name)
        if match and match[1] != "0":
            return f"h{min(int(match[1]), 6)}"
    mapped = role_map.get(tag, tag)
    if mapped == "/Title" or tag.lower() in ("/title", "/titel"):
        return "h1"
    if mapped == "/H":
        return "h2"
    if mapped in ("/TOC", "/TOCI"):
        return "toc"
    if mapped == "/Table" and not inherited.startswith("toc"):
        return f"tr:{number}"
    if inherited.startswith("tr:") and mapped in ("/TR", "/TH", "/TD"):
        table = inherited.split(":")
        row = table[2] if len(table) > 2 else "0"
        if mapped == "/TR":
            return f"tr:{table[1]}:{number}"
        return f"tr:{table[1]}:{row}:{number}:{'h' if mapped == '/TH' else 'd'}"
    if mapped == "/LI" and not inherited.startswith(("tr", "toc")):
        return f"li:{number}"
    if mapped == "/P" and inherited.startswith("h"):
        return inherited
    return inherited


def _get(element: Any, key: str) -> Any:
    return _object(element.get(key))


def _object(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value
