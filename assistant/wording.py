"""Dutch words for values that readers see: statuses, dates, headings, and what pydantic finds wrong."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from assistant.types import Status

STATUS_WORDS: dict[Status, str] = {
    "in_force": "geldig",
    "outdated": "verouderd",
    "superseded": "vervangen",
    "unknown": "onbekend",
}
MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip

REASONS = {
    errno.EACCES: "er is geen toestemming",
    errno.EPERM: "er is geen toestemming",
    errno.EROFS: "deze plek is alleen-lezen",
    errno.ENOSPC: "de schijf is vol",
    errno.EDQUOT: "de toegestane ruimte is op",
    errno.ENOENT: "het bestand of de map bestaat niet",
    errno.EISDIR: "dit is een map en geen bestand",
    errno.ENOTDIR: "dit is een bestand en geen map",
    errno.ENAMETOOLONG: "de naam is te lang",
}

# pydantic names its findings by type; these are the ones that our models can give.
FINDINGS = {
    "missing": "ontbreekt",
    "string_type": "moet één stuk tekst zijn",
    "string_too_short": "mag niet leeg zijn",
    "string_too_long": "mag hoogstens {max_length} tekens hebben",
    "string_unicode": "bevat tekens die geen tekst zijn",
    "too_long": "mag hoogstens {max_length} onderdelen hebben",
    "string_pattern_mismatch": "mag alleen letters, cijfers, punt, streepje en laag streepje hebben, "
    "en begint met een letter of cijfer",
    "literal_error": "moet een van deze waarden zijn: {expected}",
    "tuple_type": "moet een lijst zijn, bijvoorbeeld [een, twee]",
    "list_type": "moet een lijst zijn",
    "int_type": "moet een heel getal zijn",
    "int_parsing": "moet een heel getal zijn",
    "bool_parsing": "moet true of false zijn",
    "bool_type": "moet true of false zijn",
    "greater_than_equal": "moet minstens {ge} zijn",
    "greater_than": "moet meer dan {gt} zijn",
    "less_than_equal": "mag hoogstens {le} zijn",
    "float_type": "moet een getal zijn",
    "float_parsing": "moet een getal zijn",
    "dict_type": "moet uit sleutels en waarden bestaan",
    "model_attributes_type": "moet uit sleutels en waarden bestaan",
    "model_type": "moet uit sleutels en waarden bestaan",
}


# Signs that command a terminal, end a line of a log where none ends, or turn the order of what is read around.
UNSHOWABLE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")


def legible(text: str, instead: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """A text of a stranger that can be shown or logged, of the same length; its line ends and tabs stay."""
    return UNSHOWABLE.sub(instead, text)


def date_words(day: date | None) -> str:
    """A date as "3 juli 2021"; "datum onbekend" when there is none."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else "datum onbekend"


def heading_words(heading_path: Iterable[str]) -> str:
    """The headings above a quote on one line."""
    return " › ".join(heading_path)


def reason_words(error: OSError) -> str:
    """Why the system refused a file, in Dutch."""
    return REASONS.get(error.errno or 0, f"het systeem meldt fout {error.errno}")


def nearest(word: str, known: Iterable[str]) -> str:
    """A Dutch question that proposes the known word most like `word`; empty when nothing is near."""
    names = {name.casefold(): name for name in known}
    match = get_close_matches(word.casefold(), names, n=1)
    return f" Bedoeld is misschien '{names[match[0]]}'." if match else ""


def finding_words(finding: Mapping[str, Any], known: Iterable[str]) -> str:
    """One pydantic finding as a Dutch sentence about its key; `known` are the keys that may be used."""
    key = ".".join(part for part in finding["loc"] if isinstance(part, str)) or "de inhoud"
    if finding["type"] == "extra_forbidden":
        return f"de sleutel '{key}' is onbekend.{nearest(key, known)}"
    if finding["type"] == "string_pattern_mismatch" and len(finding["loc"]) > 1:
        return f"'{key}' heeft niet de juiste vorm."
    if finding["type"] == "value_error":
        return f"'{key}' {finding['ctx']['error']}."
    if finding["input"] is None:
        return f"'{key}' is leeg."
    context = {name: str(value).replace(" or ", " of ") for name, value in finding.get("ctx", {}).items()}
    return f"'{key}' {FINDINGS.get(finding['type'], 'heeft een onmogelijke waarde').format_map(context)}."
