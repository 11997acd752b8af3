"""A question that asks several things is taken apart, and one that asks one thing stays whole."""

from __future__ import annotations

import pytest

from assistant.parts import parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wat is SISA en wie doen er mee?", ["Wat is SISA?", "wie doen er mee?"]),
        ("Wat vervangt het kader en wie leidt de groep?", ["Wat vervangt het kader?", "wie leidt de groep?"]),
        ("wat doet VT en wat doet het LT", ["wat doet VT?", "wat doet het LT?"]),
        ("Wie is voorzitter? En hoeveel kostte dat team?", ["Wie is voorzitter?", "En hoeveel kostte dat team?"]),
        (
            "Ik schrijf een nota. Welke groepen werden kwetsbaar, en welke problemen lagen op de loer?",
            ["Ik schrijf een nota. Welke groepen werden kwetsbaar?", "welke problemen lagen op de loer?"],
        ),
        ("Moet ik een pas tonen, en hoe werkt zo'n pas dan?", ["Moet ik een pas tonen?", "hoe werkt zo'n pas dan?"]),
        ("What is the agenda and who does pay the plan?", ["What is the agenda?", "who does pay the plan?"]),
    ],
)  # fmt: skip
def test_each_thing_asked_becomes_a_question(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Wat doet Veilig Thuis?",
        "Wanneer en waar is de bijeenkomst van het netwerk?",
        "Hoe en wanneer kwam de regeling tot stand?",
        "Wat zegt de leidraad over wie de regie heeft en hoe dat gaat?",
        "Ik wil vermelden welke producten er zouden verschijnen. Welke zijn dat?",
        "Ik zoek twee doelen van de agenda. Kun je die noemen?",
        "Wat is SISA? Wat is AVE? Wat doet Veilig Thuis? Wat doet de politie?",
        "",
        "?",
    ],
)
def test_one_question_stays_whole(text: str) -> None:
    assert parts(text) == [text]
