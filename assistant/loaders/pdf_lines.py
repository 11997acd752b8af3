"""Stretches of text as a PDF page draws them in, clean lines of text with place, letter size and role out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

_LIGATURES = {
    ord(ligature): plain
    for ligature, plain in zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)
}
_BULLETS = dict.fromkeys(map(ord, "\x7f\uf0b7\uf0a7\uf0a8\uf0d8\uf076\uf0fc\u25cf\uf06e"), "•")
_PLAIN = {**_LIGATURES, **_BULLETS, 0x200B: "", 0xFEFF: "", 0x2010: "-", 0x2011: "-"}
_ACCENTS = {"´": "\u0301", "˝": "\u030b", "ˇ": "\u030c", "¨": "\u0308", "ˆ": "\u0302"}
_LOOSE_ACCENT = re.compile(rf"([^\W\d_])([{''.join(_ACCENTS)}])")
_BOLD = re.compile(r"bold|black|heavy|demi|-bd\b|vet\b", re.I)
_LONE_MARKER = re.compile(r"[•▪■◦‣○*–-]|o|\(?\d{1,2}[.)]|\(?[a-z][.)]|\d{1,2}(?:\.\d{1,2})+\.?")
_FORMULA = re.compile(r"\b(CO|CH|NH|NO|SO) ([2-4x])\b(?![.,]?\d)")  # a lowered figure is drawn apart
_TYPEWRITER = re.compile(r"courier|mono|consol|typewriter", re.I)
_COLUMN_GAP = 3.0  # letter sizes of white that part two columns


@dataclass(frozen=True)
class Fragment:
    """A stretch of text in one font."""

    text: str
    x: float
    y: float  # upwards from the foot of the page
    size: float
    font: str
    content_id: int | None  # of the marked content in a tagged PDF
    artifact: bool  # marked by the maker as not part of the document: running header, rule, watermark


@dataclass(frozen=True)
class Line:
    """One printed line."""

    text: str
    page: int  # index
    x: float
    y: float
    height: float  # of the page
    size: float
    font: str
    role: str = ""  # see pdf_tags
    artifact: bool = False
    content_id: int | None = None  # of its first marked content

    @property
    def bold(self) -> bool:
        """Whether the whole line is printed heavy."""
        return _BOLD.search(self.font) is not None

    @property
    def heading(self) -> int:
        """The level of the heading that the line is (part of), 0 when it is none."""
        return int(self.role[1]) if self.role[:1] == "h" else 0


@dataclass(frozen=True)
class Bookmark:
    """An entry of the outline."""

    title: str
    page: int  # index
    level: int


def join_fragments(fragments: Sequence[Fragment], page: int, height: float, roles: Mapping[int, str]) -> list[Line]:
    """The lines of one page; a line ends where the text has a line end or another table cell begins."""
    lines: list[Line] = []
    current: list[Fragment] = []
    role = ""
    for fragment in fragments:
        for position, part in enumerate(fragment.text.split("\n")):
            here = roles.get(fragment.content_id, "") if fragment.content_id is not None else ""
            other_cell = here != role and (here[:3] == "tr:" or role[:3] == "tr:") and part.strip() != ""
            if (position or other_cell or _elsewhere(current, fragment, part)) and current:
                lines += _line(current, page, height, role)
                current = []
            if part:
                role = here if part.strip() or not current else role
                current.append(replace(fragment, text=part))
    lines += _line(current, page, height, role)
    return _mended(_in_tagged_order(lines, roles))


def _elsewhere(current: Sequence[Fragment], fragment: Fragment, part: str) -> bool:
    """Whether the fragment stands on another height than the line so far, or in a next column.

    A raised note number does not, nor does text after a tab.
    """
    last = next((earlier for earlier in reversed(current) if earlier.text.strip()), None)
    shown = part.strip()
    if last is None or not shown:
        return False
    if abs(last.y - fragment.y) > 0.9 * max(last.size, fragment.size, 1):
        return True
    if fragment.x < last.x - max(last.size, fragment.size):  # back to the left: a number in the margin was drawn first
        return True
    end = last.x + _letter_width(last.font) * last.size * len(last.text.strip())
    level = abs(last.y - fragment.y) < 0.1 * last.size
    return level and shown[0] not in "-.,;:)]}’”'" and fragment.x > end + _COLUMN_GAP * last.size


def _in_tagged_order(lines: list[Line], roles: Mapping[int, str]) -> list[Line]:
    """In the order of the structure tree when the tags cover the page: some makers draw a title last."""
    place = {content_id: position for position, content_id in enumerate(roles)}
    body = [line for line in lines if not line.artifact]
    if not body or sum(line.content_id in place for line in body) < 0.9 * len(body):
        return lines
    ordered: list[tuple[int, int, Line]] = []
    latest = 0
    for position, line in enumerate(lines):
        latest = place.get(line.content_id, latest) if line.content_id is not None else latest
        ordered.append((latest, position, line))
    return [line for _, _, line in sorted(ordered, key=lambda entry: entry[:2])]


def clean(text: str) -> str:
    """`text` with ligatures spelled out, symbols of bullet fonts as bullets and every white space as one space."""
    text = _LOOSE_ACCENT.sub(lambda match: match[1] + _ACCENTS[match[2]], text.translate(_PLAIN))
    text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = "".join(character if character.isprintable() or character == "\u00ad" else " " for character in text)
    return _FORMULA.sub(r"\1\2", re.sub(r"\u00ad(?!$)", "", " ".join(text.split())))


def _line(fragments: Sequence[Fragment], page: int, height: float, role: str) -> list[Line]:
    text = clean("".join(fragment.text for fragment in fragments))
    shown = [fragment for fragment in fragments if fragment.text.strip()]
    if not text or not shown:
        return []
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    for fragment in shown:
        sizes[round(fragment.size * 2) / 2] += len(fragment.text.strip())
        fonts[fragment.font] += len(fragment.text.strip())
    font, letters = fonts.most_common(1)[0]
    uniform = letters > 0.85 * sum(fonts.values())
    return [
        Line(
            text=text,
            page=page,
            x=min(fragment.x for fragment in shown),
            y=shown[0].y,
            height=height,
            size=sizes.most_common(1)[0][0],
            font=font if uniform else "",
            role=role,
            artifact=all(fragment.artifact for fragment in shown),
            content_id=next((fragment.content_id for fragment in shown if fragment.content_id is not None), None),
        )
    ]


def _mended(lines: Sequence[Line]) -> list[Line]:
    """Pieces of one printed line are put together: a bullet drawn apart, or text after a gap that is no gap."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last and _is_marker_of(last, line):
            joined[-1] = replace(line, text=f"{last.text} {line.text}", x=last.x)
        elif last and _right_after(last, line):
            joined[-1] = replace(last, text=f"{last.text} {line.text}")
        else:
            joined.append(line)
    return joined


def _is_marker_of(last: Line, line: Line) -> bool:
    if last.role[:3] == "tr:" and last.role != line.role:
        return False  # a number in a cell of its own
    return _LONE_MARKER.fullmatch(last.text) is not None and abs(last.y - line.y) < 0.6 * line.size


def rejoined(lines: Sequence[Line]) -> list[Line]:
    """With what stands side by side as one line again, where it turned out to be no table or column."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last and not (last.role or line.role) and _beside(last, line):
            font = last.font if last.font == line.font else ""
            joined[-1] = replace(last, text=f"{last.text} {line.text}", font=font)
        else:
            joined.append(line)
    return joined


def _beside(last: Line, line: Line) -> bool:
    level = last.page == line.page and abs(last.y - line.y) < 0.1 * line.size
    return level and last.x < line.x and abs(last.size - line.size) <= 0.1 * line.size


def _letter_width(font: str) -> float:
    """Of a letter on average, as a share of its size; a little more than most print has."""
    return 0.62 if _TYPEWRITER.search(font) else 0.5


def _right_after(last: Line, line: Line) -> bool:
    if abs(last.y - line.y) > 0.1 * line.size or last.role != line.role or last.size != line.size:
        return False
    # A column further on is not the same line.
    estimated_end = last.x + _letter_width(last.font) * last.size * len(last.text)
    return last.x < line.x < estimated_end + 1.5 * line.size
