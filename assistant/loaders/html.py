"""An HTML page in, a `Source` of its main content out: navigation, banners and hidden parts are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import DocumentError
from assistant.loaders.boilerplate import boilerplate
from assistant.loaders.dates import iso_date, stated_date
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.tables import row_text
from assistant.types import Source

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NOT_CONTENT = (
    "script, style, noscript, template, nav, footer, aside, form, button, select, textarea, input, svg, iframe, "
    "dialog, object, canvas, video, audio, [hidden], [aria-hidden=true], [role=navigation], [role=banner], "
    "[role=contentinfo], [role=search], [role=complementary], [role=dialog], [role=alertdialog], [role=menu], "
    "[role=menubar]"
)
_NOT_CONTENT_NAME = re.compile(
    r"(?:^|[-_ ])(?:cookies?|cookiebar|breadcrumbs?|kruimelpad|share|sharing|social|socials|skip-?links?|sidebar|"
    r"addtoany|addthis|pagination|related|gerelateerd|site-?header|site-?footer|newsletter-?signup|sr-only|"
    r"visually-?hidden|screen-?reader-?text)(?:$|[-_ ])",
    re.I,
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_LARGE_SHARE = 0.5  # an element with more of the text than this is the page itself, whatever its name
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_DATE_NAMES = (
    "dcterms.issued",
    "dcterms.date",
    "dc.date",
    "dc.date.issued",
    "article:published_time",
    "date",
    "datepublished",
)
_PUBLISHER_NAMES = ("dcterms.publisher", "dc.publisher", "og:site_name")


def load_html(path: Path, data: bytes) -> Source:
    """The main content of the page."""
    soup = parse(data)
    issued, publisher = _issued(soup), _meta(soup, _PUBLISHER_NAMES)
    page_title = squeeze(soup.title.get_text(" ")) if soup.title else ""
    try:
        pieces = pieces_of(soup)
    except RecursionError:
        raise DocumentError(
            f"{path.name} is een HTML-pagina met te diep geneste onderdelen. Bewaar de tekst als .txt of .docx."
        ) from None
    dropped = boilerplate([piece.text for piece in pieces])
    pieces = [piece for index, piece in enumerate(pieces) if index not in dropped]
    first = next((piece.text for piece in pieces if piece.kind == "heading" and piece.level == 1), None)
    issued = issued or stated_date([piece.text for piece in pieces])
    return assemble(pieces, title=first or page_title or None, stated_date=issued, publisher=publisher)


def parse(data: bytes | str) -> BeautifulSoup:
    """The parsed page."""
    from bs4 import BeautifulSoup

    if isinstance(data, str):
        data = data.encode()
    # An XML declaration would draw a warning about the parser; XHTML is read as HTML on purpose.
    return BeautifulSoup(re.sub(rb"^\s*<\?xml[^>]*\?>", b"", data), "lxml")


def pieces_of(soup: BeautifulSoup) -> list[Piece]:
    """The pieces of the main content, in reading order."""
    _strip(soup)
    root = _main(soup)
    return [piece for piece in _walk(root, depth=-1) if piece.text] if root else []


def _strip(soup: BeautifulSoup) -> None:
    from bs4 import Comment

    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for element in soup.select(_NOT_CONTENT):
        element.decompose()
    total = max(len(soup.get_text()), 1)
    for element in soup.find_all(True):
        if element.decomposed or element.name in ("html", "body", "main"):
            continue
        if _is_page_header(element) or _is_named_away(element, total):
            element.decompose()


def _is_page_header(element: Tag) -> bool:
    return element.name == "header" and not element.find_parent(["main", "article"]) and element.find("h1") is None


def _is_named_away(element: Tag, total: int) -> bool:
    if _HIDDEN_STYLE.search(str(element.get("style") or "")):
        return True
    names = [*(element.get("class") or []), str(element.get("id") or "")]
    if not any(_NOT_CONTENT_NAME.search(name) for name in names):
        return False
    return len(element.get_text()) <= _LARGE_SHARE * total


def _main(soup: BeautifulSoup) -> Tag | None:
    body: Tag = soup.body or soup
    articles = soup.find_all("article")
    candidates = [soup.find("main"), soup.find(role="main"), articles[0] if len(articles) == 1 else None]
    for candidate in candidates:
        if candidate is not None and 10 * len(candidate.get_text(strip=True)) > len(body.get_text(strip=True)):
            return candidate
    return body


def _walk(element: Tag, depth: int) -> Iterator[Piece]:
    """The pieces below `element`; `depth` is the nesting depth of the list it lies in, -1 outside lists."""
    from bs4.element import NavigableString, Tag

    inline: list[str] = []
    for child in element.children:
        if isinstance(child, NavigableString):
            inline.append(str(child))
        elif isinstance(child, Tag) and not _holds_blocks(child):
            inline.append("\n\n" if child.name == "br" and _follows_break(child) else _inline_text(child))
        elif isinstance(child, Tag):
            yield from _paragraphs(inline)
            inline = []
            yield from _block(child, depth)
    yield from _paragraphs(inline)


def _block(element: Tag, depth: int) -> Iterator[Piece]:
    name = element.name
    if name in _HEADINGS:
        yield Piece("heading", _inline_text(element), _HEADINGS[name])
    elif name == "summary" and _inline_text(element):
        yield Piece("heading", _inline_text(element), 3)
    elif name in ("ul", "ol"):
        yield from _list(element, depth + 1)
    elif name == "table" and not _is_layout(element):
        yield from _table(element)
    elif name == "dl":
        yield from _definitions(element, depth + 1)
    elif name == "pre":
        yield Piece("paragraph", _inline_text(element))
    else:
        yield from _walk(element, depth)


def _list(element: Tag, depth: int) -> Iterator[Piece]:
    for item in element.find_all("li", recursive=False):
        pieces = list(_walk(item, depth))
        for position, piece in enumerate(pieces):
            # What a list item says first is the item; further paragraphs of it are read as part of the list too.
            if piece.kind == "paragraph":
                pieces[position] = replace(piece, kind="list_item", level=depth)
        yield from pieces
    # Browsers repair a list inside a list that lacks its own item; so do we.
    for nested in element.find_all(["ul", "ol"], recursive=False):
        yield from _list(nested, depth + 1)


def _definitions(element: Tag, depth: int) -> Iterator[Piece]:
    term = ""
    for child in element.find_all(["dt", "dd"]):
        if child.find_parent("dl") is not element:
            continue
        text = _inline_text(child)
        if child.name == "dt":
            term = f"{term} / {text}" if term else text
            continue
        yield Piece("list_item", f"{term.rstrip(':')}: {text}" if term and text else text or term, depth)
        term = ""
    if term:
        yield Piece("list_item", term, depth)


def _table(table: Tag) -> Iterator[Piece]:
    caption = table.find("caption")
    if caption:
        yield Piece("paragraph", _inline_text(caption))
    header: list[str] = []
    for row in table.find_all("tr"):
        found = row.find_all(["td", "th"], recursive=False)
        cells = [text for cell in found for text in [_inline_text(cell)] * _span(cell)]
        if not header and found and (all(cell.name == "th" for cell in found) or row.find_parent("thead")):
            header = cells
        elif any(cells):
            yield Piece("table_row", row_text(header, _without_repeats(cells, found)))


def _span(cell: Tag) -> int:
    value = str(cell.get("colspan") or "1")
    return min(max(int(value), 1), 50) if value.isdecimal() else 1


def _without_repeats(cells: list[str], found: list[Tag]) -> list[str]:
    """A cell over several columns is told once."""
    kept: list[str] = []
    for cell in found:
        span = _span(cell)
        kept += [cells[len(kept)]] + [""] * (span - 1)
    return kept


def _is_layout(table: Tag) -> bool:
    return table.find(["table", "h1", "h2", "h3", "h4", "nav"]) is not None and table.find("th") is None


def _holds_blocks(element: Tag) -> bool:
    return element.name in _BLOCKS or element.find(list(_BLOCKS)) is not None


def _follows_break(line_break: Tag) -> bool:
    previous = line_break.previous_sibling
    while isinstance(previous, str) and not previous.strip():
        previous = previous.previous_sibling
    return getattr(previous, "name", None) == "br"


def _inline_text(element: Tag) -> str:
    if element.name == "br":
        return " "
    parts = []
    for string in element.strings:
        parent = string.parent
        if parent is not None and parent.name in _BLOCKS and parent is not element:
            parts.append(" ")
        parts.append(string)
    for_breaks = element.find("br") is not None
    text = element.get_text(" ") if for_breaks else "".join(parts)
    lead, tail = text[:1].isspace(), text[-1:].isspace()
    joined = squeeze(text)
    if element.name in _BLOCKS:
        return joined
    return f"{' ' if lead else ''}{joined}{' ' if tail else ''}" if joined else " " * bool(text)


def _paragraphs(inline: list[str]) -> Iterator[Piece]:
    for part in re.split(r"\n\n(?=)", "".join(inline)) if "\n\n" in inline else ["".join(inline)]:
        text = squeeze(part)
        if text:
            yield Piece("paragraph", text)


def _issued(soup: BeautifulSoup) -> date | None:
    stated = _meta(soup, _DATE_NAMES)
    if stated and (day := iso_date(stated)):
        return day
    for element in soup.find_all("time"):
        if day := iso_date(str(element.get("datetime") or "")):
            return day
    return None


def _meta(soup: BeautifulSoup, names: tuple[str, ...]) -> str | None:
    found: dict[str, str] = {}
    for element in soup.find_all("meta"):
        name = str(element.get("name") or element.get("property") or element.get("itemprop") or "").lower()
        content = squeeze(str(element.get("content") or ""))
        if name and content:
            found.setdefault(name, content)
    return next((found[name] for name in names if name in found), None)
