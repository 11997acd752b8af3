"""The choices in the search that `ablate_retrieval` lays beside each other: analysis, terms, fusion.

In: chunks and questions. Out: tokens, terms and fused scores, the product's own but for one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.engine import WeightedTerm
from assistant.language import content_tokens, index_tokens, is_stopword, stem, tokenize
from assistant.question import Question
from assistant.retriever import DENSE_WEIGHT, lexical_terms
from assistant.types import Chunk, Document

GRAM_LENGTHS = (4, 6)  # beside the product's five
RANK_CONSTANT = 60  # Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion" (2009)

Scores = NDArray[np.float64]
Fuse = Callable[[Scores, Scores], Scores]  # cosines and BM25 of the candidates, 0 where BM25 did not find them
Terms = Callable[[Question], Sequence[WeightedTerm]]


# Analysis of the passages: every field of one lexical index has its own document frequencies and lengths.


def all_fields(chunk: Chunk, document: Document) -> dict[str, Sequence[str]]:
    bare = index_tokens(replace(chunk, heading_path=()), replace(document, title=""))
    forms = [token.form for token in tokenize(" ".join((document.title, *chunk.heading_path, chunk.text)))]
    content = [form for form in forms if not is_stopword(form)]
    return {
        **index_tokens(chunk, document),
        "bare_stem": bare["stem"],
        "bare_gram": bare["gram"],
        "word": forms,
        **{f"gram{length}": [gram for form in content for gram in _grams(form, length)] for length in GRAM_LENGTHS},
    }


def _grams(form: str, length: int) -> list[str]:
    """As the product's `grams`, of any length."""
    if len(form) < length or not form.isalpha():
        return [form]
    return [f"#{form[begin : begin + length]}" for begin in range(len(form) - length + 1)]


# Terms of the question.


def _stems(question: Question) -> list[WeightedTerm]:
    return [term for term in lexical_terms(question) if term.field == "stem"]


def _product_grams(question: Question) -> list[WeightedTerm]:
    return [term for term in lexical_terms(question) if term.field == "gram"]


def _without_synonyms(question: Question) -> list[WeightedTerm]:
    return lexical_terms(replace(question, synonyms={}))


def _bare(question: Question) -> list[WeightedTerm]:
    return [replace(term, field=f"bare_{term.field}") for term in lexical_terms(question)]


def _words(question: Question) -> list[WeightedTerm]:
    """The words as they stand in the question, as heavy as their stems."""
    forms = dict.fromkeys(token.form for token in content_tokens(question.search_text))
    return [WeightedTerm("word", form, question.stems.get(stem(form), 1.0)) for form in forms]


def _grams_of(length: int) -> Terms:
    def terms(question: Question) -> list[WeightedTerm]:
        found: dict[str, float] = {}
        for word in _words(question):
            parts = _grams(word.token, length)
            for part in parts:
                found[part] = max(found.get(part, 0.0), word.weight / len(parts))
        return [WeightedTerm(f"gram{length}", gram, weight) for gram, weight in found.items()]

    return terms


def _both(*parts: Terms) -> Terms:
    return lambda question: [term for part in parts for term in part(question)]


# Fusion.


def _dense_only(cosines: Scores, _: Scores) -> Scores:
    return cosines


def _lexical_only(_: Scores, matches: Scores) -> Scores:
    return np.where(matches > 0, matches, -np.inf)


def _spread(values: Scores) -> Scores:
    width = values.max() - values.min()
    return (values - values.min()) / width if width > 0 else np.ones_like(values)


def _by_best(values: Scores) -> Scores:
    return values / values.max() if values.max() > 0 else values


def _mixed(weight: float) -> Fuse:
    return lambda cosines, matches: weight * _spread(cosines) + (1 - weight) * _by_best(matches)


_AS_PRODUCT = _mixed(DENSE_WEIGHT)


def _lexical_spread(cosines: Scores, matches: Scores) -> Scores:
    found = matches > 0
    scaled = np.zeros_like(matches)
    if found.any():
        scaled[found] = _spread(matches[found])
    return DENSE_WEIGHT * _spread(cosines) + (1 - DENSE_WEIGHT) * scaled


def _dense_by_best(cosines: Scores, matches: Scores) -> Scores:
    return DENSE_WEIGHT * _by_best(cosines) + (1 - DENSE_WEIGHT) * _by_best(matches)


def _reciprocal_ranks(cosines: Scores, matches: Scores) -> Scores:
    def shares(values: Scores) -> Scores:
        ranks = np.empty(len(values))
        ranks[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1)
        return 1 / (RANK_CONSTANT + ranks)

    return shares(cosines) + np.where(matches > 0, shares(matches), 0.0)


@dataclass(frozen=True)
class Choice:
    """One row of the table: the product with this changed."""

    name: str
    fuse: Fuse = _AS_PRODUCT
    terms: Terms = lexical_terms
    has_titles: bool = True  # title and headings are embedded along
    has_glossary: bool = True
    has_penalty: bool = True  # a superseded document ranks lower; its size suits mixed scores only
    decision: str = ""


PRODUCT = Choice("**het product**: stammen + 5-lettergrammen, dense-gewicht 0,7", decision="zo doet het product het")
_ALONE = "alleen als maat"
CHOICES = (
    PRODUCT,
    Choice("alleen dense", _dense_only, has_penalty=False, decision=_ALONE),
    Choice("alleen lexicaal: stammen", _lexical_only, _stems, has_penalty=False, decision=_ALONE),
    Choice("alleen lexicaal: grammen", _lexical_only, _product_grams, has_penalty=False, decision=_ALONE),
    Choice("alleen lexicaal: hele woorden", _lexical_only, _words, has_penalty=False, decision=_ALONE),
    Choice("alleen lexicaal: stammen + grammen", _lexical_only, has_penalty=False, decision="beste lexicale: gekozen"),
    Choice(
        "alleen lexicaal: stammen + hele woorden",
        _lexical_only,
        _both(_stems, _words),
        has_penalty=False,
        decision="grammen voegen meer toe dan hele woorden: afgewezen",
    ),
    Choice("hybride met alleen stammen", terms=_stems, decision="afgewezen"),
    Choice("hybride met alleen grammen", terms=_product_grams, decision="afgewezen: eigen corpus zakt"),
    Choice("hybride met stammen + hele woorden", terms=_both(_stems, _words), decision="afgewezen"),
    Choice("4-lettergrammen", terms=_both(_stems, _grams_of(4)), decision="kan toeval zijn: 5 gehouden"),
    Choice("6-lettergrammen", terms=_both(_stems, _grams_of(6)), decision="afgewezen"),
    Choice("dense-gewicht 0,5", _mixed(0.5), decision="afgewezen"),
    Choice("dense-gewicht 0,6", _mixed(0.6), decision="afgewezen"),
    Choice("dense-gewicht 0,8", _mixed(0.8), decision="afgewezen"),
    Choice("rangen in plaats van scores (RRF, k = 60)", _reciprocal_ranks, has_penalty=False, decision="afgewezen"),
    Choice("lexicaal van minimum tot maximum", _lexical_spread, decision="geen winst: delen door de hoogste gehouden"),
    Choice("dense gedeeld door de hoogste", _dense_by_best, decision="afgewezen: minimum tot maximum gehouden"),
    Choice("zonder synoniemen", terms=_without_synonyms, decision="synoniemen gehouden, voor het eigen veld"),
    Choice("zonder woordenlijst (ook afkortingen blijven staan)", has_glossary=False, decision="woordenlijst gehouden"),
    Choice("lexicaal zonder titel en kopjes", terms=_bare, decision="titel en kopjes gehouden"),
    Choice("dense zonder titel en kopjes", has_titles=False, decision="titel en kopjes gehouden"),
    Choice("beide zonder titel en kopjes", terms=_bare, has_titles=False, decision="titel en kopjes gehouden"),
)
