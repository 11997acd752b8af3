"""Numbers and dates in a text, in every notation, as values that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from assistant.language import NUMBER_WORDS, fold, stem

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan", "februari february feb", "maart march mrt mar", "april apr", "mei may",
            "juni june jun", "juli july jul", "augustus august aug", "september sept sep", "oktober october okt oct",
            "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b(?P<day>\d{{1,2}})(?:e|ste|de|st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?\b",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+){_YEAR}\b",
        r"\b(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>(?:19|20)\d\d)\b",
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b",
        rf"\b{_MONTH}\s+{_YEAR}\b",
    )
)
# A month alone; "mei", "may" and the short forms are words of their own too often.
_LONE_MONTH = re.compile(
    r"\b(?P<month>" + "|".join(name for name in _MONTHS if len(name) > 3 and name != "march") + r")\b", re.I
)

_UNITS = {
    **dict.fromkeys(("procent", "percent", "%"), "percent"),
    **dict.fromkeys(("€", "euro", "euros", "eur"), "euro"),
}
_SCALES = {
    **dict.fromkeys(("miljoen", "mln", "million"), Decimal(1_000_000)),
    **dict.fromkeys(("miljard", "mld", "billion"), Decimal(1_000_000_000)),
    **dict.fromkeys(("duizend", "thousand"), Decimal(1_000)),
}
_SCALE = r"(?:\s*(?P<scale>" + "|".join(_SCALES) + r")\b)?"
_UNIT = r"(?:\s*(?P<unit>procent|percent|%|euro'?s?|eur)\b|\s*(?P<sign>%|€))?"
_DIGITS = re.compile(
    r"(?<![\w.,])(?P<euro>€\s*)?(?P<value>\d{1,3}(?:[. ]\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3})+|\d+(?:[.,]\d+)?)(?![\d])"
    r"(?P<ordinal>(?:e|ste|de)\b)?(?:,-)?" + _SCALE + _UNIT,
    re.I,
)
_TENS = "twintig|dertig|veertig|vijftig|zestig|zeventig|tachtig|negentig"
_ONES = {"een": 1, "één": 1, "twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "negen": 9}
_COMPOUND = re.compile(rf"(?P<one>{'|'.join(_ONES)})(?:en|ën)(?P<ten>{_TENS})")
_ORDINALS = {
    word: value
    for value, words in enumerate(
        (
            "eerste first", "tweede second", "derde third", "vierde fourth", "vijfde fifth", "zesde sixth",
            "zevende seventh", "achtste eighth", "negende ninth", "tiende tenth", "elfde", "twaalfde",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_TRAILING = re.compile(_SCALE + _UNIT, re.I)
_NEXT_WORD = re.compile(r"\s+([^\W\d_]{3,})")
_NOT_A_COUNT = re.compile(r"\s+kamer\b", re.I)


@dataclass(frozen=True)
class Day:
    """A date as far as the text gives it."""

    year: int | None
    month: int | None
    day: int | None
    begin: int
    end: int

    def agrees_with(self, other: Day) -> bool:
        """Whether all that this date says is what the other says; a year that the other leaves out is not looked at."""
        pairs = ((self.month, other.month), (self.day, other.day))
        return (self.year == other.year or None in (self.year, other.year)) and all(
            mine is None or mine == theirs for mine, theirs in pairs
        )


@dataclass(frozen=True)
class Quantity:
    """A number with what it counts."""

    value: Decimal
    unit: str | None  # "percent", "euro", "ordinal"
    noun: str | None  # stem of the word that follows: what is counted
    begin: int
    end: int

    def agrees_with(self, other: Quantity) -> bool:
        """Whether both are the same number, and not of different things."""
        return self.value == other.value and (
            self.unit == other.unit or (None in (self.unit, other.unit) and "percent" not in (self.unit, other.unit))
        )


def find_dates(text: str) -> list[Day]:
    """The dates, months with a year and years of a text, in order and without overlap."""
    plain, found = fold(text), list[Day]()
    for pattern in _DATES:
        found += [day for match in pattern.finditer(plain) if (day := _day(match)) and _is_free(day, found)]
    found += [
        Day(None, _MONTHS[match["month"].lower()], None, *match.span())
        for match in _LONE_MONTH.finditer(plain)
        if all(match.end() <= day.begin or match.start() >= day.end for day in found)
    ]
    for match in re.finditer(r"(?<![\w.,€])(?:19|20)\d\d(?![\d%]|[.,]\d|\s*(?:euro|miljoen|procent)\b)", plain):
        year = Day(int(match.group()), None, None, *match.span())
        if _is_free(year, found):
            found.append(year)
    return sorted(found, key=lambda day: day.begin)


def _day(match: re.Match[str]) -> Day | None:
    parts = match.groupdict()
    month = _MONTHS.get(parts["month"].lower()) or int(parts["month"])
    day = int(parts["day"]) if parts.get("day") else None
    if month > 12 or (day or 1) > 31:
        return None
    return Day(int(parts["year"]) if parts.get("year") else None, month, day, *match.span())


def _is_free(day: Day, taken: list[Day]) -> bool:
    return all(day.end <= other.begin or day.begin >= other.end for other in taken)


def find_quantities(text: str, dates: list[Day]) -> list[Quantity]:
    """The numbers of a text that are no part of a date, written in digits or in words, in order."""
    plain = fold(text)
    found = [
        quantity
        for quantity in (*_in_digits(plain), *_in_words(plain))
        if all(quantity.end <= day.begin or quantity.begin >= day.end for day in dates)
    ]
    return sorted(found, key=lambda quantity: quantity.begin)


def _in_digits(text: str) -> Iterator[Quantity]:
    for match in _DIGITS.finditer(text):
        value = _decimal(match["value"]) * _SCALES.get((match["scale"] or "").lower(), Decimal(1))
        unit = "euro" if match["euro"] else "ordinal" if match["ordinal"] else _unit(match)
        yield Quantity(value, unit, _noun(text, match.end()), match.start(), match.end())


def _decimal(digits: str) -> Decimal:
    if re.fullmatch(r"\d{1,3}(?:[. ,]\d{3})+", digits):
        return Decimal(re.sub(r"\D", "", digits))
    return Decimal(digits.replace(".", "").replace(" ", "").replace(",", ".") if "," in digits else digits)


def _unit(match: re.Match[str]) -> str | None:
    return _UNITS.get((match["unit"] or match["sign"] or "").lower().replace("'", ""))


def _in_words(text: str) -> Iterator[Quantity]:
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if word in _ORDINALS:
            if not _NOT_A_COUNT.match(text, match.end()):  # the Tweede Kamer is a name
                yield Quantity(Decimal(_ORDINALS[word]), "ordinal", _noun(text, match.end()), *match.span())
            continue
        value = _word_value(word)
        trailing = _TRAILING.match(text, match.end())
        if word in _SCALES and not re.search(r"[\d\w]\s*$", text[: match.start()]):
            value = _SCALES[word]
        if value is None or trailing is None:
            continue
        value *= _SCALES.get((trailing["scale"] or "").lower(), Decimal(1))
        yield Quantity(value, _unit(trailing), _noun(text, trailing.end()), match.start(), trailing.end())


def _word_value(word: str) -> Decimal | None:
    if word in ("één", "one"):
        return Decimal(1)
    if word in NUMBER_WORDS:
        return Decimal(NUMBER_WORDS[word])
    compound = _COMPOUND.fullmatch(word)
    if compound:
        return Decimal(_ONES[compound["one"]]) + Decimal(NUMBER_WORDS[compound["ten"]])
    return None


def _noun(text: str, end: int) -> str | None:
    following = _NEXT_WORD.match(text, end)
    return stem(following.group(1).lower()) if following else None
