"""Birth dates: a full date beside a word for being born, or right behind the person it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from assistant.privacy.case_context import PERSON

_MONTH = (
    r"(?:jan(?:uari|uary)?|feb(?:r?uari|ruary)?|maart|mrt|mar(?:ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|aug(?:ustus|ust)?"
    r"|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:19[2-9]\d|20[0-4]\d|'?\d\d)(?!\d)"
_DATE = re.compile(
    rf"(?<![\d.,-])(?:0?[1-9]|[12]\d|3[01])(?:\s?[-/.]\s?|\s)(?:0?[1-9]|1[0-2])(?:\s?[-/.]\s?|\s){_YEAR}(?![.,-]?\d)"
    rf"|(?<![\d.,-])(?:0?[1-9]|[12]\d|3[01])(?:e|ste|de|th|st|nd|rd)?[ -]?(?:of )?{_MONTH}[ -]?,?[ ]?{_YEAR}"
    rf"|(?<![\d.,-])(?:19[2-9]\d|20[0-4]\d)[-/.](?:0[1-9]|1[0-2])[-/.](?:0[1-9]|[12]\d|3[01])(?!\d)"
    rf"|\b{_MONTH}[ ](?:0?[1-9]|[12]\d|3[01])(?:th|st|nd|rd)?,?[ ]{_YEAR}",
    re.IGNORECASE,
)
# Without any sign between day, month and year, only right behind a word for being born.
_WHOLE = re.compile(
    r"(?<!\d)(?:(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)?\d\d|(?:19|20)\d\d[01]\d[0-3]\d)(?!\d)"
)
_BORN = (
    r"(?:geboren|gebore|geb|geboorte-?\s?(?:datum|dag|dd)|geb\.?\s?-?(?:datum|dat|dd)|gebdatum|gebdat|gbd|g\.b\.d"
    r"|d\.o\.b|dob|born|date of birth|birth ?date|birthday|verjaart|verjaardag|jarig)"
)
_BORN_BEFORE = re.compile(
    rf"(?<!\w){_BORN}[.:,]{{0,2}}\s{{0,2}}(?:(?:is|op|te|was|in|on|dd\.?|van|=|:|the|[A-Z][\w-]{{2,20}}|haar|zijn)"
    rf"[:,]?\s{{1,2}}){{0,4}}[(]?$",
    re.IGNORECASE,
)
_BORN_AFTER = re.compile(
    rf"[),]?\s{{0,2}}(?:(?:is|werd|was|ben|hij|zij|ze|te|in|[A-Z][\w-]{{2,20}})\s){{0,4}}\(?{_BORN}\b", re.IGNORECASE
)
_POLICY = re.compile(r"\b(?:voor|vanaf|na|tussen|sinds|tot|before|after|since)\s+(?:of\s+op\s+)?$", re.IGNORECASE)
_STAR = re.compile(r"(?:^|[\s(])\*\s?$")
# "zoon is van 12 maart 2011", "cliënt (3-4-2012)"
_PERSON_BEFORE = re.compile(
    rf"(?:\b(?:{PERSON}|hij|zij|ze|he|she)(?:\s[\w'-]{{1,20}}){{0,3}}\s(?:is|komt|was)\s(?:er\s)?(?:een\s)?(?:van|from)\s"
    rf"|\b(?:{PERSON})(?:\s[\w'-]{{1,20}}){{0,2}},?\s?\(\s?|\b(?:{PERSON}),?\s)$",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r",?\s{1,2}(?:is|komt)\s(?:er\s)?(?:een\s)?van\s$|,?\s{0,2}\(\s?$|,?\s$", re.IGNORECASE)
_LOOK_BACK = 60


def birth_dates(text: str, names: Callable[[], Sequence[tuple[int, int]]]) -> Iterator[tuple[int, int]]:
    """The birth dates in a folded text; `names` tells which people are found in it."""
    for match in _DATE.finditer(text):
        if _is_birth_date(text, *match.span(), names):
            yield match.span()
    for match in _WHOLE.finditer(text):
        if _BORN_BEFORE.search(text[max(0, match.start() - _LOOK_BACK) : match.start()]):
            yield match.span()


def _is_birth_date(text: str, begin: int, end: int, names: Callable[[], Sequence[tuple[int, int]]]) -> bool:
    before = text[max(0, begin - _LOOK_BACK) : begin]
    if _POLICY.search(before):
        return False
    if _BORN_BEFORE.search(before) or _STAR.search(before) or _BORN_AFTER.match(text, end, end + _LOOK_BACK):
        return True
    if _PERSON_BEFORE.search(before):
        return True
    near = (place for _, place in names() if 0 <= begin - place <= _LOOK_BACK)
    return any(_NAME_BEFORE.fullmatch(text, place, begin) for place in near)
