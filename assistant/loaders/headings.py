"""Judgements on one line of text that carries no markup: heading, title, byline or list item?"""

from __future__ import annotations

import re

_LIST_MARKER = re.compile(
    r"(?:[•●▪■◦‣∙·○\uf0b7\uf0a7\u2043*–—−-]|o(?=\s{2,})|\(?\d{1,2}[.)]|\(?[a-z][.)]|\(?[ivx]{1,4}\))\s+(?=\S)"
)
_NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2})*\.?|[A-Z]\.|(?:hoofdstuk|bijlage|deel|paragraaf|artikel)\s+[\dA-Z]{1,3}\b[.:]?)\s+\S",
    re.I,
)
_NUMBER = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s")
_PARTICLES = frozenset(
    ["van", "de", "der", "den", "het", "ten", "ter", "te", "en", "in", "'t", "’t", "&", "door", "’s", "'s"]
)
_HEADING_LENGTH, _HEADING_WORDS = 110, 16
_TITLE_LENGTH = 160


def list_marker(line: str) -> str:
    """The bullet or number with the white space after it that opens a list item, or an empty string."""
    match = _LIST_MARKER.match(line)
    return match[0] if match else ""


def bullet_length(line: str) -> int:
    """How many characters of the line are a bullet and its space; a number or letter belongs to the item's text."""
    marker = list_marker(line)
    return 0 if marker[:1].isdigit() or marker[:1] == "(" or re.match(r"[a-z][.)]|[ivx]+\)", marker) else len(marker)


def heading_level(line: str) -> int:
    """The level that the number of a heading such as "2.1 Doel" states (title is 1), or 0 without a number."""
    match = _NUMBER.match(line)
    return min(match[1].count(".") + 2, 6) if match and could_be_heading(line) else 0


def could_be_heading(line: str) -> bool:
    """Whether a line on its own is short, begins like a heading and does not end like a sentence."""
    if len(line) > _HEADING_LENGTH or len(line.split()) > _HEADING_WORDS or "://" in line or "@" in line:
        return False
    return _begins_well(line) and _ends_open(line)


def could_be_title(line: str) -> bool:
    """As `could_be_heading`, a little longer."""
    return len(line) <= _TITLE_LENGTH and _begins_well(line) and _ends_open(line) and "@" not in line


def is_byline(line: str) -> bool:
    """Whether the line is two or more names, as in "Door Anna Smit en Jan de Vries"."""
    words = line.replace(",", " , ").split()
    names = [word for word in words if word[:1].isupper() and word.lower() != "door"]
    others = [word for word in words if not word[:1].isupper() and word not in ("", ",")]
    joined = words[0].lower() == "door" or any(word in ("en", "&", ",") for word in words[1:-1])
    return joined and len(names) >= 3 and all(word in _PARTICLES for word in others) and line[-1].isalpha()


def _begins_well(line: str) -> bool:
    first = line.lstrip("‘’“”\"'(¿[")[:1]
    if not any(character.isalpha() for character in line) or re.match(r"\[\d+\]", line):
        return False
    return first.isupper() or bool(_NUMBERED.match(line)) or first.isdigit()


def _ends_open(line: str) -> bool:
    if line.endswith("?"):
        return True
    if re.search(r"[.!?;]\s+[A-Z]", re.sub(r"\b(?:\w|\d+)\.\s", "", line)) and "?" not in line:
        return False
    return line[-1].isalnum() or line[-1] in ")’”\"'"
