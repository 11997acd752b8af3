"""Which clause of a piece says what a clause of the claim says; the rule that both are negative or neither is."""

from __future__ import annotations

from assistant.grounding import wording
from assistant.grounding.statements import Clause, Statement
from assistant.grounding.units import Unit


def aligned(claim: Statement, unit: Unit) -> list[tuple[str, str]]:
    """Each clause of the piece that clauses of the claim are nearest to, with those clauses."""
    if claim.language != unit.statement.language:
        return [(claim.plain, unit.statement.plain)]  # no words to tell the clauses by
    groups: dict[Clause, list[str]] = {}
    for clause in claim.clauses:
        groups.setdefault(nearest(clause, unit), []).append(clause.text)
    return [(" ".join(ours), theirs.text) for theirs, ours in groups.items()]


def nearest(clause: Clause, unit: Unit) -> Clause:
    """The clause of the piece that shares most; of several, the one that is denied as the claim's is."""
    denied = is_denied(clause.text)
    return max(
        unit.statement.clauses, key=lambda other: (len(clause.roots & other.roots), is_denied(other.text) == denied)
    )


def is_denied(text: str) -> bool:
    """Whether a clause is negative; two negations make it positive again."""
    text = wording.NOT_ONLY.sub(" ", text)
    return (len(wording.NEGATION.findall(text)) + len(wording.UN_WORDS.findall(text))) % 2 == 1


def wrong_polarity(claim: Statement, unit: Unit) -> bool:
    """Whether the claim denies what the piece says, or says what it denies."""
    pairs = aligned(claim, unit)
    return any(is_denied(ours) != is_denied(theirs) for ours, theirs in pairs)
