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
    return _pieces(page, letters, places, wanted)


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


def _pieces(page: Sequence[str], letters: str, places: Sequence[int], wanted: str) -> tuple[range, ...]:
    head = _longest(letters, [wanted[:length] for length in range(len(wanted) + 1)])
    begins = _whole_words(page, _place(places, letters.find(head), len(head))) if head else range(0)
    rest = wanted[len(_letters(page[begins.start : begins.stop])[0]) :]
    tail = _longest(letters, [rest[len(rest) - length :] for length in range(len(rest) + 1)])
    ends = _whole_words(page, _place(places, letters.rfind(tail), len(tail))) if tail else range(0)
    pieces = [piece for piece in (begins, ends) if len(piece) >= _MIN_PIECE]
    found = sum(len(_letters(page[piece.start : piece.stop])[0]) for piece in pieces)
    return tuple(pieces) if found >= _MIN_SHARE * len(wanted) else ()


def _whole_words(page: Sequence[str], piece: range) -> range:
    """The piece without a letter or two of the words around it, which may happen to begin or end alike."""
    begin, end = piece.start, piece.stop
    while begin < end and begin > 0 and page[begin - 1].isalnum() and page[begin].isalnum():
        begin += 1
    while begin < end < len(page) and page[end].isalnum() and page[end - 1].isalnum():
        end -= 1
    while begin < end and not page[begin].isalnum():
        begin += 1
    while begin < end and not page[end - 1].isalnum():
        end -= 1
    return range(begin, end)


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
