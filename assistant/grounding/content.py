"""How much of what a claim says is said by a piece of a passage, in its words or in other words."""

from __future__ import annotations

from assistant.grounding.statements import Statement, Word, groups_of
from assistant.grounding.units import Unit
from assistant.language import grams

_SAME_GRAMS = 0.55  # share of a word's runs of letters that stand in the piece: a compound or a misspelling
_CONTEXT = 0.85  # what the title or a heading says
_NEAR = 0.2  # what only the sentence beside it says
_CAPITAL_WEIGHT = 1.5
_TOPIC_WEIGHT = 0.5
_CONCEPT_WEIGHT = 0.4  # of each word of a name of several words


def coverage(words: tuple[Word, ...], claim: Statement, unit: Unit) -> float:
    """The weighted share of the words that the piece holds, from 0 to 1; 1 where there are none."""
    weights = [_weight(word, claim, unit) for word in words]
    total = sum(weights)
    parts = zip(words, weights, strict=True)
    return sum(weight * held(word, claim, unit) for word, weight in parts) / total if total else 1.0


def held(word: Word, claim: Statement, unit: Unit) -> float:
    """How surely a word of the claim is said by the piece, from 0 to 1."""
    return max(
        in_statement(word, claim, unit.statement),
        _CONTEXT * in_statement(word, claim, unit.context),
        _NEAR * in_statement(word, claim, unit.near),
    )


def _weight(word: Word, claim: Statement, unit: Unit) -> float:
    """What the whole passage is about says little of one claim; a name says much."""
    if any(begin <= word.begin < end and end - begin > len(word.form) + 1 for begin, end, _ in claim.concept_spans):
        return _CONCEPT_WEIGHT
    return _TOPIC_WEIGHT if word.root in unit.context.roots else _CAPITAL_WEIGHT if word.is_capital else 1.0


def in_statement(word: Word, claim: Statement, statement: Statement) -> float:
    """How surely a statement says a word of the claim: to the letter, by another name, as part of a compound."""
    if word.root in statement.roots or word.form in statement.all_forms:
        return 1.0
    concepts = {name for begin, end, name in claim.concept_spans if begin <= word.begin < end}
    if concepts & statement.concepts:
        return 1.0
    if groups_of(word.form) & statement.synonyms:
        return 0.9
    runs = grams(word.form)
    share = sum(gram in statement.grams for gram in runs) / len(runs)
    return 0.8 if share >= _SAME_GRAMS else 0.0
