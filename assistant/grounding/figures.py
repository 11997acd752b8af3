"""The rules on what a claim must have letter for letter: its numbers, dates and names."""

from __future__ import annotations

import re

from assistant.grounding.clauses import nearest
from assistant.grounding.quantities import Day, Quantity
from assistant.grounding.statements import Statement
from assistant.grounding.units import Unit
from assistant.language import forms

_PLURALS = ("s", "en", "e", "se")


def wrong_number(claim: Statement, unit: Unit) -> bool:
    """Whether the claim has a number that the piece has not, or has for something else."""
    return any(
        not _has_number(quantity, claim, unit) or _in_other_clause(quantity, claim, unit, "quantities")
        for quantity in claim.quantities
    )


def _in_other_clause(figure: Quantity | Day, claim: Statement, unit: Unit, kind: str) -> bool:
    """Whether the clause of the piece that says the same as the figure's clause has other figures only."""
    clause = next(each for each in claim.clauses if each.begin <= figure.begin < each.end)
    shares = [len(clause.roots & other.roots) for other in unit.statement.clauses]
    nearest = [other for other, share in zip(unit.statement.clauses, shares, strict=True) if share == max(shares) > 0]
    found = [
        each
        for other in nearest
        for each in getattr(unit.statement, kind)
        if other.begin <= each.begin < other.end and not any(each.agrees_with(mine) for mine in getattr(claim, kind))
    ]
    agreeing = [
        each
        for other in nearest
        for each in getattr(unit.statement, kind)
        if other.begin <= each.begin < other.end and figure.agrees_with(each)
    ]
    return bool(found) and not agreeing


def _has_number(quantity: Quantity, claim: Statement, unit: Unit) -> bool:
    own = unit.statement.quantities
    same = [other for other in own if quantity.agrees_with(other)]
    if same:
        return not _counts_something_else(quantity, same, own)
    if quantity.value == 1 and "een" in unit.statement.all_forms:
        return True
    # A number from a heading or from the next sentence may complete the piece, never replace a number of its own.
    spare = [other for other in own if not any(other.agrees_with(mine) for mine in claim.quantities)]
    around = (*unit.context.quantities, *unit.near.quantities)
    return not spare and any(quantity.agrees_with(other) and _same_noun(quantity, other) for other in around)


def _counts_something_else(quantity: Quantity, same: list[Quantity], own: tuple[Quantity, ...]) -> bool:
    """The 87 of "87 gemeenten", where the piece has "234 gemeenten" and "87 procent"."""
    if quantity.noun is None or any(other.noun in (quantity.noun, None) for other in same):
        return False
    return any(other.noun == quantity.noun for other in own if other not in same)


def _same_noun(quantity: Quantity, other: Quantity) -> bool:
    return None in (quantity.noun, other.noun) or quantity.noun == other.noun


def wrong_date(claim: Statement, unit: Unit) -> bool:
    """Whether the claim has a date or a year that the piece has not."""
    return any(not _has_date(day, claim, unit) or _in_other_clause(day, claim, unit, "dates") for day in claim.dates)


_RANGE = re.compile(r"\b((?:19|20)\d\d)\s*(?:-|t/m|tot(?: en met)?|to|until)\s*((?:19|20)\d\d)\b")


def _ranges(text: str) -> set[tuple[int, int]]:
    return {(int(first), int(last)) for first, last in _RANGE.findall(text)}


def wrong_period(claim: Statement, unit: Unit) -> bool:
    """Whether the claim gives a period other ends than the piece does."""
    known = _ranges(unit.statement.plain) or _ranges(unit.context.plain)
    return any(
        (first, last) not in known and any((first == begin) != (last == end) for begin, end in known)
        for first, last in _ranges(claim.plain)
    )


def _has_date(day: Day, claim: Statement, unit: Unit) -> bool:
    own = unit.statement.dates
    around = (*unit.context.dates, *unit.near.dates)
    same = [other for other in own if day.agrees_with(other)]
    if day.year is not None and same and all(other.year is None for other in same):
        # "14 juni" with the year in the heading or in the sentence before.
        return any(other.year == day.year for other in (*own, *around))
    if same or (
        day.month is None and any(first < (day.year or 0) < last for first, last in _ranges(unit.statement.plain))
    ):
        return True
    spare = [other for other in own if not any(mine.agrees_with(other) for mine in claim.dates)]
    return not spare and any(day.agrees_with(other) and other.year == day.year for other in around)


def wrong_name(claim: Statement, unit: Unit) -> bool:
    """Whether the claim has a name that neither the piece nor its title, headings or introduction has."""
    missing = [name for name in claim.names if not _has_name(name, claim, unit.statement)]
    if not missing:
        return False
    # The name may stand in a heading or in the sentence before, if the piece has no other name that the claim left out.
    close = " ".join({nearest(clause, unit).text.lower() for clause in claim.clauses})
    spare = [
        name
        for name in unit.statement.names
        if not _has_name(name, unit.statement, claim) and all(word in forms(close) for word in name)
    ]
    around = (unit.context, unit.near)
    return bool(spare) or any(not any(_has_name(name, claim, other) for other in around) for name in missing)


def _has_name(name: tuple[str, ...], owner: Statement, other: Statement) -> bool:
    """Whether the other statement has a name of the owner, to the letter or as the glossary knows it."""
    if all(_has_word(word, other.all_forms) for word in name):
        return True
    return any(
        full in other.concepts and set(name) <= set(forms(owner.text[begin:end]))
        for begin, end, full in owner.concept_spans
    )


def _has_word(word: str, forms: frozenset[str]) -> bool:
    if word in forms:
        return True
    return any(
        f"{word}{ending}" in forms or (word.endswith(ending) and word[: -len(ending)] in forms) for ending in _PLURALS
    )
