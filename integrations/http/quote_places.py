"""Where a quote stands on a page whose text was read by another program: only letters and digits are compared.

White space, hyphenation, ligatures, bullets and quotation marks differ from one PDF reader to the next.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

_MIN_PIECE = 12  # letters; a shorter piece of a quote can be found anywhere
_MIN_SHARE = 0.6  # of the quote that its pieces must cover together


def find_quote(page: Sequence[str], quote: str, occurrence: int = 0) -> tuple[range, ...]:
    """The places of `quote` among the characters of a page; empty if it is not there.

    A quote that runs on to another page, or around a note, is found in two pieces.

    Args:
        occurrence: which one is meant if the same words stand there more than once, from 0.
    """
    letters, places = _letters(page)
    wanted, _ = _letters(quote)
    if not wanted:
        return ()
    if starts := list(_starts(letters, wanted)):
        return (_place(places, starts[min(occurrence, len(starts) - 1)], len(wanted)),)
    return _pieces(letters, places, wanted)


def count_quote(text: str, quote: str) -> int:
    """How often `quote` stands in a text."""
    wanted, _ = _letters(quote)
    return sum(1 for _ in _starts(_letters(text)[0], wanted)) if wanted else 0


def _letters(text: Sequence[str]) -> tuple[str, list[int]]:
    """What is compared, and for each letter the place that it comes from."""
    found = [
        (letter, place)
        for place, character in enumerate(text)
        for letter in unicodedata.normalize("NFKC", character).casefold()
        if letter.isalnum()
    ]
    return "".join(letter for letter, _ in found), [place for _, place in found]


def _starts(letters: str, wanted: str) -> Iterator[int]:
    start = letters.find(wanted)
    while start >= 0:
        yield start
        start = letters.find(wanted, start + len(wanted))


def _place(places: Sequence[int], start: int, length: int) -> range:
    return range(places[start], places[start + length - 1] + 1)


def _pieces(letters: str, places: Sequence[int], wanted: str) -> tuple[range, ...]:
    head = _longest(letters, [wanted[:length] for length in range(len(wanted) + 1)])
    rest = wanted[len(head) :]
    tail = _longest(letters, [rest[len(rest) - length :] for length in range(len(rest) + 1)])
    pieces = [piece for piece in (head, tail) if len(piece) >= _MIN_PIECE]
    if sum(map(len, pieces)) < _MIN_SHARE * len(wanted):
        return ()
    return tuple(_place(places, letters.find(piece), len(piece)) for piece in pieces)


def _longest(letters: str, candidates: Sequence[str]) -> str:
    """The last of the candidates that stands there; each one is a part of the next."""
    low, high = 0, len(candidates) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if candidates[middle] in letters:
            low = middle
        else:
            high = middle - 1
    return candidates[low]
