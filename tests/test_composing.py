"""Scored sentences become a few quotes: neighbours as one, a list whole, nothing twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from assistant.chunking import chunk
from assistant.composing import WORST, Quote, compose, compose_comparison
from assistant.evidence import Candidate
from assistant.glossary import Glossary
from assistant.loaders import load
from assistant.question import Question, understand
from assistant.reader import Reading, ScoredSentence
from assistant.traits import chunk_traits
from assistant.types import Document, Passage

GLOSSARY = Glossary.packaged()
ASKED = understand("Wie helpt het gezin na een melding?", GLOSSARY)
LIST_ASKED = understand("Welke vijf adviezen geeft de commissie?", GLOSSARY)
ADVICE = """\
# Advies

De commissie sprak met bewoners uit alle buurten. De commissie geeft het college vijf adviezen:

- zet in elk team een ervaringsdeskundige in;
- maak één meldpunt voor zorgen;
- spreek af wie de regie voert;
- betaal de inzet van vrijwilligers;
- meet elk jaar wat bewoners ervan vinden.

De raad bespreekt deze adviezen in het najaar met het college.
"""
PLAN = """\
# Plan

Het wijkteam belt het gezin altijd binnen drie dagen op. Daarna maakt het team samen met het gezin een plan. De \
gemeente betaalt alle kosten van de hulp aan het gezin. De huisarts krijgt op verzoek van de ouders een afschrift.

Een collega van een ander team leest het plan kritisch mee.
"""


def read(folder: Path, scores: Mapping[str, float], **texts: str) -> Reading:
    """What a reader makes of these documents if a sentence scores by its first words; -100 where none is given."""
    passages = []
    for name, text in texts.items():
        document = Document(name, name, folder / f"{name}.md")
        document.file.write_text(text, encoding="utf-8")
        passages += [Passage(each, document, 1.0, 0.9, 1.0) for each in chunk(load(document.file), document)]
    scored = []
    for number, passage in enumerate(passages):
        traits = chunk_traits(passage.chunk, passage.document.title).sentences
        for position, sentence in enumerate(passage.chunk.sentences):
            words = passage.chunk.text[sentence.begin - passage.chunk.begin :]
            score = next((value for start, value in scores.items() if words.startswith(start)), -100.0)
            scored.append(ScoredSentence(Candidate(number, position, sentence, traits[position]), score, 0.5))
    return Reading(tuple(passages), tuple(sorted(scored, key=lambda each: -each.score)), 0.9, {})


def quoted(question: Question, reading: Reading) -> list[str]:
    return [quote.text for quote in compose(question, reading)]


@pytest.mark.parametrize("best", ["De commissie geeft", "zet in", "meet elk"])
def test_the_whole_list_with_its_introduction_is_one_quote_when_a_list_is_asked(tmp_path: Path, best: str) -> None:
    quotes = compose(LIST_ASKED, read(tmp_path, {best: 9.0}, advies=ADVICE))

    assert [quote.items for quote in quotes] == [5]
    assert quotes[0].text.splitlines()[0] == "De commissie geeft het college vijf adviezen:"
    assert [line for line in quotes[0].text.splitlines()[1:] if line] == [
        "zet in elk team een ervaringsdeskundige in;",
        "maak één meldpunt voor zorgen;",
        "spreek af wie de regie voert;",
        "betaal de inzet van vrijwilligers;",
        "meet elk jaar wat bewoners ervan vinden.",
    ]


def test_an_introduction_brings_its_list_whatever_is_asked(tmp_path: Path) -> None:
    quotes = compose(ASKED, read(tmp_path, {"De commissie geeft": 9.0}, advies=ADVICE))

    assert [quote.items for quote in quotes] == [5]


def test_one_item_stands_alone_when_no_list_is_asked(tmp_path: Path) -> None:
    reading = read(tmp_path, {"spreek af": 9.0}, advies=ADVICE)

    assert quoted(ASKED, reading) == ["spreek af wie de regie voert;"]


def test_the_items_of_a_quoted_list_are_not_quoted_again(tmp_path: Path) -> None:
    reading = read(tmp_path, {"zet in": 9.0, "maak één": 8.9, "betaal": 8.8, "De raad": 8.0}, advies=ADVICE)

    quotes = compose(LIST_ASKED, reading)

    assert [(quote.items, quote.text[:7]) for quote in quotes] == [(5, "De comm"), (0, "De raad")]


def test_the_list_that_is_asked_comes_first(tmp_path: Path) -> None:
    reading = read(tmp_path, {"De raad": 9.0, "zet in": 8.0}, advies=ADVICE)

    assert [quote.items for quote in compose(LIST_ASKED, reading)] == [5, 0]


def test_a_table_under_its_introduction_is_quoted_whole(tmp_path: Path) -> None:
    text = "De termijnen van het team zijn als volgt:\n\n| Stap | Dagen |\n|---|---|\n| Bellen | 3 |\n| Bezoek | 9 |\n"

    quotes = compose(ASKED, read(tmp_path, {"De termijnen": 9.0}, plan=text))

    assert [quote.items for quote in quotes] == [2]
    assert "Bellen" in quotes[0].text
    assert "Bezoek" in quotes[0].text


def test_two_neighbouring_sentences_are_one_quote_in_the_order_of_the_text(tmp_path: Path) -> None:
    reading = read(tmp_path, {"Daarna": 9.0, "Het wijkteam": 8.0}, plan=PLAN)

    quotes = compose(ASKED, reading)

    assert [quote.text for quote in quotes] == [PLAN[PLAN.index("Het wijkteam") : PLAN.index(" De gemeente")]]
    assert quotes[0].sentences == 2


@pytest.mark.parametrize("order", [(9.0, 8.0, 7.0), (7.0, 8.0, 9.0), (8.0, 9.0, 7.0), (9.0, 7.0, 8.0)])
def test_three_sentences_in_a_row_are_one_quote_whichever_is_best(
    tmp_path: Path, order: tuple[float, float, float]
) -> None:
    scores = dict(zip(("Het wijkteam", "Daarna", "De gemeente"), order, strict=True))

    quotes = quoted(ASKED, read(tmp_path, scores, plan=PLAN))

    assert quotes == [PLAN[PLAN.index("Het wijkteam") : PLAN.index(" De huisarts")]]


def test_sentences_with_one_between_them_stay_apart(tmp_path: Path) -> None:
    reading = read(tmp_path, {"Het wijkteam": 9.0, "De gemeente": 8.0}, plan=PLAN)

    assert [text[:12] for text in quoted(ASKED, reading)] == ["Het wijkteam", "De gemeente "]


def test_neighbours_in_two_paragraphs_stay_apart(tmp_path: Path) -> None:
    reading = read(tmp_path, {"De huisarts": 9.0, "Een collega": 8.0}, plan=PLAN)

    assert [text[:11] for text in quoted(ASKED, reading)] == ["De huisarts", "Een collega"]


def test_rows_of_a_table_stay_apart(tmp_path: Path) -> None:
    text = "| Stap | Dagen |\n|---|---|\n| Bellen | 3 |\n| Bezoek | 9 |\n"

    quotes = compose(ASKED, read(tmp_path, {"| Bellen": 9.0, "Bellen": 9.0, "| Bezoek": 8.0, "Bezoek": 8.0}, plan=text))

    assert ["Bellen" in quotes[0].text, "Bezoek" in quotes[0].text, len(quotes)] == [True, False, 2]


def test_a_short_sentence_brings_the_next_one_of_its_paragraph(tmp_path: Path) -> None:
    text = "Dat is zorgwekkend. De wachttijd is in een jaar tijd met drie maanden opgelopen.\n\nHet kan anders.\n"

    assert quoted(ASKED, read(tmp_path, {"Dat is": 9.0}, plan=text)) == [text.partition("\n")[0]]
    assert quoted(ASKED, read(tmp_path, {"Het kan": 9.0}, plan=text)) == ["Het kan anders."]


def test_at_most_three_sentences_are_quoted(tmp_path: Path) -> None:
    sentences = (
        "Ouders kiezen zelf een vaste contactpersoon voor hun vragen.",
        "Scholen melden elk verzuim binnen een week bij de leerplichtambtenaar.",
        "Vrijwilligers krijgen jaarlijks een vergoeding voor gemaakte reiskosten.",
        "Huisartsen verwijzen door naar de praktijkondersteuner in de buurt.",
    )
    texts = {f"stuk{number}": text for number, text in enumerate(sentences)}

    quotes = quoted(ASKED, read(tmp_path, {"O": 9.0, "S": 8.5, "V": 8.0, "H": 7.5}, **texts))

    assert quotes == list(sentences[:3])


def test_a_sentence_far_below_the_best_is_left_out(tmp_path: Path) -> None:
    reading = read(tmp_path, {"Het wijkteam": 9.0, "De gemeente": 9.1 - WORST, "Een collega": 8.9 - WORST}, plan=PLAN)

    assert [text[:11] for text in quoted(ASKED, reading)] == ["Het wijktea", "De gemeente"]


def test_two_documents_that_say_the_same_are_quoted_once(tmp_path: Path) -> None:
    one = "Het wijkteam belt het gezin binnen drie dagen na de melding."
    other = "Binnen drie dagen na de melding belt het wijkteam het gezin op."
    reading = read(tmp_path, {"Het": 9.0, "Binnen": 8.9}, een=one, twee=other)

    assert quoted(ASKED, reading) == [one]


def test_two_documents_that_differ_in_much_are_both_quoted(tmp_path: Path) -> None:
    one = "Het wijkteam belt het gezin binnen drie dagen na de melding."
    other = "Een medewerker van de gemeente bezoekt de ouders na tien weken."
    reading = read(tmp_path, {"Het": 9.0, "Een": 8.9}, een=one, twee=other)

    assert quoted(ASKED, reading) == [one, other]


def test_nothing_read_gives_no_quotes() -> None:
    empty = Reading((), (), 0.0, {})

    assert compose(ASKED, empty) == []
    assert compose_comparison(ASKED, [empty, empty]) == []


def test_a_comparison_quotes_the_best_of_each_reading_and_no_stretch_twice(tmp_path: Path) -> None:
    first = read(tmp_path, {"Het wijkteam": 9.0, "Daarna": 8.0}, plan=PLAN)
    second = read(tmp_path, {"De commissie sprak": 9.0}, advies=ADVICE)

    quotes: list[Quote] = compose_comparison(ASKED, [first, second, first])

    assert [quote.passage.document.id for quote in quotes] == ["plan", "advies", "plan"]
    assert [quote.text.split()[0] for quote in quotes] == ["Het", "De", "Daarna"]
