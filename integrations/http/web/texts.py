"""The words of the pages, in each language; in texts/*.toml, so that they can be changed without programming."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

PageLanguage = Literal["nl", "en"]
LANGUAGES: tuple[PageLanguage, ...] = ("nl", "en")

_FOLDER = Path(__file__).parent / "texts"
_IN_SCRIPT = ("ask", "answer", "statuses", "copying", "feedback", "status", "errors", "filters", "source")
_MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december".split(),
    "en": "January February March April May June July August September October November December".split(),
}

Texts = dict[str, dict[str, Any]]


@cache
def texts(language: PageLanguage) -> Texts:
    """All texts in one language, by section and name; do not change them."""
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def script_texts(language: PageLanguage) -> dict[str, Any]:
    """The sections that the page's scripts use."""
    return {section: texts(language)[section] for section in _IN_SCRIPT}


def day_words(written: object, language: PageLanguage) -> str:
    """A date, or its ISO form, as people write it: "3 juli 2021"; empty when there is none."""
    if not written:
        return ""
    year, month, day = str(written).split("-")
    return f"{int(day)} {_MONTHS[language][int(month) - 1]} {year}"


def chosen_language(written: str | None) -> PageLanguage:
    """The language that an address asks for; Dutch when it asks for none that we have."""
    return "en" if written == "en" else "nl"
