"""Stretches of text as a PDF page draws them in, clean lines of text with place, letter size and role out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LIGATURES = {ord(ligature): plain for ligature, plain in zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)}
_BULLETS = dict.fromkeys(map(ord, "\uf0b7\uf0a7\uf0a8\uf0d8\uf076\uf0fc\u25cf\uf06e"), "•")
_PLAIN = {**_LIGATURES, **_BULLETS, 0x200B: "", 0xFEFF: "", 0x2010: "-", 0x2011: "-"}


@dataclass(frozen=True)
class Fragment:
    """A stretch of text in one font."""

    text: str
    x: float
    y: float  # upwards from the foot of the page
    size: float
    bold: bool
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
    bold: bool
    role: str = ""  # see pdf_tags
    artifact: bool = False


@dataclass(frozen=True)
class Bookmark:
    """An entry of the outline."""

    title: str
    page: int  # index
    level: int


def join_fragments(fragments: Sequence[Fragment], page: int, height: float, roles: Mapping[int, str]) -> list[Line]:
    """The lines of one page; a line ends where the text has a line end."""
    lines: list[Line] = []
    current: list[Fragment] = []

    def finish() -> None:
        line = _line(current, page, height, roles)
        if line is not None:
            lines.append(line)
        current.clear()

    for fragment in fragments:
        parts = fragment.text.split("\n")
        for position, part in enumerate(parts):
            if position:
                finish()
            if part:
                current.append(
                    Fragment(part, fragment.x, fragment.y, fragment.size, fragment.bold, fragment.content_id, fragment.artifact)
                )
    finish()
    return lines


def clean(text: str) -> str:
    """`text` with ligatures spelled out, symbols of bullet fonts as bullets and every white space as one space."""
    text = unicodedata.normalize("NFC", text.translate(_PLAIN))
    text = "".join(character if character.isprintable() or character == "\u00ad" else " " for character in text)
    return re.sub(r"\u00ad(?!$)", "", " ".join(text.split()))


def _line(fragments: Sequence[Fragment], page: int, height: float, roles: Mapping[int, str]) -> Line | None:
    text = clean("".join(fragment.text for fragment in fragments))
    if not text:
        return None
    shown = [fragment for fragment in fragments if fragment.text.strip()]
    weights: Counter[float] = Counter()
    for fragment in shown:
        weights[round(fragment.size * 2) / 2] += len(fragment.text.strip())
    letters = sum(len(fragment.text.strip()) for fragment in shown)
    bold = sum(len(fragment.text.strip()) for fragment in shown if fragment.bold)
    found = Counter[str]()
    for fragment in shown:
        found[roles.get(fragment.content_id, "") if fragment.content_id is not None else ""] += len(fragment.text)
    return Line(
        text=text,
        page=page,
        x=shown[0].x,
        y=shown[0].y,
        height=height,
        size=weights.most_common(1)[0][0],
        bold=bold > 0.9 * letters,
        role=found.most_common(1)[0][0],
        artifact=all(fragment.artifact for fragment in shown),
    )
