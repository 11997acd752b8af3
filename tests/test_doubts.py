"""Quotes that fit a question but lack the very thing asked for are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.composing import Quote
from assistant.doubts import enumerated, is_doubtful
from assistant.glossary import Glossary
from assistant.question import understand
from assistant.types import Chunk, Document, Passage, Sentence

GLOSSARY = Glossary.packaged()


def quote(text: str, title: str = "Plan", heading: str = "Inhoud", items: int = 0) -> Quote:
    chunk = Chunk("plan", 0, (heading,), None, 0, len(text), text, (Sentence(0, len(text)),))
    return Quote(Passage(chunk, Document("plan", title, Path("plan.md")), 1.0, 0.9, 1.0), 0, len(text), items=items)


def doubtful(question: str, *quotes: Quote) -> bool:
    return is_doubtful(understand(question, GLOSSARY), quotes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Het plan heeft vier doelen.", True),
        ("Het plan heeft vier doelen, die de raad elk jaar bespreekt.", True),
        ("Het plan heeft vier doelen: rust, ruimte, zorg en veiligheid.", False),
        ("De doelen zijn: 1. rust 2. ruimte 3. zorg 4. veiligheid", False),
    ],
)
def test_that_there_are_four_goals_does_not_say_which(text: str, expected: bool) -> None:
    assert doubtful("Welke vier doelen heeft het plan?", quote(text)) == expected


@pytest.mark.parametrize(("items", "expected"), [(3, True), (4, False), (5, False)])
def test_a_list_must_hold_as_many_items_as_are_asked(items: int, expected: bool) -> None:
    assert doubtful("Welke vier doelen heeft het plan?", quote("Rust\nZorg", items=items)) == expected


def test_without_a_count_two_items_are_a_list() -> None:
    assert doubtful("Welke doelen heeft het plan?", quote("Het plan heeft doelen."))
    assert not doubtful("Welke doelen heeft het plan?", quote("Het plan wil rust en zorg."))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Rust.", 1),
        ("Rust en zorg.", 2),
        ("De doelen zijn: rust, ruimte en zorg.", 3),
        ("Van de raad, die bijeenkwam: rust en zorg.", 2),
        ("1. rust 2. ruimte 3. zorg", 3),
        ("ten eerste rust ten tweede zorg", 2),
        ("care and safety", 2),
    ],
)
def test_things_named_one_after_the_other_are_counted(text: str, count: int) -> None:
    assert enumerated(text) == count


def test_the_year_asked_must_be_in_the_quotes_or_their_title() -> None:
    question = "Wat doet de gemeente in 2027?"

    assert doubtful(question, quote("In 2024 bouwt de gemeente huizen."))
    assert not doubtful(question, quote("In 2027 bouwt de gemeente huizen."))
    assert not doubtful(question, quote("De gemeente bouwt huizen.", title="Bouwplan 2027"))
    assert not doubtful(question, quote("De gemeente bouwt huizen.", heading="Planning 2027"))


@pytest.mark.parametrize(("number", "expected"), [("12%", False), ("12 procent", False), ("12", True)])
def test_a_percentage_is_no_other_number(number: str, expected: bool) -> None:
    text = f"Het percentage van de huizen dat leegstaat, is {number}."

    assert doubtful("Welk percentage van de huizen staat leeg?", quote(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Het formulier is er.", True),
        ("Het formulier staat op www.voorbeeld.nl.", False),
        ("Haal het formulier bij het loket.", False),
        ("Het formulier staat op de website van de gemeente.", False),
    ],
)
def test_where_to_get_something_needs_a_place(text: str, expected: bool) -> None:
    assert doubtful("Waar kan ik het formulier downloaden?", quote(text)) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Wat is het telefoonnummer van het team?", "Bel het team als het dringend is.", True),
        ("Wat is het telefoonnummer van het team?", "Bel het team: 0800-2000123.", False),
        ("Wat is het e-mailadres van het team?", "Mail het team als het dringend is.", True),
        ("Wat is het e-mailadres van het team?", "Mail naar team@voorbeeld.nl.", False),
    ],
)
def test_a_phone_number_or_mail_address_must_really_be_there(question: str, text: str, expected: bool) -> None:
    assert doubtful(question, quote(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("De opvang heeft veertig bedden.", False),
        ("De opvang heeft 40 bedden.", False),
        ("De opvang heeft bedden.", True),
        ("Er zijn tientallen bedden.", False),
        ("De opvang heeft drie kamers.", True),
        ("Er zijn bedden. Het zijn er veertig.", False),
        ("Sinds 12 maart 2024 zijn er bedden.", True),
    ],
)
def test_how_many_needs_a_number_of_the_thing_counted(text: str, expected: bool) -> None:
    assert doubtful("Hoeveel bedden heeft de opvang?", quote(text)) == expected


def test_who_holds_an_office_needs_the_office() -> None:
    question = "Wie is de voorzitter van de commissie?"

    assert doubtful(question, quote("Saskia Bontekoe zit in de commissie."))
    assert not doubtful(question, quote("Saskia Bontekoe is voorzitter van de commissie."))
    assert not doubtful(question, quote("Saskia Bontekoe leidt de commissie.", heading="Voorzitterschap"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("De instelling doet onderzoek.", True),
        ("De Raad voor de Kinderbescherming doet onderzoek.", False),
        ("De RvdK doet onderzoek.", False),
    ],
)
@pytest.mark.parametrize("question", ["Wat doet de RvdK?", "Wat doet de Raad voor de Kinderbescherming?"])
def test_a_body_of_the_glossary_must_be_named_by_one_of_its_names(question: str, text: str, expected: bool) -> None:
    assert doubtful(question, quote(text)) == expected


def test_a_name_may_stand_in_the_title_and_be_glued_to_the_next_word() -> None:
    assert not doubtful("Wat doet de RvdK?", quote("Onderzoek.", title="De Raad voor de Kinderbescherming"))
    assert not doubtful("Wat doet Hart van Brabant?", quote("De Hart van Brabantgemeenten werken samen."))


def test_a_short_name_is_not_found_inside_another_word() -> None:
    assert doubtful("Wat doet het OM?", quote("Kinderen komen binnen omdat het kan."))


def test_one_of_several_quotes_is_enough() -> None:
    about, number = quote("De opvang is open."), quote("De opvang heeft veertig bedden.")

    assert doubtful("Hoeveel bedden heeft de opvang?", about)
    assert not doubtful("Hoeveel bedden heeft de opvang?", about, number)


def test_a_question_that_asks_nothing_particular_leaves_no_doubt() -> None:
    assert not doubtful("Waarom is er een opvang?", quote("De opvang is er omdat niemand buiten hoort te slapen."))


def test_an_english_question_is_not_held_to_dutch_words() -> None:
    assert not doubtful("How many beds are there?", quote("De opvang heeft veertig bedden."))
