"""The rules on how a claim says it: denied or not, must or may, all or some, up or down, who does it to whom."""

from __future__ import annotations

import re
from collections import Counter

from assistant.grounding import wording
from assistant.grounding.clauses import aligned, is_denied, nearest
from assistant.grounding.content import in_statement
from assistant.grounding.statements import Statement, Word
from assistant.grounding.units import Unit
from assistant.language import STOPWORDS, forms


def wrong_polarity(claim: Statement, unit: Unit) -> bool:
    """Whether the claim denies what the piece says, or says what it denies."""
    pairs = aligned(claim, unit)
    return any(is_denied(ours) != is_denied(theirs) for ours, theirs in pairs)


def wrong_strength(claim: Statement, unit: Unit) -> bool:
    """Whether the claim obliges, allows or generalises otherwise than the piece."""
    return any(
        _strength_differs(ours, theirs, unit.context.plain) for ours, theirs in aligned(claim, unit)
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
    if said["may_not"] or meant["may_not"]:
        return _is_forbidden(claim, said) != _is_forbidden(source, meant)
    if said["must"] > meant["must"]:
        attributed = around["wish"] and _ATTRIBUTED.search(claim)
        return meant["can"] > said["can"] or not meant["must"] and not (not meant and around["must"] or attributed)
    if meant["must"] > said["must"] and said["can"] > meant["can"]:
        return True
    if said["wish"]:
        soft = wording.SOFT_WISH.search(source) or wording.SOFT_WISH.search(context)
        return bool(meant) and not (meant["wish"] or meant["must"] or around["wish"] or around["must"] or soft)
    if said["can"]:
        return bool(meant) and not meant["can"]
    return bool(meant) and not said and not wording.SOFT_WISH.search(claim)


def _is_forbidden(text: str, strengths: Counter[str]) -> bool:
    return bool(strengths["may_not"] or strengths["must"] and is_denied(text))


def _scope_differs(claim: str, source: str, context: str) -> bool:
    said = {name: bool(pattern.search(claim)) for name, pattern in _SCOPES.items()}
    meant = {name: bool(pattern.search(source)) for name, pattern in _SCOPES.items()}
    if said["all"] and not meant["all"] and not wording.ALL.search(context) or said["sure"] and not meant["sure"]:
        return True
    if wording.ONLY.search(wording.NOT_ONLY.sub(" ", claim)) and not wording.ONLY.search(
        wording.NOT_ONLY.sub(" ", source)
    ):
        return True
    if meant["some"] and not (said["some"] or said["most"] or is_denied(claim)):
        return True
    return (said["some"] or said["most"]) and meant["all"] and not said["all"]


def wrong_direction(claim: Statement, unit: Unit) -> bool:
    """Whether the claim has the opposite of a word of the piece ("meer" for "minder")."""
    source = unit.statement.plain
    for sides in wording.OPPOSITES:
        said = [len(side.findall(claim.plain)) for side in sides]
        meant = [len(side.findall(source)) for side in sides]
        more = any(ours > theirs for ours, theirs in zip(said, meant, strict=True))
        less = any(ours < theirs for ours, theirs in zip(said, meant, strict=True))
        if more and less and is_denied(claim.plain) == is_denied(source):
            return True
    return _other_particle(claim, unit) or _other_comparative(claim.plain, source)


def _other_particle(claim: Statement, unit: Unit) -> bool:
    """The "op" of "bouwen op" where the piece has "bouwen … af"."""
    for clause in claim.clauses:
        other = nearest(clause, claim, unit)
        mine, its = (_PARTICLE.search(each.text) for each in (clause, other))
        if mine and its and mine[1] != its[1] and len(clause.roots & other.roots) > 1:
            return True
    return False


def _other_comparative(claim: str, source: str) -> bool:
    """Whether one has "minder belangrijk" and the other "belangrijker", about the same side."""
    for one, other in ((claim, source), (source, claim)):
        for match in _LESS.finditer(one):
            longer = rf"(?<!minder )\b{match[1][:-1]}\w{{0,2}}er(?:e)?\b"
            if re.search(longer, other, re.I) and not _than_swapped(claim, source):
                return True
    return False


def _than_swapped(claim: str, source: str) -> bool:
    """Whether what stands before "dan" in one stands after it in the other."""
    ours, theirs = (re.split(r"\bdan\b", text, maxsplit=1) for text in (claim, source))
    if len(ours) < 2 or len(theirs) < 2:
        return False
    a, b, c, d = (set(forms(side)) - STOPWORDS for side in (*ours, *theirs))
    return len((a - b) & (d - c)) + len((b - a) & (c - d)) > len((a - b) & (c - d)) + len((b - a) & (d - c))


_SCOPES = {"all": wording.ALL, "some": wording.SOME, "most": wording.MOST, "sure": wording.SURE}
_ATTRIBUTED = re.compile(r"\b(?:volgens|according to)\b", re.I)
_PARTICLE = re.compile(r"\b(af|op|aan|in|uit|toe|mee|bij|over|terug|weg|tegen|om|na)\W*$")
_LESS = re.compile(r"\b(?:minder|less) (\w{4,})", re.I)

_FRONTED = re.compile(
    r"\W*(?:in|op|bij|volgens|met|sinds|voor|over|na|vanaf|tot|uit|van|onder|tussen|als|wanneer|om|door|daar\w*|er|welke?|hoe|of|wie)\b",
    re.I,
)
_BY = re.compile(r"\b(?:door|by)\b", re.I)
_FROM_TO = re.compile(r"\bvan\b(?P<first>.+?)\bnaar\b(?P<second>.+)", re.I)
_THAN = re.compile(r"\b(?:dan|than)\b", re.I)
_TO = re.compile(r"\b(?:aan|to) (?:(?:de|het|een|the|a) )?(?P<receiver>[\w-]+)", re.I)
_REPLACES = re.compile(r"\b(?:vervang\w*|verving\w*|replac\w*|opvolg\w*|volg\w* op|succe\w*|in de plaats)\b", re.I)
_REVERSED = re.compile(r"\b(?:voorganger|voorloper|predecessor)\b", re.I)


def wrong_roles(claim: Statement, unit: Unit) -> bool:
    """Whether the two sides of a verb, of a comparison or of "van … naar" have changed places."""
    source = unit.statement
    return any(_swapped(_sides(claim, kind), _sides(source, kind)) for kind in ("replaces", "from_to", "than", "to"))


Sides = tuple[frozenset[str], frozenset[str]]


def _sides(statement: Statement, kind: str) -> Sides | None:
    text = statement.plain
    if kind == "from_to":
        match = _FROM_TO.search(text)
        if match is None:
            return None
        return _figures(statement, *match.span("first")), _figures(statement, *match.span("second"))
    if kind == "to":
        match = _TO.search(text)
        if match is None:
            return None
        receiver = _keys(statement, *match.span("receiver"))
        return _keys(statement, 0, len(text)) - receiver, receiver
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
    return bool(a & d) and bool(b & c) and not b & d


def wrong_subject(claim: Statement, unit: Unit) -> bool:
    """Whether the claim says of one thing what the piece says of another."""
    if not claim.words or not unit.statement.words or _FRONTED.match(claim.plain):
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
