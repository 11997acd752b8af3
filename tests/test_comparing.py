"""A comparison is taken apart into one question for each of the two things."""

from __future__ import annotations

import pytest

from assistant.comparing import sides
from assistant.glossary import Glossary
from assistant.question import understand

GLOSSARY = Glossary.packaged()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Wat is het verschil tussen het Kader Vroege Hulp en de Handreiking Snelle Hulp?",
            ["Wat is het verschil het Kader Vroege Hulp?", "Wat is het verschil de Handreiking Snelle Hulp?"],
        ),
        (
            "Wat is het verschil tussen een wijkteam en een crisisteam?",
            ["Wat is het verschil een wijkteam?", "Wat is het verschil een crisisteam?"],
        ),
        (
            "What is the difference between the Framework and the Guide?",
            ["What is the difference the Framework?", "What is the difference the Guide?"],
        ),
        ("Wat zeggen het kader en de handreiking allebei?", ["Wat zeggen het kader?", "Wat zeggen de handreiking?"]),
        ("Wat regelen kader en handreiking beide?", ["Wat regelen kader?", "Wat regelen handreiking?"]),
        (
            "Vergelijk de termijn in het Kader Vroege Hulp en de Handreiking Snelle Hulp.",
            ["Vergelijk de termijn in het Kader Vroege Hulp.", "Vergelijk de termijn in de Handreiking Snelle Hulp."],
        ),
        (
            "Welke overeenkomst hebben Waterveen en Oostveen?",
            ["Welke overeenkomst hebben Waterveen?", "Welke overeenkomst hebben Oostveen?"],
        ),
        ("Wat regelt de Jeugdwet versus de Wmo?", ["Wat regelt de Jeugdwet?", "Wat regelt de Wmo?"]),
        ("Vergelijk plan 2019 en plan 2024", ["Vergelijk plan 2019", "Vergelijk plan 2024"]),
    ],
)
def test_each_side_is_asked_without_the_other(question: str, expected: list[str]) -> None:
    assert sides(understand(question, GLOSSARY)) == expected


def test_what_stands_around_the_pair_is_asked_of_both() -> None:
    question = understand("Hoe lang duurt, kijkend naar het verschil tussen Noord en Zuid, de wachttijd?", GLOSSARY)

    first, second = sides(question)

    assert first == "Hoe lang duurt, kijkend naar het verschil Noord, de wachttijd?"
    assert second == "Hoe lang duurt, kijkend naar het verschil Zuid, de wachttijd?"


@pytest.mark.parametrize(
    "question",
    ["Wat zijn de verschillen?", "Vergelijk dit met vroeger.", "Is er een overeenkomst?", "Wat verschilt er?"],
)
def test_without_two_things_there_are_no_sides(question: str) -> None:
    assert sides(understand(question, GLOSSARY)) == []
