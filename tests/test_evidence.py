"""A sentence's traits: what the reader weighs, each seen where it is and nowhere else."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.evidence import sentence_traits
from assistant.language import NUMBER_WORDS, content_tokens, grams, stem, tokenize

MONTHS = "januari februari maart april mei juni juli augustus september oktober november december".split()
# The same as one pattern each: plain to read, and ten times slower.
NUMBER = re.compile(
    rf"\d|\b(?:{'|'.join(NUMBER_WORDS)}|honderd|duizend|miljoen|miljard|tientallen|helft|dubbel\w*)\b", re.I
)
DATE = re.compile(
    r"\b(?:1\d{3}|20\d\d)\b|\b\d{1,2} (?:jan|feb|mrt|apr|jun|jul|aug|sep|okt|nov|dec)\b"
    rf"|\b(?:{'|'.join(MONTHS)}|eeuw)\b|\b(?:maan|dins|woens|donder|vrij|zater|zon)dag\b",
    re.I,
)
WORDS = st.sampled_from(
    """
    De de Het gezin Veilig Thuis niet NIET onbekend staat beschrijft ja Ja, nee twee Twee-derde zesde Tien tien_ dubbele
    dubbelrol halfdubbel helft miljoen 3 12 2024 1999 19990 2100 jan jan. maart Maart maartse eeuw maandag Zondags zon
    dag Bron: Zie ook cliënt(en) é Één . ! ? : , ; - ( ) " ’s
    """.split()
)
SENTENCES = st.lists(st.tuples(WORDS, st.sampled_from([" ", "", ". ", "\u00a0"])), max_size=12).map(
    lambda pairs: "".join(word + after for word, after in pairs)
)


@given(SENTENCES)
@example("Vanaf 12 jan geldt dit.")
def test_numbers_and_dates_are_seen_as_by_one_pattern(text: str) -> None:
    traits = sentence_traits(text)

    plain = text.replace("\u00a0", " ")
    assert traits.has_number == bool(NUMBER.search(plain))
    assert traits.has_date == bool(DATE.search(plain))


@given(SENTENCES)
def test_stems_are_of_all_words_and_grams_of_the_content_words(text: str) -> None:
    traits = sentence_traits(text)

    assert traits.stems == {stem(token.form) for token in tokenize(text)}
    assert traits.grams == {gram for token in content_tokens(text) for gram in grams(token.form)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dat schrijft Boutellier over Veilig Thuis.", {"dat", "boutellier", "veilig", "thuis"}),
        ("er is hulp. Het gezin krijgt die van Jan-Willem.", {"jan-willem"}),
        ("de RvdK en iPads", {"rvdk"}),
    ],
)
def test_names_begin_with_a_capital_inside_a_sentence(text: str, names: set[str]) -> None:
    assert sentence_traits(text).names == names


@pytest.mark.parametrize(
    ("text", "says_unknown"),
    [
        ("Hoeveel het er zijn, is niet bekend.", True),
        ("De datum is onbekend.", True),
        ("Het plan beschrijft dit Niet.", True),
        ("Het plan beschrijft dit. De rest geldt niet.", False),
        ("Dit is bekend.", False),
    ],
)
def test_saying_that_something_is_unknown_is_noticed(text: str, says_unknown: bool) -> None:
    assert sentence_traits(text).says_unknown == says_unknown
