"""Dutch phone numbers, however they are written, and foreign ones that start with a plus."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.privacy.case_context import CaseContext

_GAP = r"[ .\-/()\n\t]{0,3}"
_MOBILE = re.compile(
    rf"(?<![\w+])(?:\+{_GAP}|00{_GAP})?31{_GAP}(?:\(0\){_GAP}|0{_GAP})?6(?:{_GAP}\d){{8}}(?!\d)"
    rf"|(?<![\w+])\(?[0O]6(?:{_GAP}\d){{8}}(?!\d)"
    rf"|\bnul[ -]?zes(?:{_GAP}\d){{8}}(?!\d)",
    re.IGNORECASE,
)
# One digit too few or too many is still the number of someone.
_MOBILE_MISTYPED = re.compile(r"(?<![\w+])[0O]6[ ]?[-/.][ ]?\d(?:[ .\-]?\d){6,8}(?!\d)", re.IGNORECASE)
_THREE = "10|13|15|20|23|24|26|30|33|35|36|38|40|43|45|46|50|53|55|58|7[0-9]|85"
_FOUR = "11[1345678]|16[1-8]|17[2-4]|18[0-4678]|22[2346-9]|25[125]|29[479]|31[3-8]|32[01]|34[1-8]|41[1-8]|47[58]|48[1-8]|49[2379]|5[1-9]\\d"  # noqa: E501 — area codes
_FIXED = re.compile(
    rf"(?<![\w+.,/])\(?0(?:(?:{_THREE})\)?{_GAP}\d(?:{_GAP}\d){{6}}|(?:{_FOUR})\)?{_GAP}\d(?:{_GAP}\d){{5}})(?!\d)"
    rf"|(?<![\w+])(?:\+|00){_GAP}31{_GAP}(?:\(0\){_GAP})?[1-57-8]\d(?:{_GAP}\d){{7}}(?!\d)"
)
_COMPANY = re.compile(rf"(?<![\w+.,])\(?088\)?(?:{_GAP}\d){{7}}(?!\d)")
_FOREIGN = re.compile(rf"(?<![\w+/])(?:\+|00(?=[1-9]{{2}}))[1-9]\d{{0,2}}(?:{_GAP}\d){{8,11}}(?!\d)")
_DATE = re.compile(
    r"\d{1,2}[ .\-/]{1,3}(?:0?[1-9]|1[0-2])[ .\-/]{1,3}(?:19|20)\d\d(?!\d)|\d{1,2}[ .\-/]{1,3}(?:19|20)\d\d\b"
)
_OTHER_NUMBER = re.compile(r"(?:isbn|issn|€|\beur|ecli\S*|//\S*)\W*$", re.IGNORECASE)
_MONEY = re.compile(r"\s{0,2}(?:euro|eur\b|€|miljoen|miljard|mln|,\d\d\b|%)", re.IGNORECASE)


def mobile_numbers(text: str) -> Iterator[tuple[int, int]]:
    """The mobile numbers in a folded text; in a published document they are someone's own."""
    return _matches(text, (_MOBILE, _MOBILE_MISTYPED))


def phone_numbers(text: str, context: CaseContext) -> Iterator[tuple[int, int]]:
    """The phone numbers in a folded text.

    Numbers that only services have (112, 0800, 0900, 14 + area code) are none. 088 is for organisations, so it counts
    only in a case.
    """
    yield from _matches(text, (_MOBILE, _MOBILE_MISTYPED, _FIXED, _FOREIGN))
    yield from (span for span in _matches(text, (_COMPANY,)) if context.is_near(*span))


def _matches(text: str, patterns: tuple[re.Pattern[str], ...]) -> Iterator[tuple[int, int]]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            begin, end = match.span()
            if (
                text[begin] == "(" and ")" not in match[0]
            ):  # "(06-12345678)" stands between brackets, "(06) 1…" has them
                begin += 1
            other = _OTHER_NUMBER.search(text[max(0, begin - 20) : begin]) or _MONEY.match(text, end)
            if not other and not _DATE.match(text, begin):
                yield begin, end
