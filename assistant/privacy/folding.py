"""Any text in, plain letters and digits out, so that a disguised number is read like any other.

Full-width digits, no-break spaces, long dashes, accents and invisible characters all become what they look like, and
every character remembers which character of the original it came from.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Stands for text that a detector must not read: what another one found, and the placeholders of a redacted text.
# Folding drops control characters, so no text can hold it.
MASK = "\x1a"
_ALIKE = {
    **dict.fromkeys("’‘‛ʼ′´`", "'"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("−⁃", "-"),
    **dict.fromkeys("ОΟ", "O"),  # Cyrillic and Greek
    **dict.fromkeys("оο", "o"),
    **{"ı": "i", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "œ": "oe"},
}
_LONGEST_EXPANSION = 4  # a ligature; some symbols stand for whole sentences


@dataclass(frozen=True)
class Folded:
    """A text as it looks, with the place in the original of each character."""

    text: str
    origins: Sequence[int]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """The offsets in the original of a stretch of the folded text that is not empty."""
        return self.origins[begin], self.origins[end - 1] + 1


def fold(text: str) -> Folded:
    """The text as it looks."""
    if text.isascii() and text.isprintable():
        return Folded(text, range(len(text)))
    pieces = [_folded(character) for character in text]
    origins = [place for place, piece in enumerate(pieces) for _ in piece]
    return Folded("".join(pieces), origins)


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    if character in _ALIKE:
        return _ALIKE[character]
    category = unicodedata.category(character)
    if character.isspace():
        return "\n" if character in "\n\r\v\f\x85\u2028\u2029" else " "
    if category in {"Cf", "Cc", "Mn", "Me"}:
        return ""
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    plain = "".join(each for each in unicodedata.normalize("NFKD", character) if unicodedata.category(each) != "Mn")
    return plain if 0 < len(plain) <= _LONGEST_EXPANSION else character
