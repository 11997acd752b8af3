"""The rules on how a claim says it: denied or not, must or may, all or some, up or down, who does it to whom."""

from __future__ import annotations

import re
from collections import Counter

from assistant.grounding import wording
from assistant.grounding.content import in_statement
from assistant.grounding.statements import Clause, Statement, Word
from assistant.grounding.units import Unit


def wrong_polarity(claim: Statement, unit: Unit) -> bool:
    """Whether the claim denies what the piece says, or says what it denies."""
    pairs = _pairs(claim, unit)
    return any(is_denied(ours) != is_denied(theirs) for ours, theirs in pairs)


def _pairs(claim: Statement, unit: Unit) -> list[tuple[str, str]]:
    """Each clause of the piece that clauses of the claim are nearest to, with those clauses."""
    if claim.language != unit.statement.language:
        return [(claim.plain, unit.statement.plain)]  # no words to tell the clauses by
    groups: dict[Clause, list[str]] = {}
    for clause in claim.clauses:
        groups.setdefault(_nearest(clause, claim, unit), []).append(clause.text)
    return [(" ".join(ours), theirs.text) for theirs, ours in groups.items()]


def _nearest(clause: Clause, claim: Statement, unit: Unit) -> Clause:
    """The clause of the piece that shares most; of several, the one that is denied as the claim's is."""
    denied = is_denied(clause.text)
    return max(
        unit.statement.clauses, key=lambda other: (len(clause.roots & other.roots), is_denied(other.text) == denied)
    )


def is_denied(text: str) -> bool:
    """Whether a clause is negative; two negations make it positive again."""
    text = wording.NOT_ONLY.sub(" ", text)
    return (len(wording.NEGATION.findall(text)) + len(wording.UN_WORDS.findall(text))) % 2 == 1


def wrong_strength(claim: Statement, unit: Unit) -> bool:
    """Whether the claim obliges, allows or generalises otherwise than the piece."""
    return any(
        _strength_differs(ours, theirs, unit.context.plain) for ours, theirs in _pairs(claim, unit)
    ) or _scope_differs(claim.plain, unit.statement.plain, unit.context.plain)


def _strengths(text: str) -> Counter[str]:
    """How often a text obliges, wishes, allows, forbids or exempts."""
    found: Counter[str] = Counter()
    for name, pattern in (
        ("need_not", wording.NEED_NOT), ("may_not", wording.MAY_NOT), ("wish", wording.SHOULD),
        ("must", wording.MUST), ("wish", wording.WISH), ("can", wording.CAN),
    ):  # fmt: skip
        text, times = pattern.subn(" ", text)
        found[name] += times
    return +found


def _strength_differs(claim: str, source: str, context: str) -> bool:
    said, meant, around = _strengths(claim), _strengths(source), _strengths(context)
    if said["need_not"] or meant["need_not"]:
        return bool(said["need_not"]) != bool(meant["need_not"])
    if said["may_not"]:
        return not meant["may_not"] and not (meant["must"] and is_denied(source))
    if meant["may_not"]:
        return not (said["must"] and is_denied(claim))
    if said["must"] and said["must"] > meant["must"]:
        return meant["can"] > said["can"] or not meant["must"] and (bool(meant) or not around["must"])
    if said["wish"]:
        soft = wording.SOFT_WISH.search(source) or wording.SOFT_WISH.search(context)
        return bool(meant) and not (meant["wish"] or meant["must"] or around["wish"] or around["must"] or soft)
    if said["can"]:
        return bool(meant) and (not meant["can"] or said["can"] > meant["can"] and meant["must"] > said["must"])
    return bool(meant) and not said and not wording.SOFT_WISH.search(claim)


def _scope_differs(claim: str, source: str, context: str) -> bool:
    if wording.ALL.search(claim) and not wording.ALL.search(source) and not wording.ALL.search(context):
        return True
    if wording.ONLY.search(claim) and not wording.ONLY.search(source):
        return True
    if wording.SOME.search(source) and not (wording.SOME.search(claim) or wording.MOST.search(claim)):
        return True
    some = wording.SOME.search(claim) or wording.MOST.search(claim)
    return bool(some and wording.ALL.search(source) and not wording.ALL.search(claim))


def wrong_direction(claim: Statement, unit: Unit) -> bool:
    """Whether the claim has the opposite of a word of the piece ("meer" for "minder")."""
    source = unit.statement.plain
    for sides in wording.OPPOSITES:
        said = {number for number, side in enumerate(sides) if side.search(claim.plain)}
        meant = {number for number, side in enumerate(sides) if side.search(source)}
        if said and meant and not said & meant and is_denied(claim.plain) == is_denied(source):
            return True
    return False


_BY = re.compile(r"\b(?:door|by)\b", re.I)
_FROM_TO = re.compile(r"\bvan\b(?P<first>.+?)\bnaar\b(?P<second>.+)", re.I)
_THAN = re.compile(r"\b(?:dan|than)\b", re.I)
_REPLACES = re.compile(r"\b(?:vervang\w*|verving\w*|replac\w*|opvolg\w*|volg\w* op|succe\w*|in de plaats)\b", re.I)
_REVERSED = re.compile(r"\b(?:voorganger|voorloper|predecessor)\b", re.I)


def wrong_roles(claim: Statement, unit: Unit) -> bool:
    """Whether the two sides of a verb, of a comparison or of "van … naar" have changed places."""
    source = unit.statement
    return any(_swapped(_sides(claim, kind), _sides(source, kind)) for kind in ("replaces", "from_to", "than"))


Sides = tuple[frozenset[str], frozenset[str]]


def _sides(statement: Statement, kind: str) -> Sides | None:
    text = statement.plain
    if kind == "from_to":
        match = _FROM_TO.search(text)
        if match is None:
            return None
        return _figures(statement, *match.span("first")), _figures(statement, *match.span("second"))
    if kind == "than":
        match = _THAN.search(text)
        if match is None:
            return None
        sides = _keys(statement, 0, match.start()), _keys(statement, match.end(), len(text))
        return sides
    match = _REPLACES.search(text) or _REVERSED.search(text)
    if match is None:
        return None
    before, after = _keys(statement, 0, match.start()), _keys(statement, match.end(), len(text))
    by = _BY.search(text)
    if by:
        return _keys(statement, by.end(), len(text)), _keys(statement, 0, by.start())
    return (after, before) if _REVERSED.search(text) else (before, after)


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
    return len(a & d) + len(b & c) > len(a & c) + len(b & d)


def wrong_subject(claim: Statement, unit: Unit) -> bool:
    """Whether the claim says of one thing what the piece says of another."""
    if not claim.words or not unit.statement.words:
        return False
    mine, its = _subject(claim), _subject(unit.statement)
    if in_statement(mine, claim, unit.statement) or in_statement(its, unit.statement, claim):
        return False
    return not in_statement(mine, claim, unit.context) or bool(in_statement(its, unit.statement, unit.context))


def _subject(statement: Statement) -> Word:
    """The first word that says something, and not the adjective before it."""
    words = statement.words
    place = 0
    while place + 1 < len(words) and words[place].form.endswith("e") and words[place + 1].begin == words[place].end + 1:
        place += 1
    return words[place]
