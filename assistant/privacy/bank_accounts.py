"""IBANs that pass their check, and Dutch ones that are called a bank account."""

from __future__ import annotations

import re
from collections.abc import Iterator

_START = re.compile(r"(?<![^\W_])[A-Z]{2}[ ]?[\dO]{2}", re.IGNORECASE)
_GAP = re.compile(r"[ .\-\n]{0,2}")
_LENGTHS = {
    **{"AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18},
    **{"FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IT": 27, "LT": 20, "LU": 20, "LV": 21, "MA": 28},
    **{"MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26, "UA": 29},
}
_DUTCH = re.compile(r"NL\d\d[A-Z]{4}\d{10}")
_NAMED = re.compile(r"iban|rekening|bank|account", re.IGNORECASE)


def bank_accounts(text: str) -> Iterator[tuple[int, int]]:
    """The bank accounts in a folded text."""
    for match in _START.finditer(text):
        length = _LENGTHS.get(match[0][:2].upper())
        read = _read(text, match.start(), length) if length else None
        if read is None:
            continue
        number, end = read
        named = _NAMED.search(text[max(0, match.start() - 40) : match.start()])
        if passes_check(number) or (named and _DUTCH.fullmatch(number)):
            yield match.start(), end


def passes_check(number: str) -> bool:
    """Whether the check digits of an IBAN without spaces agree with the rest."""
    turned = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def _read(text: str, begin: int, length: int) -> tuple[str, int] | None:
    """`length` letters and digits from `begin`, upper case, and where they end."""
    number = ""
    place = begin
    while len(number) < length and place < len(text):
        gap = _GAP.match(text, place)
        place = gap.end() if gap else place
        if not (place < len(text) and text[place].isascii() and text[place].isalnum()):
            return None
        number += text[place].upper()
        place += 1
    whole = len(number) == length and not text[place : place + 1].isalnum()
    if number.startswith("NL"):  # a Dutch account has letters in one place, so a letter O elsewhere is a zero
        number = number[:2] + number[2:4].replace("O", "0") + number[4:8] + number[8:].replace("O", "0")
    return (number, place) if whole else None
