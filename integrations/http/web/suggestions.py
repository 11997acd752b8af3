"""The questions that the page proposes, as far as the index can answer them."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from integrations.http.web.texts import PageLanguage

_FILE = Path(__file__).parent / "suggestions.toml"


def suggestions(documents: Collection[str], language: PageLanguage) -> list[str]:
    """Questions whose documents are all in the index.

    Args:
        documents: the ids of the documents in the index.
    """
    return [entry[language] for entry in _entries() if set(entry["documents"]) <= set(documents)]


@cache
def _entries() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["questions"]
    return entries
