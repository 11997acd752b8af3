"""Burgerservicenummers: eight or nine digits that pass the elfproef, or nine that are called one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from assistant.privacy.case_context import CaseContext

# A group of digits that stands apart, with the letter O for a zero; "bsn123456782" is written in haste.
_GROUP = re.compile(r"(?<![^\W_])(?:bsn|sofi)?([0-9O]{1,12})(?![^\W_])", re.IGNORECASE)
_GAP = re.compile(r"[ .\-\n\t]{1,3}")
_NAMED = re.compile(
    r"\bbsn|burger ?service ?n|\bsofi|persoonsnummer|social security|citizen service number", re.IGNORECASE
)
_NAMED_BEFORE, _NAMED_AFTER = 40, 20
# Numbers that have a name of their own, and numbers of money.
_OTHER_NUMBER = re.compile(
    r"(?:rsin|kvk|k\.v\.k\.?|btw|isbn|issn|ean|agb|doi|ecli|kst|kamerstuk\w*|stcrt\.?|stb\.?)\W*(?:nr\.?|nummer)?\W*$"
    r"|(?:€|\beur|\beuro|\$|£)\s*$|(?://|www\.)\S*$",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\s{0,2}(?:euro|eur\b|€|miljoen|miljard|mln|mld|,\d|,-|%|m2|inwoners)", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])-(?:0?[1-9]|1[0-2])-(?:19|20)\d\d"
    r"|(?:19|20)\d\d-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])"
)
_WHOLE_DATE = re.compile(
    r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)


@dataclass(frozen=True)
class _Number:
    groups: tuple[str, ...]
    gaps: tuple[str, ...]  # between the groups, without white space: "", "." or "-"
    begin: int
    end: int
    touches: frozenset[str]  # the gaps by which it hangs on to more digits, before or after

    @property
    def digits(self) -> str:
        return "".join(self.groups).upper().replace("O", "0")

    @property
    def has_letters(self) -> bool:
        return not "".join(self.groups).isdigit()


def citizen_numbers(text: str, context: CaseContext) -> Iterator[tuple[int, int]]:
    """The citizen numbers in a folded text."""
    end = 0
    for number in _numbers(text):
        if number.begin >= end and _is_citizen_number(text, number, context):
            yield number.begin, number.end
            end = number.end


def passes_elfproef(digits: str) -> bool:
    """Whether eight or nine digits pass the check that every citizen number passes."""
    nine = [int(digit) for digit in digits.zfill(9)]
    weighted = sum(weight * digit for weight, digit in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), nine, strict=True))
    return any(nine) and weighted % 11 == 0


def _numbers(text: str) -> Iterator[_Number]:
    """Every sequence of neighbouring groups that has eight or nine digits together, longest first at each place."""
    groups = [match for match in _GROUP.finditer(text) if any(each.isdigit() for each in match[1])]
    spans = [match.span(1) for match in groups]
    gaps: list[str | None] = []
    for (_, before), (after, _) in pairwise(spans):
        gap = text[before:after]
        gaps.append(gap.strip() if _GAP.fullmatch(gap) else None)
    for first in range(len(spans)):
        found = []
        total = 0
        for last in range(first, min(first + 9, len(spans))):
            if last > first and gaps[last - 1] is None:
                break
            total += spans[last][1] - spans[last][0]
            if total in (8, 9):
                found.append(last)
        for last in reversed(found):
            yield _Number(
                tuple(text[begin:end] for begin, end in spans[first : last + 1]),
                tuple(gap or "" for gap in gaps[first:last]),
                spans[first][0],
                spans[last][1],
                frozenset(gap for gap in (*gaps[max(0, first - 1) : first], *gaps[last : last + 1]) if gap is not None),
            )


def _is_citizen_number(text: str, number: _Number, context: CaseContext) -> bool:
    if _is_part_of_more(number) or _looks_like_a_date(number):
        return False
    passes = passes_elfproef(number.digits)
    if _OTHER_NUMBER.search(text[max(0, number.begin - 30) : number.begin]) or _MONEY.match(text, number.end):
        return False
    if _NAMED.search(text[max(0, number.begin - _NAMED_BEFORE) : number.end + _NAMED_AFTER]):
        return passes or (len(number.digits) == 9 and not number.has_letters)
    if len(set(number.gaps)) > 1:  # "8.001-14.000"
        return False
    return passes and (context.is_near(number.begin, number.end) or _stands_alone(number))


def _is_part_of_more(number: _Number) -> bool:
    """Whether the digits go on in the same way: "1.234.567.890"."""
    return bool(number.touches & set(number.gaps) - {""})


def _stands_alone(number: _Number) -> bool:
    divided = len(number.groups) > 1
    # Without a word that says whose number it is, these are years, papers of parliament and reference numbers.
    if divided and (number.touches or len(number.digits) == 8 or any(map(_YEAR.fullmatch, number.groups))):
        return False
    return [len(group) for group in number.groups] not in ([5, 4], [5, 3]) and "-" not in number.touches


def _looks_like_a_date(number: _Number) -> bool:
    written = "-".join(number.groups)
    years = len(number.groups) == 2 and all(map(_YEAR.fullmatch, number.groups))
    return years or bool(_DATE.fullmatch(written) or _WHOLE_DATE.fullmatch(written))
