"""Client data is found in every disguise, and a question about policy is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.loaders import SUPPORTED_SUFFIXES, load
from assistant.privacy import PLACEHOLDERS, Finding, Kind, PrivacyGate
from assistant.privacy.bank_accounts import passes_check
from assistant.privacy.citizen_numbers import passes_elfproef
from assistant.privacy.folding import fold
from assistant.privacy.name_lists import doubtful_first_names, first_names, public_names, words_with_capitals

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
CASES = [
    json.loads(line)
    for line in (ROOT / "tests" / "data" / "privacy_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
GATE = PrivacyGate()
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared texts are not here")

REDACTED = [
    ("client 1234.56.782 staat op wachtlijst", "client [BSN] staat op wachtlijst"),
    (
        "vader Ahmed el Amrani (06-12345678, a.elamrani@voorbeeld.nl) wil niet meewerken",
        "vader [naam] ([telefoonnummer], [e-mailadres]) wil niet meewerken",
    ),
    ("Kevin Smit, geb. 3-4-2012, spijbelt", "[naam], geb. [geboortedatum], spijbelt"),
    ("cliënt woont Jan van Galenstraat 112, 5038 AB Tilburg", "cliënt woont [adres]"),
    ("moeder Fa\u200btima bel ０６-１２３４５６７８ op", "moeder [naam] bel [telefoonnummer] op"),
    ("nummer 123456\n782 van deze bewoner", "nummer [BSN] van deze bewoner"),
    ("auto AB-12-CD is van mevr. v.d. Berg", "auto [kenteken] is van mevr. [naam]"),
    ("NL91 ABNA 0417 1643 00 t.n.v. het gezin El Idrissi", "[IBAN] t.n.v. het gezin [naam]"),
    ("Wat adviseerde de werkgroep van Femke Halsema?", "Wat adviseerde de werkgroep van Femke Halsema?"),
    ("mw van der meulen en dhr pietersen weigeren", "mw [naam] en dhr [naam] weigeren"),
    ("Her son Kevin lives at Dorpsstraat 5", "Her son [naam] lives at [adres]"),
    ("[naam] woont op [adres]", "[naam] woont op [adres]"),
]
# Pieces that detectors look at, to be put together in ways that nobody thought of.
PIECES = st.sampled_from(
    [
        *("123456782", "1234.56.782", "06", "-", " ", ".", "\n", "O", "0", "31", "+31", "6 12 34 56 78", "12-03-2011"),
        *("bsn ", "geb. ", "moeder ", "van ", "cliënt ", "heet ", "mw. ", "gezin ", "de ", "Fatima", "Jan", "Yilmaz"),
        *("j.", "A.B. ", "@", "jan", "voorbeeld", ".nl", " at ", " punt ", "nl", "NL91", "ABNA", "0417164300", "1643"),
        *("5038 AB", " 12", "Bergweg ", "woont ", "AB-12-CD", "kenteken ", "1-ABC-23", "\u200b", "\u00a0", "１２", "("),
        *(")", "[naam]", "[BSN]", "[", "]", "en ", "weigert", "é", "ĳ", "ß", "2015", "€ ", " euro", ",", "'s ", "Ⅷ"),
    ]
)
REPEATED = [
    *("1", "1 ", "1.", "12-", "06", "0 6-", "1O", "a", "a.", "a@", "a at ", "a at b punt ", "A", "Aa ", "Jan ", "de "),
    *("van de ", "NL91", "NL91 ", "NL00A", "mw ", "moeder van ", "geb ", "geboren op ", "1234 AB ", "weg 1 ", "AB-"),
    *("A-1-", "(", "'", "A.", "J.W. ", "cliënt: ", "bsn ", "kenteken ", "é", "\u200b", "\n", "wie was ", "straat-"),
    *("https://a.", "[naam]", "kenteken AB12CD ", "geb 1-1-2001 ", "(06) ", "123456782 ", "Fatima is dakloos "),
]
MIXED = st.lists(PIECES | st.text(max_size=3), max_size=25).map("".join)


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case['note']}" for number, case in enumerate(CASES, 1)])
def test_a_written_case_has_exactly_these_kinds_of_client_data(case: dict[str, object]) -> None:
    text = str(case["text"])

    findings = GATE.findings(text)

    assert [finding.kind for finding in findings] == case["kinds"]


def test_the_written_cases_cover_every_kind_and_hold_as_many_questions_without_client_data() -> None:
    kinds = [kind for case in CASES for kind in case["kinds"]]

    assert len(CASES) >= 180
    assert {kind: kinds.count(kind) >= 10 for kind in PLACEHOLDERS} == dict.fromkeys(PLACEHOLDERS, True)
    assert sum(not case["kinds"] for case in CASES) >= 80
    assert len({case["text"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize(("text", "redacted"), REDACTED)
def test_redaction_leaves_the_rest_of_the_text_as_it_is(text: str, redacted: str) -> None:
    assert GATE.redacted(text) == redacted


def test_a_finding_tells_where_the_data_stands_in_the_text_as_it_was_typed() -> None:
    text = "ﬁjn: cliënt\u00a0１２３４\u200b56782 is oké"

    findings = GATE.findings(text)

    assert findings == (Finding("bsn", 12, 22),)
    assert text[12:22] == "１２３４\u200b56782"


@settings(max_examples=400, deadline=None)
@given(MIXED)
@example("bsn 123456782 123456789")
@example("123 456 782 06 12345678")
@example("moeder Fatima en Jan de Vries-Yilmaz en en")
@example("NL91ABNA0417164300NL91ABNA0417164300")
def test_findings_lie_in_the_text_in_order_and_redaction_leaves_none(text: str) -> None:
    findings = GATE.findings(text)
    places = [place for finding in findings for place in (finding.begin, finding.end)]

    assert places == sorted(places)
    assert all(0 <= finding.begin < finding.end <= len(text) for finding in findings)
    assert GATE.findings(GATE.redacted(text)) == ()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    folded = fold(text)

    assert len(folded.text) == len(folded.origins)
    assert GATE.findings(GATE.redacted(text)) == ()


@pytest.mark.parametrize("piece", REPEATED)
def test_four_thousand_characters_of_the_same_are_read_to_the_end(piece: str) -> None:
    text = (piece * 4000)[:4000]

    redacted = GATE.redacted(text)

    assert GATE.findings(redacted) == ()


def test_a_public_name_counts_in_a_case_only_when_the_words_say_whose_it_is() -> None:
    gate = PrivacyGate(frozenset({"Wilma Verhagen"}))

    assert gate.findings("Wat zegt Wilma Verhagen over een moeder die weigert?") == ()
    assert gate.findings("Wilma Verhagen is mishandeld") == ()
    assert [finding.kind for finding in gate.findings("mijn cliënt Wilma Verhagen weigert hulp")] == ["naam"]
    assert [finding.kind for finding in gate.findings("Femke Halsema is mishandeld")] == ["naam"]


class _Shouting:
    """A name finder that takes words in capitals for names, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def names(self, text: str) -> list[tuple[int, int]]:
        self.asked.append(text)
        return [(text.index(word), text.index(word) + len(word)) for word in text.split() if word.isupper()]


def test_a_name_finder_adds_names_where_a_case_is_near() -> None:
    finder = _Shouting()
    gate = PrivacyGate(names=finder)

    assert gate.redacted("é QWERTA is dakloos") == "é [naam] is dakloos"
    assert gate.findings("Wat zegt QWERTA over beleid?") == ()
    assert finder.asked[0] == "é QWERTA is dakloos"


def test_advice_names_the_kinds_in_the_order_of_the_gate_and_repeats_nothing() -> None:
    kinds: list[Kind] = ["naam", "bsn", "naam"]

    dutch, english = GATE.advice(kinds), GATE.advice(kinds, "en")

    assert dutch.startswith("In deze vraag staat waarschijnlijk een burgerservicenummer en een naam. ")
    assert english.startswith("This question probably contains a citizen service number (BSN) and a name. ")
    assert GATE.findings(dutch) == GATE.findings(english) == ()


def test_advice_has_words_for_every_kind_and_for_none() -> None:
    assert "een naam" in GATE.advice(PLACEHOLDERS)
    assert "personal data" in GATE.advice([], "en")
    assert "gegevens van een persoon" in GATE.advice([])


def test_advice_has_sentences_of_at_most_twenty_words() -> None:
    sentences = GATE.advice(["naam", "adres"]).split(". ")

    assert max(len(sentence.split()) for sentence in sentences) <= 20


@pytest.mark.parametrize(
    ("digits", "passes"),
    [("123456782", True), ("111222333", True), ("12345672", True), ("123456789", False), ("000000000", False)],
)
def test_the_elfproef_tells_citizen_numbers_from_others(digits: str, passes: bool) -> None:
    assert passes_elfproef(digits) is passes


def test_the_check_digits_tell_an_iban_from_a_likeness() -> None:
    assert passes_check("NL91ABNA0417164300")
    assert not passes_check("NL91ABNA0417164301")


def test_the_word_lists_do_not_contradict_each_other() -> None:
    assert len(first_names()) >= 400
    assert first_names() & doubtful_first_names() == frozenset()
    assert first_names() & words_with_capitals() == frozenset()
    assert all(len(name.split()) > 1 for name in public_names())


def test_the_regression_questions_hold_no_client_data() -> None:
    lines = (ROOT / "tests" / "data" / "regression_questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    texts = [text for row in rows for text in (row["question"], *(turn["tekst"] for turn in row["history"]))]

    assert len(texts) > 200
    assert [text for text in texts if GATE.findings(text)] == []


def test_the_starter_corpus_holds_no_client_data() -> None:
    files = [path for path in sorted((ROOT / "corpus").iterdir()) if path.suffix in SUPPORTED_SUFFIXES]

    assert len(files) >= 9
    assert {path.name: GATE.findings(load(path).text) for path in files} == {path.name: () for path in files}


@needs_shared
def test_of_the_seed_questions_exactly_those_with_client_data_are_found() -> None:
    lines = (SHARED / "eval" / "seed_questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]

    found = {row["id"] for row in rows if GATE.findings(row["question"])}

    assert found == {row["id"] for row in rows if row["type"] == "client_data"}
    for row in rows:
        redacted = GATE.redacted(row["question"])
        assert [text for text in row["must_not_contain"] if row["pii"] and text in redacted] == []


@needs_shared
@pytest.mark.parametrize("name", ["rijksoverheid", "corona_faq", "xquad_nl"])
def test_questions_of_citizens_and_about_history_hold_no_client_data(name: str) -> None:
    lines = (SHARED / "eval" / name / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]

    assert [text for text in texts if GATE.findings(text)] == []
