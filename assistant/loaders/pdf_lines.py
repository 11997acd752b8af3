"""Stretches of text as a PDF page draws them in, clean lines of text with place, letter size and role out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

_LIGATURES = {ord(ligature): plain for ligature, plain in zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)}
_BULLETS = dict.fromkeys(map(ord, "\uf0b7\uf0a7\uf0a8\uf0d8\uf076\uf0fc\u25cf\uf06e"), "•")
_PLAIN = {**_LIGATURES, **_BULLETS, 0x200B: "", 0xFEFF: "", 0x2010: "-", 0x2011: "-"}
_ACCENTS = {"´": "\u0301", "˝": "\u030b", "ˇ": "\u030c", "¨": "\u0308", "ˆ": "\u0302"}
_LOOSE_ACCENT = re.compile(rf"([^\W\d_])([{''.join(_ACCENTS)}])")
_BOLD = re.compile(r"bold|black|heavy|demi|-bd\b|vet\b", re.I)
_LONE_MARKER = re.compile(r"[•▪■◦‣○*–-]|o|\(?\d{1,2}[.)]|\(?[a-z][.)]|\d{1,2}(?:\.\d{1,2})+\.?")


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
            if (position or other_cell) and current:
                lines += _line(current, page, height, role)
                current = []
            if part:
                role = here if part.strip() or not current else role
                current.append(replace(fragment, text=part))
    return _with_markers(lines + _line(current, page, height, role))


def clean(text: str) -> str:
    """`text` with ligatures spelled out, symbols of bullet fonts as bullets and every white space as one space."""
    text = _LOOSE_ACCENT.sub(lambda match: match[1] + _ACCENTS[match[2]], text.translate(_PLAIN))
    text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = "".join(character if character.isprintable() or character == "\u00ad" else " " for character in text)
    return re.sub(r"\u00ad(?!$)", "", " ".join(text.split()))


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
        )
    ]


def _with_markers(lines: Sequence[Line]) -> list[Line]:
    """A bullet or number that is drawn apart from its text is put before it."""
    joined: list[Line] = []
    for line in lines:
        if joined and _LONE_MARKER.fullmatch(joined[-1].text) and abs(joined[-1].y - line.y) < 0.6 * line.size:
            marker = joined.pop()
            line = replace(line, text=f"{marker.text} {line.text}", x=marker.x)  # noqa: PLW2901
        joined.append(line)
    return joined
