"""A sentence's traits: what the reader weighs, each seen where it is and nowhere else."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.evidence import FEATURES, Weights, feature_matrix, shows
from assistant.glossary import Glossary
from assistant.language import NUMBER_WORDS, content_tokens, grams, stem, tokenize
from assistant.question import understand
from assistant.question_words import Expected
from assistant.traits import Words, chunk_traits, sentence_traits
from assistant.types import BlockKind, Chunk, Document, Passage, Sentence

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
    assert traits.content.forms == {token.form for token in content_tokens(text)}
    assert all(traits.content.has(gram) for token in content_tokens(text) for gram in grams(token.form))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dat schrijft Boutellier over Veilig Thuis.", {"boutellier", "veilig", "thuis"}),
        ("Saskia van den Berg leidt het. Zij ook.", {"saskia", "berg"}),
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


# --- the features of sentences for a question ---

GLOSSARY = Glossary.packaged()
TITLE = "Wijkplan Waterveen"


def passage(*sentences: str, kind: BlockKind = "paragraph", heading: str = "", score: float = 1.0) -> Passage:
    """A passage of these sentences, each a block; all after the first are of this kind."""
    text = "\n".join(sentences)
    begins = [sum(len(each) + 1 for each in sentences[:place]) for place in range(len(sentences))]
    spans = tuple(
        Sentence(begin, begin + len(each), kind if place else "paragraph", place)
        for place, (begin, each) in enumerate(zip(begins, sentences, strict=True))
    )
    chunk = Chunk("plan", 0, (heading,) if heading else (), None, 0, len(text), text, spans)
    return Passage(chunk, Document("plan", TITLE, Path("plan.md")), score, 0.9, 1.0)


def features(question: str, *passages: Passage) -> list[dict[str, float]]:
    """For every sentence its features by name; every word of the question is equally rare."""
    asked = understand(question, GLOSSARY)
    weights = Weights(dict.fromkeys(asked.stems, 1.0), dict.fromkeys(asked.grams, 1.0), asked.alternatives)
    traits = [chunk_traits(each.chunk, each.document.title) for each in passages]
    counts = np.cumsum([0, *(len(each.chunk.sentences) for each in passages)])
    meaning = [np.arange(a, b, dtype=np.float32) for a, b in pairwise(counts)]
    matrix = feature_matrix(asked, weights, passages, traits, meaning)
    return [dict(zip(FEATURES, row, strict=True)) for row in matrix.tolist()]


def column(name: str, rows: list[dict[str, float]]) -> list[float]:
    return [round(row[name], 4) for row in rows]


@pytest.mark.parametrize(
    ("text", "is_meta"),
    [
        ("Bron: gemeente Waterveen.", True),
        ("Bronnen: zie bijlage 2.", True),
        ("Stand van zaken: mei 2024.", True),
        ("Lees meer over wijkteams.", True),
        ("(Zie ook hoofdstuk 3.)", True),
        ("De bron van het geluid is bekend.", False),
        ("Bronbeek is een tehuis.", False),
        ("Zie het gezin als geheel.", False),
    ],
)
def test_a_source_line_is_no_statement(text: str, is_meta: bool) -> None:
    assert sentence_traits(text).is_meta == is_meta


@pytest.mark.parametrize(
    ("text", "defined"),
    [
        ("Een wijkteam is een groep hulpverleners.", {"wijkteam"}),
        ("Regionaal veiligheidsteam (RVT): het team dat meekijkt.", {"regionaal", "veiligheidsteam"}),
        ("Escalatie betekent dat een hogere leidinggevende beslist.", {"escalatie"}),
        ("Afkorting: RvdK; Voluit: Raad voor de Kinderbescherming", {"rvdk", "raad", "kinderbescherming"}),
        ("Het team belt, en dat is genoeg.", set()),
    ],
)
def test_the_term_that_a_sentence_or_table_row_defines(text: str, defined: set[str]) -> None:
    assert sentence_traits(text).defined == {stem(form) for form in defined}


@pytest.mark.parametrize(
    ("text", "introduces", "is_question", "starts_with_yes_no"),
    [
        ("De commissie geeft vijf adviezen:", True, False, False),
        ("Advies: bel eerst.", False, False, False),
        ("Wie betaalt dat?", False, True, False),
        ("“Wie betaalt dat?”", False, True, False),
        ("Is dat zo? De raad beslist.", False, False, False),
        ("Ja, dat mag.", False, False, True),
        ("Nee.", False, False, True),
        ("Jaarlijks komt de raad bijeen.", False, False, False),
    ],
)
def test_introductions_questions_and_yes_or_no(
    text: str, introduces: bool, is_question: bool, starts_with_yes_no: bool
) -> None:
    traits = sentence_traits(text)

    assert (traits.introduces, traits.is_question, traits.starts_with_yes_no) == (
        introduces,
        is_question,
        starts_with_yes_no,
    )


@pytest.mark.parametrize(
    ("question", "seen", "missed"),
    [
        ("Hoeveel bedden heeft de opvang?", "has_number", "no_number"),
        ("Wanneer is de opvang open?", "has_date", "no_date"),
        ("Wie leidt de opvang?", "has_person", "no_person"),
    ],
)
def test_the_kind_of_answer_counts_only_when_it_is_asked(question: str, seen: str, missed: str) -> None:
    sentences = passage("Elk gezin krijgt hulp.", "Sinds 3 mei leidt Saskia Bontekoe de opvang.")

    asked = features(question, sentences)
    other = features("Waarom is er een opvang?", sentences)

    assert column(seen, asked) == [0.0, 1.0]
    assert column(missed, asked) == [1.0, 0.0]
    assert column(seen, other) == column(missed, other) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("kind", "with_answer", "without"),
    [
        ("number", "Er zijn tientallen bedden.", "Er zijn bedden."),
        ("date", "Dat was in mei.", "Dat was vroeger."),
        ("person", "dat zei Bontekoe.", "dat zei iemand."),
    ],
)
def test_a_sentence_shows_the_kind_of_answer_it_holds(kind: Expected, with_answer: str, without: str) -> None:
    assert shows(kind, sentence_traits(with_answer))
    assert not shows(kind, sentence_traits(without))


def test_a_kind_of_answer_that_cannot_be_seen_is_taken_to_be_there() -> None:
    assert shows("reason", sentence_traits("Elk gezin krijgt hulp."))


def test_passages_are_told_apart_by_rank_and_distance_and_sentences_by_place() -> None:
    rows = features("Wie helpt?", passage("Een.", "Twee.", score=0.9), passage("Drie.", score=0.4))

    assert column("passage_rank", rows) == [1.0, 1.0, 0.5]
    assert column("passage_score", rows) == [0.9, 0.9, 0.4]
    assert column("passage_gap", rows) == [0.0, 0.0, -0.5]
    assert column("early", rows) == [1.0, 0.5, 1.0]


def test_words_count_in_the_sentence_near_it_and_in_the_passage() -> None:
    rows = features(
        "nachtopvang honden",
        passage("De nachtopvang is open.", "Er zijn bedden.", "Er is koffie.", "Ook honden slapen er."),
    )

    assert column("near_cover", rows) == [0.5, 0.5, 0.5, 0.5]
    assert column("passage_cover", rows) == [1.0] * 4
    assert [cover > 0 for cover in column("gram_cover", rows)] == [True, False, False, True]


def test_the_heading_and_the_title_count_as_near_to_every_sentence() -> None:
    rows = features("honden wijkplan katten", passage("Een.", "Twee.", "Drie.", heading="Honden"))

    assert column("near_cover", rows) == [0.6667] * 3
    assert column("gram_cover", rows) == [0.0] * 3


def test_the_introduction_counts_as_near_to_every_item_of_its_list() -> None:
    items = ("De commissie adviseert:", "bel eerst;", "kom langs;", "luister goed;", "schrijf op.")

    in_list = features("Wat adviseert de commissie?", passage(*items, kind="list_item"))
    in_text = features("Wat adviseert de commissie?", passage(*items))

    assert column("near_cover", in_list) == [1.0] * 5
    assert column("near_cover", in_text) == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert column("introduces", in_list) == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_list_item_counts_extra_when_a_list_is_asked() -> None:
    sentences = passage("Adviezen:", "bel eerst;", kind="list_item")

    assert column("list_item", features("Wie belt?", sentences)) == [0.0, 1.0]
    assert column("list_item_asked", features("Wie belt?", sentences)) == [0.0, 0.0]
    assert column("list_item_asked", features("Welke vijf adviezen zijn er?", sentences)) == [0.0, 1.0]


def test_a_definition_counts_by_the_words_it_defines_when_one_is_asked() -> None:
    sentences = passage("Een wijkteam is een groep.", "Het wijkteam belt, en dat helpt.")

    assert column("defines", features("Wat is een wijkteam?", sentences)) == [1.0, 0.0]
    assert column("defines", features("Wie betaalt een wijkteam?", sentences)) == [0.0, 0.0]


def test_yes_counts_only_for_a_question_that_asks_it() -> None:
    sentences = passage("Ja, dat mag.", "Honden slapen er.")

    assert column("yes_no", features("Mogen honden mee?", sentences)) == [1.0, 0.0]
    assert column("yes_no", features("Wie slaapt er?", sentences)) == [0.0, 0.0]


def test_a_table_row_with_an_empty_cell_does_not_say_that_it_is_unknown() -> None:
    texts = ("Kosten en bedden.", "Kosten: onbekend; Bedden: veertig")

    assert column("says_unknown", features("Hoeveel bedden?", passage(*texts, kind="table_row"))) == [0.0, 0.0]
    assert column("says_unknown", features("Hoeveel bedden?", passage(*texts))) == [0.0, 1.0]


def test_another_name_of_the_same_thing_counts_as_the_word_asked() -> None:
    texts = ("Het wijkteam belt.", "Het lokaal team belt.", "Het LT belt.", "Het crisisteam belt.")

    rows = features("Welk wijkteam?", *map(passage, texts))

    assert column("near_cover", rows) == column("passage_cover", rows) == [1.0, 1.0, 1.0, 0.0]


def test_meaning_is_standardised_over_all_sentences_and_counted_apart_for_english() -> None:
    sentences = passage("Een.", "Twee.", "Drie.")

    dutch = features("Wie helpt het gezin?", sentences)
    english = features("Who helps the family?", sentences)

    assert column("meaning", dutch) == column("meaning", english) == [-1.2247, 0.0, 1.2247]
    assert column("meaning_english", dutch) == [0.0, 0.0, 0.0]
    assert column("meaning_english", english) == [-1.2247, 0.0, 1.2247]


def test_no_passages_give_no_rows() -> None:
    assert features("Wie helpt?") == []


def test_a_sentence_is_weighed_against_the_others_of_its_own_passage() -> None:
    rows = features("Hoeveel bedden heeft de opvang?", passage("De opvang heeft tien bedden.", "Honden mogen mee."))

    shares = column("word_share", rows)
    assert shares[0] > 0.9
    assert sum(shares) == pytest.approx(1.0)
    assert sum(column("meaning_share", rows)) == pytest.approx(1.0)


@pytest.mark.parametrize(("text", "has_number"), [("Tweederde stemde voor.", True), ("Vijfentwintig leden.", True)])
def test_long_number_words_and_fractions_are_numbers(text: str, has_number: bool) -> None:
    assert sentence_traits(text).has_number == has_number


@given(st.lists(st.sampled_from(["wijkteams", "team", "24-uurs", "abcdefg1", "zorg", "zorgplicht", "2.3"])))
def test_words_have_the_grams_of_each_of_them(forms: list[str]) -> None:
    present = {gram for form in forms for gram in grams(form)}

    words = Words(frozenset(forms))

    looked_for = {*grams("wijkteams"), *grams("zorgplicht"), *grams("abcdefg"), "team", "zorg", "2.3", "24-uurs"}
    assert {gram for gram in looked_for if words.has(gram)} == looked_for & present
