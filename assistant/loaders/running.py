"""The lines of all pages in, the same without running headers and footers, page numbers and tables of contents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from assistant.loaders.headings import heading_level
from assistant.loaders.pdf_headings import body_size
from assistant.loaders.pdf_lines import Line

_EDGE_LINES = 5  # from the top and from the foot of a page
_EDGE_SHARE = 0.14  # of the page height, where a lone page number may stand
_PAGE_NUMBER = re.compile(
    r"(?:(?:pagina|page|pag\.?|p\.|blz\.?|bladzijde)\s*)?[-–—|\[(]?\s*(?:\d{1,4}|[ivxl]{1,6})\s*[-–—|\])]?(?:\s*(?:van|/|of|\|)\s*\d{1,4})?",
    re.I,
)
# What the printer of parliamentary papers puts at the foot of the first page.
_COLOPHON = re.compile(r"(?:ah|kst|h|blg|stb|stcrt)-[\w-]*\d|ISSN\s*[\dX -]+|[’'‘]s-Gravenhage\s+\d{4}", re.I)
_LEADER = re.compile(r"(?:(?:\.\s?){4}|(?:…\s?){2})\s*\d{0,4}\Z|_{5}\s*\d{1,4}\Z")  # at the end of a line
_CONTENTS = re.compile(r"inhoud|inhoudsopgave|inhoudsopgave en .{1,30}|table of contents|contents", re.I)
_ENTRY = re.compile(r"\S.*\s\d{1,4}$")
_SAME_MARGIN = 3.0  # points
_LONG_ENDING = 15  # characters
_MOST_RUNNING = 0.5  # of the text; what returns more than that is the text itself
_TITLE_LARGER = 1.12
_ARTIFACT_LIMIT = 0.3  # a maker that marks more of the text than this as decoration is mistaken


def without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """What each page says itself."""
    letters = sum(len(line.text) for page in pages for line in page) or 1
    artifacts = sum(len(line.text) for page in pages for line in page if line.artifact)
    trust = artifacts < _ARTIFACT_LIMIT * letters
    running = _believable(_running(pages), pages, letters)
    titles = _titles(pages, running)
    known = {pattern for pattern, _ in running} | {
        _pattern(line)[0] for page in pages for line in page if line.artifact
    }
    endings = tuple(pattern for pattern in known if len(pattern) >= _LONG_ENDING)

    def stays(line: Line, page: Sequence[Line]) -> bool:
        text, height = _pattern(line)
        if trust and line.artifact:
            return False
        if (text, height) in running:
            return line in titles
        if _is_page_number(line) and not _closes_entry(line, page) and not _goes_on(line, page):
            return False
        # The first page may print a running line with something in front of it.
        return not (trust and endings and _near_edge(line) and text.endswith(endings))

    return _without_contents([[line for line in page if stays(line, page)] for page in pages])


def _believable(running: set[tuple[str, int]], pages: Sequence[Sequence[Line]], letters: int) -> set[tuple[str, int]]:
    """Without what would take most of the text away: pages that are nearly alike, as a form for each year."""
    share = sum(len(line.text) for page in pages for line in page if _pattern(line) in running) / letters
    if share <= _MOST_RUNNING:
        return running
    at_edge = {_pattern(line) for page in pages for line in page if _near_edge(line)} & running
    return set() if at_edge == running else _believable(at_edge, pages, letters)


def _titles(pages: Sequence[Sequence[Line]], running: set[tuple[str, int]]) -> list[Line]:
    """The first of each running line that is printed large: the title, which later pages repeat."""
    body = body_size([line for page in pages for line in page])
    first: dict[tuple[str, int], Line] = {}
    for line in (line for page in pages for line in page):
        first.setdefault(_pattern(line), line)
    return [line for pattern, line in first.items() if pattern in running and line.size >= _TITLE_LARGER * body]


def _running(pages: Sequence[Sequence[Line]]) -> set[tuple[str, int]]:
    """Patterns of lines that return at the same height near the edge of many pages."""
    found: dict[tuple[str, int], set[int]] = defaultdict(set)
    for index, page in enumerate(pages):
        by_height = sorted(page, key=lambda line: line.y)
        for line in [*by_height[:_EDGE_LINES], *by_height[-_EDGE_LINES:]]:
            found[_pattern(line)].add(index)
    count = sum(1 for page in pages if page)
    needed = 2 if count == 2 else max(3, count // 5)
    return {pattern for pattern, on in found.items() if len(on) >= needed}


def _pattern(line: Line) -> tuple[str, int]:
    """The line with numbers made alike, and its height on the page in steps of 1 %."""
    return re.sub(r"\d+", "#", line.text.casefold()), round(100 * line.y / line.height)


def _is_page_number(line: Line) -> bool:
    return _near_edge(line) and (_PAGE_NUMBER.fullmatch(line.text) or _COLOPHON.fullmatch(line.text)) is not None


def _closes_entry(line: Line, page: Sequence[Line]) -> bool:
    """Whether the number belongs to an entry of the contents that stands low on its page."""
    return any(heading_level(entry.text) and _is_number_beside(entry, line) for entry in page)


def _goes_on(number: Line, page: Sequence[Line]) -> bool:
    """Whether the number is the end of a sentence of which the rest stands right above it."""
    return any(
        0 < above.y - number.y <= 1.5 * number.size
        and abs(above.x - number.x) <= _SAME_MARGIN
        and above.size == number.size
        and above.text[-1] not in ".!?"
        for above in page
    )


def _near_edge(line: Line) -> bool:
    return not _EDGE_SHARE <= line.y / line.height <= 1 - _EDGE_SHARE


def _without_contents(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    inside = False
    kept_pages = []
    for page in pages:
        kept = []
        dropped: Line | None = None
        for index, line in enumerate(page):
            following = page[index + 1] if index + 1 < len(page) else None
            if _CONTENTS.fullmatch(line.text):
                inside = True
            elif (
                line.role == "toc"
                or _LEADER.search(line.text)
                or _is_number_beside(dropped, line)
                or (inside and (_ENTRY.fullmatch(line.text) or (following and _is_number_beside(line, following))))
            ):
                dropped = line
            else:
                inside = False
                kept.append(line)
        kept_pages.append(kept)
    return kept_pages


def _is_number_beside(entry: Line | None, line: Line) -> bool:
    """Whether `line` is the page number, drawn apart, of an entry of the contents."""
    return (
        entry is not None
        and abs(entry.y - line.y) < 0.3 * line.size
        and re.fullmatch(r"\d{1,4}", line.text) is not None
    )
