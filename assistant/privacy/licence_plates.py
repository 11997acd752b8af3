"""Dutch licence plates: all side codes with dashes, or without them beside a word that names a plate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.privacy.small_words import is_small_word

_CODES = (
    "XX-99-99 99-99-XX 99-XX-99 XX-99-XX XX-XX-99 99-XX-XX 99-XXX-9 9-XXX-99 "
    "XX-999-X X-999-XX XXX-99-X X-99-XXX 9-XX-999 999-XX-9 XXX-99-9 9-99-XXX"
).split()


def _pattern(gap: str) -> re.Pattern[str]:
    signs = {"X": "[A-Z]", "9": r"\d", "-": gap}
    codes = ("".join(signs[sign] for sign in code) for code in _CODES)
    return re.compile(rf"(?<![\w.@/-])(?:{'|'.join(codes)})(?![\w@/]|-\w|\.\w)", re.IGNORECASE)


_DASHED = _pattern("[ ]?-[ ]?")
_LOOSE = _pattern("[ -]?")
_NAMED = re.compile(
    r"kenteken|nummerplaat|nummerbord|licen[cs]e plate|number plate|\bauto\b|\bbusje\b|\bscooter\b|\bbrommer\b|\bcar\b",
    re.IGNORECASE,
)
_NAMED_BEFORE, _NAMED_AFTER = 40, 20
_LETTERS = re.compile(r"[A-Za-z]+")


def licence_plates(text: str) -> Iterator[tuple[int, int]]:
    """The licence plates in a folded text."""
    yield from _plates(_DASHED.finditer(text))
    for named in _NAMED.finditer(text):
        begin = max(0, named.start() - _NAMED_AFTER)
        yield from _plates(_LOOSE.finditer(text, begin, named.end() + _NAMED_BEFORE))


def _plates(matches: Iterator[re.Match[str]]) -> Iterator[tuple[int, int]]:
    for match in matches:
        # "12 van 3" is no plate, and a date with a month in letters is none either.
        if not any(is_small_word(letters) for letters in _LETTERS.findall(match[0])):
            yield match.span()
