"""A line of text in, the date it states for the document out; a date inside a sentence does not count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("januari", "jan"),
            ("februari", "feb"),
            ("maart", "mrt"),
            ("april", "apr"),
            ("mei",),
            ("juni", "jun"),
            ("juli", "jul"),
            ("augustus", "aug"),
            ("september", "sep", "sept"),
            ("oktober", "okt"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_WEEKDAY = r"(?:(?:maan|dins|woens|donder|vrij|zater|zon)dag,?\s+)?"
_DATE = (
    rf"{_WEEKDAY}(?:(?P<day>\d{{1,2}})\s+(?P<month>{'|'.join(_MONTHS)})\.?\s+(?P<year>\d{{4}})"
    r"|(?P<day2>\d{1,2})(?P<mark>[-/.])(?P<month2>\d{1,2})(?P=mark)(?P<year2>\d{4})"
    r"|(?P<year3>\d{4})-(?P<month3>\d{2})-(?P<day3>\d{2}))"
)
# What may stand before the date on a dateline: nothing, a label, or a short phrase closed by a comma, bar or "d.d.".
_LABEL = (
    r"(?:(?:publicatie)?datum|gepubliceerd(?:\s+op)?|geplaatst(?:\s+op)?|uitgave|versie|d\.?d\.?|vastgesteld(?:\s+op)?)"
)
_DATELINE = re.compile(rf"(?:[^.!?:]{{0,80}}(?:,|\||\bd\.d\.)\s*|{_LABEL}\s*:?\s*)?{_DATE}\.?", re.I)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TOP, _END = 6, 2


def dateline(line: str) -> date | None:
    """The date when `line` is a dateline such as "8 juli 2020" or "Nieuwsbrief Zorg, 3 juli 2021"."""
    match = _DATELINE.fullmatch(" ".join(line.split()))
    if match is None:
        return None
    found = match.groupdict()
    for suffix in ("", "2", "3"):
        if found[f"year{suffix}"]:
            month = found[f"month{suffix}"].lower()
            return _date(found[f"year{suffix}"], str(_MONTHS.get(month, month)), found[f"day{suffix}"])
    return None


def stated_date(lines: Sequence[str], top: int = _TOP) -> date | None:
    """The date that the first or last lines of a document state, None when they state none or contradict each other."""
    near = [*lines[:top], *lines[max(top, len(lines) - _END) :]]
    found = [day for line in near if (day := dateline(line))]
    return found[0] if found else None


def iso_date(text: str) -> date | None:
    """The date at the start of an ISO 8601 value such as "2021-07-03T10:00"."""
    match = _ISO.match(text.strip())
    return _date(*match.groups()) if match else None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if found.year >= 1900 else None
