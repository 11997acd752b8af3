"""Takes a comparison apart: "het verschil tussen A en B" is asked once about A and once about B."""

from __future__ import annotations

import re

from assistant.question import Question

_ARTICLE = r"(?:(?:de|het|een|the|a)\s+)?"
_NAME_PART = r"[A-Z][\w'’-]*(?:\s+(?:(?:van|de|der|den|voor|op)\s+)*[A-Z0-9][\w'’-]*)*"
_THING = rf"{_ARTICLE}(?:{_NAME_PART}|[\w'’()-]{{2,}}(?:\s+\d{{4}})?)"
_AND = r"\s+(?:en|and|versus|vs\.?|met|of|or|than|dan)\s+"
# The surest wording first.
_PAIRS = (
    re.compile(rf"\b(?:tussen|between)\s+(?P<first>.{{2,60}}?){_AND}(?P<second>{_THING})"),
    re.compile(rf"(?P<first>{_THING})\s+(?:en|and)\s+(?P<second>{_THING})\s+(?:allebei|beide|both)\b"),
    re.compile(rf"(?P<first>{_ARTICLE}{_NAME_PART})\s+(?:en|and)\s+(?P<second>{_ARTICLE}{_NAME_PART})"),
    re.compile(rf"(?P<first>{_THING})\s+(?:en|and|versus|vs\.?)\s+(?P<second>{_THING})"),
)


def sides(question: Question) -> list[str]:
    """The question once for each thing compared, the other left out; empty if no two things can be told apart."""
    for pattern in _PAIRS:
        match = pattern.search(question.text)
        if match is not None:
            head, tail = question.text[: match.start()], question.text[match.end() :]
            return [f"{head}{match.group(side)}{tail}" for side in ("first", "second")]
    return []
