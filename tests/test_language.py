"""Words keep their place in the text, and both readings of a word with brackets; the quick ways agree with the slow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.language import (
    GRAM_LENGTH,
    NUMBER_WORDS,
    STOPWORDS,
    content_tokens,
    detect_language,
    fold,
    forms,
    grams,
    index_tokens,
    is_stopword,
    stem,
    tokenize,
)
from assistant.types import Chunk, Document, Sentence

LETTERS = "aeijknrstvABGILRSTVéëïçÉßİ"
TEXTS = st.text(alphabet=LETTERS + "0123456789()'’-–.,:/ \u00a0\n", max_size=80)


@given(TEXTS)
@example("(wijk)teams en cliënt(en): GI's, LT's, zzp'ers, 24-uurs, art. 2.3 en € 1.000,50")
@example("(on)veiligheid")
@example("RvdKs HKs ﬁets naïeve ZZP’ers")
def test_forms_are_those_of_the_tokens(text: str) -> None:
    assert forms(text) == [token.form for token in tokenize(text)]


@given(TEXTS)
@example("Het (wijk)team – en ’s avonds “de GI’s” – belt\u00a0112.")
def test_offsets_slice_whole_words_out_of_the_text_in_order(text: str) -> None:
    tokens = tokenize(text)

    places = list(dict.fromkeys((token.begin, token.end) for token in tokens))
    gaps = zip([0, *(end for _, end in places)], [*(begin for begin, _ in places), len(text)], strict=True)
    outside = "".join(text[begin:end] for begin, end in gaps)
    assert places == sorted(places)
    assert [character for character in outside if character.isalnum()] == []
    assert {text[token.begin : token.end] for token in tokens if any(c.isspace() for c in token.form)} == set()
    for token in tokens:
        assert token.form in forms(text[token.begin : token.end])


@given(st.text(max_size=60))
@example("„Hij’s” – ‘zij’ ‑ ʼt `t\u00a0“x”")
def test_folding_keeps_every_character_at_its_place(text: str) -> None:
    folded = fold(text)

    assert len(folded) == len(text)
    assert fold(folded) == folded
    assert [new for old, new in zip(text, folded, strict=True) if old.isalnum() and old not in (new, "ʼ")] == []


@pytest.mark.parametrize(
    ("word", "readings"),
    [
        ("(on)veiligheid", ["onveiligheid", "veiligheid"]),
        ("(Wijk)teams", ["wijkteams", "teams"]),
        ("(jeugd)hulp", ["jeugdhulp", "hulp"]),
        ("wijkteam(s)", ["wijkteams", "wijkteam"]),
        ("cliënt(en)", ["clienten", "client"]),
        ("(Wmo)", ["wmo"]),
        ("(zie bijlage)", ["zie", "bijlage"]),
    ],
)
def test_word_with_brackets_is_read_both_ways(word: str, readings: list[str]) -> None:
    assert forms(word) == readings


def test_word_with_brackets_has_both_readings_at_one_place() -> None:
    tokens = tokenize("Over (on)veiligheid thuis")

    assert [(token.form, token.begin, token.end) for token in tokens] == [
        ("over", 0, 4),
        ("onveiligheid", 5, 19),
        ("veiligheid", 5, 19),
        ("thuis", 20, 25),
    ]


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("GI's", "gi"),
        ("GI’s", "gi"),
        ("gi's", "gi"),
        ("GIs", "gi"),
        ("ZVHs", "zvh"),
        ("ZVH's", "zvh"),
        ("LTs", "lt"),
        ("VHH'en", "vhh"),
        ("HKs", "hk"),
        ("A4'tje", "a4"),
        ("foto’s", "foto"),
        ("zzp'er", "zzp"),
    ],
)
def test_abbreviation_loses_its_ending(word: str, form: str) -> None:
    assert forms(word) == [form]


@pytest.mark.parametrize(
    ("word", "form"),
    [("les", "les"), ("Pws", "pws"), ("teams", "teams"), ("wijkteams", "wijkteams"), ("Gis", "gis"), ("IS", "is")],
)
def test_ending_of_another_word_stays(word: str, form: str) -> None:
    assert forms(word) == [form]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("art. 2.3 Jeugdwet", ["art", "2.3", "jeugdwet"]),
        ("€ 1.000,50", ["1.000,50"]),
        ("om 12:30 uur.", ["om", "12:30", "uur"]),
        ("in 2024/2025", ["in", "2024/2025"]),
        ("24-uurszorg, 24/7", ["24-uurszorg", "24/7"]),
        ("de 1e en 2e stap", ["de", "1e", "en", "2e", "stap"]),
        ("In 2025.", ["in", "2025"]),
        ("1, 2 en 3.", ["1", "2", "en", "3"]),
    ],
)
def test_numbers_keep_their_separators_and_lose_what_follows(text: str, words: list[str]) -> None:
    assert forms(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dak- en thuislozen", ["dak", "en", "thuislozen"]),
        ("sociale-wijkteams", ["sociale", "wijkteams"]),
        ("zorg– en dwang", ["zorg", "en", "dwang"]),
        ("HG/KM", ["hg", "km"]),
        ("J&V", ["j", "v"]),
        ("snake_case", ["snake", "case"]),
        ("naïeve cliënt Één", ["naieve", "client", "een"]),
        ("ﬁets", ["fiets"]),
        ("’s avonds", ["s", "avonds"]),
        ("… – € %", []),
        ("", []),
    ],
)
def test_text_falls_apart_into_plain_words(text: str, words: list[str]) -> None:
    assert forms(text) == words


@pytest.mark.parametrize(
    ("word", "digits"),
    [
        ("nul", "0"), ("twee", "2"), ("vijf", "5"), ("elf", "11"), ("twaalf", "12"), ("negentien", "19"),
        ("twintig", "20"), ("dertig", "30"), ("veertig", "40"), ("vijftig", "50"), ("zestig", "60"), ("zeventig", "70"),
        ("tachtig", "80"), ("negentig", "90"), ("honderd", "100"), ("vijftal", "5"), ("tiental", "10"),
        ("zero", "0"), ("seven", "7"), ("twelve", "12"), ("thirty", "30"), ("ninety", "90"), ("hundred", "100"),
    ],
)  # fmt: skip
def test_number_word_and_its_digits_have_one_stem(word: str, digits: str) -> None:
    assert stem(word) == stem(digits) == digits


@pytest.mark.parametrize("word", ["een", "one"])
def test_article_is_not_a_number(word: str) -> None:
    assert word not in NUMBER_WORDS
    assert stem(word) == word


def test_no_number_word_is_the_empty_word() -> None:
    assert "" not in NUMBER_WORDS
    assert {word for word, digits in NUMBER_WORDS.items() if not digits.isdigit()} == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("wijkteam", "wijkteams"),
        ("gemeente", "gemeenten"),
        ("gezin", "gezinnen"),
        ("afspraak", "afspraken"),
        ("melding", "meldingen"),
        ("organisatie", "organisaties"),
        ("kinderen", "kinder"),
    ],
)
def test_inflections_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"), [("veiligheid", "onveiligheid"), ("gemeente", "gemeenschap"), ("jeugd", "jeugdzorg")]
)
def test_other_words_have_another_stem(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize("form", ["gi", "zvh", "2.3", "24-uurs", "1e", "2025"])
def test_short_words_and_numbers_are_their_own_stem(form: str) -> None:
    assert stem(form) == form


def test_stems_are_the_same_in_every_thread() -> None:
    words = [f"{start}{end}" for start in ("wijk", "jeugd", "zorg", "huis") for end in ("teams", "en", "heden", "ende")]
    expected = [stem(word) for word in words]
    stem.cache_clear()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(stem, words * 8))

    assert found == expected * 8


def test_grams_are_all_runs_of_five_letters() -> None:
    assert grams("wijkteam") == ("#wijkt", "#ijkte", "#jktea", "#kteam")
    assert grams("teams") == ("#teams",)


@pytest.mark.parametrize("form", ["team", "gi", "2024", "1.000,50", "24-uurs", "covid19"])
def test_short_word_or_number_is_its_own_only_gram(form: str) -> None:
    assert grams(form) == (form,)


@given(st.text(alphabet="abcdefghij", min_size=GRAM_LENGTH, max_size=30), st.data())
def test_part_of_a_compound_shares_its_grams(part: str, data: st.DataObject) -> None:
    before, after = data.draw(st.text(alphabet="klm", max_size=8)), data.draw(st.text(alphabet="nop", max_size=8))

    assert set(grams(part)) - set(grams(before + part + after)) == set()


@pytest.mark.parametrize("form", ["de", "het", "om", "welke", "volgens", "hoeveel", "mbt", "the", "which", "according"])
def test_function_word_is_a_stopword(form: str) -> None:
    assert is_stopword(form) is True


@pytest.mark.parametrize("form", ["wijkteam", "gi", "niemand", "gemeente", "2025", "jeugd", "beleid"])
def test_word_about_a_subject_is_no_stopword(form: str) -> None:
    assert is_stopword(form) is False


def test_stopwords_are_written_as_the_tokens_are() -> None:
    assert {word for word in STOPWORDS if forms(word) != [word]} == set()


def test_content_tokens_are_the_tokens_without_stopwords() -> None:
    text = "Wat doet het (wijk)team voor de cliënt?"

    assert [(token.form, text[token.begin : token.end]) for token in content_tokens(text)] == [
        ("wijkteam", "(wijk)team"),
        ("team", "(wijk)team"),
        ("client", "cliënt"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Wat doet het team?",
        "Welke rol heeft de safety house manager in het overleg?",
        "Kan de GI in beroep?",
        "ZVH",
        "2025",
        "",
        "Leidraad Werken aan veiligheid",
        "Is de Wmo of de Jeugdwet van toepassing?",
    ],
)
def test_dutch_and_wordless_text_is_dutch(text: str) -> None:
    assert detect_language(text) == "nl"


@pytest.mark.parametrize(
    "text",
    [
        "What does the local team do?",
        "How many municipalities take part?",
        "WHO IS RESPONSIBLE FOR THE SAFETY HOUSE?",
        "What is a wijkteam?",
        "Which parties must work with Veilig Thuis?",
    ],
)
def test_english_question_is_english_also_with_dutch_names(text: str) -> None:
    assert detect_language(text) == "en"


def test_index_holds_title_headings_and_text_without_grams_of_stopwords() -> None:
    text = "Het (wijk)team belt twee GI's."
    document = Document("plan", "Zorgplan", Path("plan.md"), published=date(2024, 1, 2))
    chunk = Chunk("plan", 0, ("Taken",), None, 0, len(text), text, (Sentence(0, len(text)),))

    tokens = index_tokens(chunk, document)

    words = ["zorgplan", "taken", "het", "wijkteam", "team", "belt", "twee", "gi"]
    assert tokens["stem"] == [stem(word) for word in words]
    assert tokens["gram"] == [gram for word in words if word != "het" for gram in grams(word)]
