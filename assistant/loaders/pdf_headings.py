"""Lines in, the same lines with the role of heading where tags, bookmarks or the print say so."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from assistant.loaders.headings import could_be_heading, could_be_title, heading_level, list_marker
from assistant.loaders.pdf_lines import Bookmark, Line

_LARGER = 1.12
_TITLE_LARGER = 1.25
_MOST_LINES = 4  # of one heading
_LONGEST_NUMBERED = 200  # characters
_NOT_LETTERS = re.compile(r"[\W_]+")
# Labels that parliament and lawmakers put on a line of their own, in the print of the text.
_LABEL = re.compile(
    r"(?:vraag|antwoord|artikel|hoofdstuk|paragraaf|bijlage|stelling)\s+[\dIVX]{1,4}[a-z]?"
    r"(?:(?:,| en| t/m)\s+\d{1,3})*",
    re.I,
)
_SUBJECT = re.compile(r"(?:onderwerp|betreft)\s*:?\s*(.*)", re.I)
_FORM_LABEL = re.compile(
    r"(?:datum|onderwerp|betreft|aan|van|(?:ons|uw) kenmerk|contactpersoon|memo|notitie|brief|bijlagen?)\s*:?", re.I
)
_ROLES_THAT_STAY = ("li:", "tr:")


def mark_headings(lines: Sequence[Line], bookmarks: Sequence[Bookmark]) -> list[Line]:
    """Tags are believed first, then bookmarks; without either the letter size, font and place decide."""
    marked = _by_bookmarks(lines, bookmarks)
    structured = sum(1 for line in marked if line.heading)
    return _with_heavy_lines(marked) if structured >= 2 else _by_print(marked)


def match_bookmarks(lines: Sequence[Line], bookmarks: Sequence[Bookmark]) -> dict[int, tuple[int, int]]:
    """For each bookmark that is found: its index → first line and number of lines."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        by_page[line.page].append(index)
    found: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    for number, bookmark in enumerate(bookmarks):
        place = _find(lines, [*by_page[bookmark.page], *by_page[bookmark.page + 1][:5]], bookmark.title, taken)
        if place:
            found[number] = place
            taken |= set(range(place[0], place[0] + place[1]))
    return found


def subject(page: Sequence[Line]) -> str | None:
    """What a letter says it is about, after "Onderwerp" or "Betreft"."""
    for index, line in enumerate(page):
        match = _SUBJECT.fullmatch(line.text)
        if match and (match[1] or index + 1 < len(page)):
            stated = match[1] or page[index + 1].text
            return stated if could_be_title(stated) else None
    return None


def printed_title(page: Sequence[Line], body: float) -> str | None:
    """The largest print of a first page, when it is larger than the text and reads like a title."""
    shown = [
        line
        for line in page
        if not line.artifact and sum(map(str.isalpha, line.text)) > 3 and not _FORM_LABEL.fullmatch(line.text)
    ]
    size = max((line.size for line in shown), default=0.0)
    if size < _TITLE_LARGER * body:
        return None
    first = next(index for index, line in enumerate(shown) if line.size == size)
    last = first
    while last + 1 < len(shown) and shown[last + 1].size == size and last - first < _MOST_LINES:
        last += 1
    title = " ".join(line.text for line in shown[first : last + 1])
    return title if could_be_title(title) else None


def body_size(lines: Sequence[Line]) -> float:
    """The letter size of most of the text."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _find(lines: Sequence[Line], indices: Sequence[int], title: str, taken: set[int]) -> tuple[int, int] | None:
    wanted = _letters(title)
    if not wanted:
        return None
    for start in indices:
        joined = ""
        for count in range(1, _MOST_LINES + 1):
            index = start + count - 1
            if index >= len(lines) or index in taken or lines[index].page != lines[start].page:
                break
            joined += _letters(lines[index].text)
            # The number of a chapter may stand in only one of the two.
            if joined == wanted or (joined.lstrip("0123456789") or "-") == wanted.lstrip("0123456789"):
                return start, count
            if len(joined) > len(wanted) + 12:
                break
    return None


def _by_bookmarks(lines: Sequence[Line], bookmarks: Sequence[Bookmark]) -> list[Line]:
    marked = list(lines)
    for number, (start, count) in match_bookmarks(lines, bookmarks).items():
        for index in range(start, start + count):
            if not marked[index].heading:
                marked[index] = replace(marked[index], role=f"h{bookmarks[number].level}")
    return marked


def _with_heavy_lines(lines: Sequence[Line]) -> list[Line]:
    """With short heavy lines above a text as headings below those that were marked: authors forget their style."""
    body, font = body_size(lines), _body_font(lines)
    if re.search("bold", font, re.I):
        return list(lines)
    marked = list(lines)
    level = 1
    index = 0
    while index < len(lines):
        line = lines[index]
        level = line.heading or level
        count = 0
        if not line.role and line.bold and _starts_apart(lines, index) and not list_marker(line.text):
            count = _heading_lines(lines, index, body, font)
        if count and index + count < len(lines) and _is_plain_text(lines[index + count]):
            role = f"h{min(level + 1, 6)}"
            marked[index : index + count] = [replace(each, role=role) for each in lines[index : index + count]]
        index += max(count, 1)
    return marked


def _is_plain_text(line: Line) -> bool:
    return not line.heading and line.role[:3] != "tr:" and line.font != "" and not line.bold


def _by_print(lines: Sequence[Line]) -> list[Line]:
    """Short passages that are larger, heavier or in another font than the text; levels by size."""
    body = body_size(lines)
    font = _body_font(lines)
    found: dict[int, int] = {}  # first line → number of lines
    index = 0
    while index < len(lines):
        count = _heading_lines(lines, index, body, font)
        if count:
            found[index] = count
        index += max(count, 1)
    larger = sorted({size for start in found if (size := round(lines[start].size)) >= body * _LARGER}, reverse=True)
    marked = list(lines)
    for start, count in found.items():
        size = round(lines[start].size)
        # In the size of the text: below the larger headings, and below numbered ones when lettered.
        small = max(len(larger) + 1, 2) + (list_marker(lines[start].text) != "")
        level = larger.index(size) + 1 if size in larger else small
        role = f"h{min(heading_level(lines[start].text.rstrip('.')) or level, 6)}"
        marked[start : start + count] = [replace(line, role=role) for line in lines[start : start + count]]
    return marked


def _heading_lines(lines: Sequence[Line], start: int, body: float, font: str) -> int:
    """How many lines from `start` make one heading, 0 when none begins there."""
    first = lines[start]
    if first.heading or first.role[:3] in _ROLES_THAT_STAY or not _stands_out(lines, start, body, font):
        return 0
    if _LABEL.fullmatch(first.text):
        return 1
    end = start + 1
    while end < len(lines) and end - start < _MOST_LINES and _same_print(lines[end - 1], lines[end]):
        end += 1
    if end < len(lines) and _same_print(lines[end - 1], lines[end]):
        return 0  # a whole paragraph in another print
    text = " ".join(line.text for line in lines[start:end])
    if list_marker(text) and not heading_level(text):
        if _is_numbered_heading(lines, start, end, text):
            return end - start
        if not _is_lettered_heading(lines, start, end):
            return 0
    text = text[len(list_marker(text)) :] if text[0].islower() or text[0] == "(" else text
    return (
        end - start
        if could_be_heading(text) or (end - start > 1 and could_be_heading(first.text) and text[-1] not in ".;:")
        else 0
    )


def _is_lettered_heading(lines: Sequence[Line], start: int, end: int) -> bool:
    """Whether "(a) Doel" is a heading: in heavy print, with text and not another item right below it."""
    following = lines[end].text if end < len(lines) else ""
    marker = list_marker(lines[start].text)
    return lines[start].bold and marker[-2:-1] in (")", ".") and following != "" and not list_marker(following)


def _is_numbered_heading(lines: Sequence[Line], start: int, end: int, text: str) -> bool:
    """Whether "6. Voorstel tot benoeming." is a heading, as in minutes: one heavy sentence with plain text below it."""
    following = lines[end] if end < len(lines) else None
    marker = list_marker(text)
    return (
        marker[:1].isdigit()
        and lines[start].bold
        and _starts_apart(lines, start)
        and following is not None
        and bool(following.font)
        and not following.bold
        and len(text) <= _LONGEST_NUMBERED
        and ". " not in text[len(marker) :]
    )


def _stands_out(lines: Sequence[Line], index: int, body: float, font: str) -> bool:
    line = lines[index]
    if line.size >= body * _LARGER:
        return True
    if _LABEL.fullmatch(line.text) and _starts_apart(lines, index):
        return True
    if line.size < body * 0.95 or not line.font:
        return False
    if line.bold and not re.search("bold", font, re.I):
        return True
    return line.font != font and _starts_apart(lines, index) and len(line.text) <= 80


def _starts_apart(lines: Sequence[Line], index: int) -> bool:
    """Whether there is more room above the line than below it, or it opens a page."""
    line = lines[index]
    if index == 0 or lines[index - 1].page != line.page:
        return True
    above = lines[index - 1].y - line.y
    below = line.y - lines[index + 1].y if index + 1 < len(lines) else 0.0
    return above <= 0 or above > 1.2 * below


def _same_print(first: Line, second: Line) -> bool:
    """Whether two lines next to each other look like one heading over two lines."""
    if (
        first.page != second.page
        or first.size != second.size
        or first.font != second.font
        or heading_level(second.text)
    ):
        return False
    return 0 < first.y - second.y < 1.5 * second.size


def _body_font(lines: Sequence[Line]) -> str:
    fonts: Counter[str] = Counter()
    for line in lines:
        fonts[line.font] += len(line.text)
    return fonts.most_common(1)[0][0] if fonts else ""


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()
