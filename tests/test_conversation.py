"""Follow-ups become questions that stand on their own, and questions that do are left alone."""

from __future__ import annotations

import pytest

from assistant.conversation import StandAlone, stand_alone
from assistant.glossary import Glossary
from assistant.refusals import REFUSAL
from assistant.types import Turn


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    return Glossary.packaged()


def said(*texts: str) -> list[Turn]:
    return [Turn("assistant" if place % 2 else "user", text) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("earlier", "asked", "shown"),
    [
        ("Wat was de werkgroep?", "Wie was daar voorzitter van?", "Wie was daar voorzitter van? (over: de werkgroep)"),
        ("Wat is het kernteam?", "wanneer begon dat team?", "wanneer begon dat team? (over: het kernteam)"),
        ("Wat is het RVT?", "Wat is het verschil met het LT?", "Wat is het verschil met het LT? (over: het RVT)"),
        ("Hoeveel kost het?", "en wat is daarvan waar?", "en wat is daarvan waar? (over: Hoeveel kost het)"),
        ("Welke taken heeft het LT?", "en de GI's dan?", "Welke taken heeft de GI's?"),
        ("Welke taken heeft het LT?", "hoe zit het met Veilig Thuis?", "Welke taken heeft Veilig Thuis?"),
        ("Hoeveel teams waren er in 2019?", "en in 2015?", "Hoeveel teams waren er in 2015?"),
        ("Hoeveel doelen zijn er?", "welke?", "welke? (over: Hoeveel doelen zijn er)"),
        ("What is the youth agenda?", "And who chairs it?", "And who chairs it? (about: the youth agenda)"),
    ],
)  # fmt: skip
def test_a_follow_up_is_understood_with_what_was_asked_before(
    glossary: Glossary, earlier: str, asked: str, shown: str
) -> None:
    assert stand_alone(asked, said(earlier, "Een antwoord. [1]"), glossary).shown == shown


@pytest.mark.parametrize(
    "asked",
    [
        "wat is SISA?",
        "wat was het advies over schulden?",
        "Wat doet de Raad voor de Kinderbescherming?",
        "Moet een gemeente die een wijkteam heeft ook een lokaal team hebben?",
        "Zegt de leidraad dat het lokale team moet samenwerken?",
        "Hoeveel gemeenten doen mee in Hart van Brabant?",
        "Wie is voorzitter van de werkgroep Sociale Impact?",
    ],
)
def test_a_question_that_stands_on_its_own_is_left_alone(glossary: Glossary, asked: str) -> None:
    assert stand_alone(asked, said("Wat doet Veilig Thuis?", "Advies geven. [1]"), glossary) == StandAlone(asked)


def test_without_a_conversation_nothing_is_added(glossary: Glossary) -> None:
    assert stand_alone("en wie betaalt dat?", [], glossary) == StandAlone("en wie betaalt dat?")


@pytest.mark.parametrize(
    ("asked", "topic"),
    [("en het tweede punt?", "professionals steunen"), ("wat houdt punt 3 in?", "vaker samenwerken"),
     ("en de laatste?", "vaker samenwerken"), ("wat is de eerste?", "regie versterken")],
)  # fmt: skip
def test_an_ordinal_means_the_item_of_the_last_answer(glossary: Glossary, asked: str, topic: str) -> None:
    answer = "De doelen zijn:\n- regie versterken\n- professionals steunen [1]\n- vaker samenwerken"

    assert stand_alone(asked, said("Welke doelen zijn er?", answer), glossary).topic == topic


def test_why_is_that_is_about_what_was_answered(glossary: Glossary) -> None:
    history = said("Wat blijkt uit het onderzoek?", "De teams kennen elkaar niet. [1]\n\nEr is geld. [2]")

    found = stand_alone("waarom is dat zorgelijk?", history, glossary)

    assert found.topic == "Wat blijkt uit het onderzoek?: De teams kennen elkaar niet."


def test_the_topic_is_carried_over_several_turns(glossary: Glossary) -> None:
    history = said("Wat was de werkgroep?", "Een groep. [1]", "wanneer begon die?", "In 2020. [1]")

    assert stand_alone("en door wie?", history, glossary).topic == "de werkgroep: wanneer begon die?"


def test_a_refused_question_does_not_feed_the_next(glossary: Glossary) -> None:
    history = said("Wat was de werkgroep?", "Een groep. [1]", "Wat kost een brood?", REFUSAL["nl"])

    assert stand_alone("wie zat daarin?", history, glossary).topic == "de werkgroep"


def test_only_refused_questions_leave_no_topic(glossary: Glossary) -> None:
    assert stand_alone("wie betaalt dat?", said("Wat kost een brood?", REFUSAL["nl"]), glossary).topic == ""


def test_what_was_said_long_ago_is_forgotten(glossary: Glossary) -> None:
    history = said("Wat was de werkgroep?", "Een groep.", *["Mag dat?", REFUSAL["nl"]] * 6)

    assert stand_alone("wie zat daarin?", history, glossary).topic == ""


def test_a_long_earlier_question_is_shortened(glossary: Glossary) -> None:
    found = stand_alone("en wie betaalt dat?", said("woord " * 1_000), glossary)

    assert 0 < len(found.topic) <= 600


def test_there_is_no_item_zero(glossary: Glossary) -> None:
    history = said("Welke doelen zijn er?", "- regie versterken\n- vaker samenwerken")

    assert stand_alone("wat houdt punt 0 in?", history, glossary).topic == "Welke doelen zijn er?"


def test_a_refusal_after_an_answer_takes_no_earlier_question_away(glossary: Glossary) -> None:
    history = [Turn("user", "Wat was de werkgroep?"), Turn("assistant", "Een groep."), Turn("assistant", REFUSAL["nl"])]

    assert stand_alone("wie zat daarin?", history, glossary).topic == "de werkgroep"
