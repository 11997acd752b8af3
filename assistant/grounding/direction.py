"""The rule on opposites: more for less, before for after, up for down."""

from __future__ import annotations

import re

from assistant.grounding import wording
from assistant.grounding.clauses import aligned, is_denied, nearest
from assistant.grounding.statements import Statement
from assistant.grounding.units import Unit
from assistant.language import STOPWORDS, forms

_PARTICLE = re.compile(r"\b(af|op|aan|in|uit|toe|mee|bij|over|terug|weg|tegen|om|na)\W*$")
_LESS = re.compile(r"\b(?:minder|less) (\w{4,})", re.I)


def wrong_direction(claim: Statement, unit: Unit) -> bool:
    """Whether the claim has the opposite of a word of the piece ("meer" for "minder")."""
    pairs = aligned(claim, unit)
    if any(_opposes(ours, theirs) for ours, theirs in pairs):
        return True
    return _other_particle(claim, unit) or _other_comparative(claim.plain, unit.statement.plain)


def _opposes(claim: str, source: str) -> bool:
    if is_denied(claim) != is_denied(source):
        return False
    for sides in wording.OPPOSITES:
        said = [len(side.findall(claim)) for side in sides]
        meant = [len(side.findall(source)) for side in sides]
        more = any(ours > theirs for ours, theirs in zip(said, meant, strict=True))
        if more and any(ours < theirs for ours, theirs in zip(said, meant, strict=True)):
            return True
    return False


def _other_particle(claim: Statement, unit: Unit) -> bool:
    """The "op" of "bouwen op" where the piece has "bouwen … af"."""
    for clause in claim.clauses:
        other = nearest(clause, unit)
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
