"""The rules on who does it to whom: swapped sides, another subject, another thing of the field."""

from __future__ import annotations

import re

from assistant.grounding.clauses import nearest
from assistant.grounding.content import in_statement
from assistant.grounding.statements import Statement, subject
from assistant.grounding.units import Unit
from assistant.language import STOPWORDS, forms

Sides = tuple[frozenset[str], frozenset[str]]

_PREDECESSOR = re.compile(r"\b(?:voorganger|voorloper|predecessor)\b", re.I)
_BY = re.compile(r"\b(?:door|by)\b", re.I)
_PATTERNS = {
    "replaces": re.compile(
        r"\b(?:vervang\w*|verving\w*|replac\w*|opvolg\w*|volg\w* op|succe\w*|in de plaats"
        r"|voorganger|voorloper|predecessor)\b",
        re.I,
    ),
    "from_to": re.compile(r"\bvan\b(?P<first>.+?)\bnaar\b(?P<second>.+)", re.I),
    "than": re.compile(r"\b(?:dan|than)\b", re.I),
    "to": re.compile(r"\b(?:aan|to) (?:(?:de|het|een|the|a) )?(?P<receiver>[\w-]+)", re.I),
}
# What does not begin with its subject.
_FRONTED = re.compile(
    r"\W*(?:in|op|bij|volgens|met|sinds|voor|over|na|vanaf|tot|uit|van|onder|tussen|als|wanneer|om|door|daar\w*|er"
    r"|welke?|hoe|of|wie)\b",
    re.I,
)


def wrong_roles(claim: Statement, unit: Unit) -> bool:
    """Whether the two sides of a verb, of a comparison or of "van … naar" have changed places."""
    source = unit.statement
    return any(_swapped(_sides(claim, kind), _sides(source, kind)) for kind in _PATTERNS)


def _sides(statement: Statement, kind: str) -> Sides | None:
    """The two sides in question; None if the statement has no such pair."""
    text = statement.plain
    if match := _PATTERNS[kind].search(text):
        if kind == "from_to":
            return _figures(statement, *match.span("first")), _figures(statement, *match.span("second"))
        if kind == "to":
            receiver = _keys(statement, *match.span("receiver"))
            return _keys(statement, 0, len(text)) - receiver, receiver
        before, after = _keys(statement, 0, match.start()), _keys(statement, match.end(), len(text))
        return _agent_first(statement, before, after) if kind == "replaces" else (before, after)
    return None


def _agent_first(statement: Statement, before: frozenset[str], after: frozenset[str]) -> Sides:
    """Who replaces whom: "A vervangt B", "B is vervangen door A", "B is de voorganger van A"."""
    if by := _BY.search(statement.plain):
        return _keys(statement, by.end(), len(statement.plain)), _keys(statement, 0, by.start())
    return (after, before) if _PREDECESSOR.search(statement.plain) else (before, after)


def _keys(statement: Statement, begin: int, end: int) -> frozenset[str]:
    words = {word.root for word in statement.words if begin <= word.begin < end}
    concepts = {name for first, last, name in statement.concept_spans if begin <= first and last <= end}
    return frozenset(words | concepts) | _figures(statement, begin, end)


def _figures(statement: Statement, begin: int, end: int) -> frozenset[str]:
    figures = {str(each.value) for each in statement.quantities if begin <= each.begin < end}
    return frozenset(
        figures | {f"{day.year}-{day.month}-{day.day}" for day in statement.dates if begin <= day.begin < end}
    )


def _swapped(claim: Sides | None, source: Sides | None) -> bool:
    if claim is None or source is None:
        return False
    (a, b), (c, d) = ((left - right, right - left) for left, right in (claim, source))
    return bool(a & d) and bool(b & c) and not b & d


def wrong_subject(claim: Statement, unit: Unit) -> bool:
    """Whether the claim says of one thing what the piece says of another."""
    if not claim.words or not unit.statement.words or _FRONTED.match(claim.plain):
        return False
    mine, its = subject(claim), subject(unit.statement)
    if in_statement(mine, claim, unit.statement):
        return False
    if mine.root in unit.other_subjects and not unit.leans:
        return True
    if in_statement(its, unit.statement, claim):
        return False
    return not in_statement(mine, claim, unit.context) or bool(in_statement(its, unit.statement, unit.context))


def other_concept(claim: Statement, unit: Unit) -> bool:
    """Whether the claim names one thing of the field where the piece names another."""
    said = claim.concepts - unit.statement.concepts
    left_out = unit.statement.concepts - claim.concepts
    close = {nearest(clause, unit) for clause in claim.clauses}
    return any(
        name in left_out and any(other.begin <= begin < other.end for other in close)
        for begin, _, name in unit.statement.concept_spans
    ) and any(not _says(name, claim, unit.statement) for name in said)


def _says(name: str, claim: Statement, other: Statement) -> bool:
    """Whether all the words by which the claim names a thing stand in the other, too."""
    return any(
        set(forms(claim.text[begin:end])) - STOPWORDS <= other.all_forms
        for begin, end, full in claim.concept_spans
        if full == name
    )
