"""A question to the assistant gives an answer whose every citation can be checked, or a plain refusal."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.parse import unquote

import pytest
from fake_embedder import FakeEmbedder
from policy_corpus import ENTRIES, Corpus, write_all
from reportlab.pdfgen.canvas import Canvas

from assistant.answering import Assistant
from assistant.embeddings import Embedder
from assistant.errors import ClientDataError, QuestionError
from assistant.links import Link, view_link
from assistant.openvino_embedder import BundledEmbedder
from assistant.refusals import REFUSAL
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import (
    Answer,
    AnswerFinished,
    Citation,
    CitationAdded,
    Document,
    Filters,
    PassagesFound,
    TextAdded,
    Turn,
)

BEDS = "Hoeveel bedden heeft de nachtopvang?"
OFF_TOPIC = "Wat is de hoofdstad van Frankrijk?"
NEARLY = "Wie is de voorzitter van het wijkteam?"
QUESTIONS = (
    BEDS,
    "Welke vijf adviezen geeft de adviescommissie?",
    "Binnen hoeveel werkdagen bezoekt een medewerker het gezin?",
    "Wie is de projectleider van het wijkplan?",
    "Sinds wanneer geldt het wijkplan?",
    "Mogen honden mee naar binnen?",
    "Wat is het verschil tussen het wijkplan en de nachtopvang?",
    OFF_TOPIC,
)


def serve(corpus: Corpus, embedder: Embedder, link: Link | None = None) -> Assistant:
    """An assistant that looks for a new snapshot before every question."""
    return Assistant(SnapshotFollower(corpus.index, embedder.description, check_seconds=0), embedder, link=link)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "corpus", tmp_path / "index")


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory, embedder: BundledEmbedder) -> Corpus:
    """The four documents of policy_corpus; not to be changed."""
    folder = tmp_path_factory.mktemp("policies")
    corpus = Corpus(folder / "corpus", folder / "index")
    corpus.build(embedder, *write_all(corpus))
    return corpus


@pytest.fixture(scope="module")
def assistant(policies: Corpus, embedder: BundledEmbedder) -> Assistant:
    return serve(policies, embedder)


def codes(answer: Answer) -> list[str]:
    return [caution.code for caution in answer.warnings]


def cited(citations: Sequence[Citation]) -> list[str]:
    return [citation.document.id for citation in citations]


# --- answers ---


def test_a_complete_answer_is_the_sentence_of_the_source_with_its_marker(assistant: Assistant) -> None:
    answer = assistant.ask(f"  {BEDS} ")

    assert answer.question == BEDS
    assert answer.text == "De nachtopvang aan de Havenkade heeft veertig bedden. [1]"
    assert (answer.completeness, answer.method, answer.language) == ("complete", "extractive", "nl")
    assert cited(answer.citations) == ["notitie"]
    assert answer.citations[0].heading_path == ("Notitie nachtopvang",)
    assert answer.citations[0].page is None
    assert answer.nearest == ()


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_stands_in_its_source_at_its_offsets(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)

    for citation in (*answer.citations, *answer.nearest):
        text = assistant.source(citation.document.id).text
        assert text[citation.begin : citation.end] == citation.quote
        assert citation.quote.strip() == citation.quote != ""


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_claim_has_a_marker_and_every_marker_a_citation(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)

    numbers = list(range(1, len(answer.citations) + 1))
    assert [int(number) for number in re.findall(r"\[(\d+)\]", answer.text)] == numbers
    assert [citation.number for citation in answer.citations] == numbers
    assert [claim.citations for claim in answer.claims] == [(number,) for number in numbers]
    assert [claim.text for claim in answer.claims if claim.text not in answer.text] == []
    assert len(answer.citations) <= 3


def test_a_list_is_answered_whole_an_item_a_line(assistant: Assistant) -> None:
    answer = assistant.ask("Welke vijf adviezen geeft de adviescommissie?")

    assert answer.claims[0].text.splitlines() == [
        "De adviescommissie geeft het college vijf adviezen:",
        "zet in elk wijkteam een ervaringsdeskundige in;",
        "maak één meldpunt voor zorgen om buren;",
        "spreek af wie de regie voert bij escalatie;",
        "betaal de inzet van vrijwilligers;",
        "meet elk jaar wat bewoners ervan vinden.",
    ]
    assert answer.completeness == "complete"


def test_a_comparison_quotes_both_documents(assistant: Assistant) -> None:
    answer = assistant.ask("Wat is het verschil tussen het wijkplan en de nachtopvang?")

    assert set(cited(answer.citations)) == {"wijkplan", "notitie"}
    assert answer.completeness == "complete"


def test_a_follow_up_is_answered_from_what_was_asked_before(assistant: Assistant) -> None:
    history = [Turn("user", "Wie is de projectleider van het wijkplan?"), Turn("assistant", "Saskia Bontekoe. [1]")]

    alone = assistant.ask("En sinds wanneer geldt dat?")
    follow_up = assistant.ask("En sinds wanneer geldt dat?", history)

    assert "12 maart 2024" in follow_up.text
    assert cited(follow_up.citations[:1]) == ["wijkplan"]
    assert follow_up.question == "En sinds wanneer geldt dat?"
    assert follow_up.confidence > alone.confidence


def test_what_the_assistant_said_before_is_no_question(assistant: Assistant) -> None:
    said = [Turn("assistant", "De nachtopvang aan de Havenkade heeft veertig bedden. [1]")]

    assert assistant.ask("En sinds wanneer geldt dat?", said) == assistant.ask("En sinds wanneer geldt dat?")


@pytest.mark.parametrize("question", ["", "  \n\t ", "a" * 4_001])
def test_an_empty_or_too_long_question_is_refused_with_an_error(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError, match="De vraag is"):
        assistant.ask(question)


# --- cautions ---


def test_a_partial_answer_says_that_it_may_lack_something(assistant: Assistant) -> None:
    answer = assistant.ask("Welke vier doelen heeft het plan?")

    assert answer.completeness == "partial"
    assert codes(answer)[0] == "onvolledig"
    assert answer.warnings[0].text == "Deze bronnen geven misschien niet het hele antwoord. Lees de bron na."
    assert cited(answer.citations[:1]) == ["wijkplan"]


def test_a_superseded_source_names_its_successor(assistant: Assistant) -> None:
    answer = assistant.ask("Binnen hoeveel werkdagen belt een wijkteam een gezin?")

    assert "oud-kader" in cited(answer.citations)
    texts = [caution.text for caution in answer.warnings if caution.code == "vervangen"]
    assert texts == ["“Kader Vroege Hulp” is vervangen door: Handreiking Snelle Hulp."]


@pytest.mark.parametrize(
    ("entry", "code", "text"),
    [
        (
            Document("a", "Kader", Path("a.txt"), status="superseded", superseded_by="elders"),
            "vervangen",
            "“Kader” is vervangen door: elders.",
        ),
        (Document("a", "Kader", Path("a.txt"), status="superseded"), "vervangen", "“Kader” is vervangen."),
        (
            Document("a", "Kader", Path("a.txt"), status="outdated"),
            "verouderd",
            "“Kader” is verouderd. Controleer of dit nog klopt.",
        ),
        (Document("a", "Kader", Path("a.txt")), "datum_onbekend", "De datum van “Kader” is onbekend."),
    ],
)
def test_a_source_that_may_not_hold_is_told_with_the_answer(
    corpus: Corpus, embedder: BundledEmbedder, entry: Document, code: str, text: str
) -> None:
    corpus.build(embedder, corpus.write(entry, "De nachtopvang heeft veertig bedden."))

    answer = serve(corpus, embedder).ask(BEDS)

    assert [caution.text for caution in answer.warnings if caution.code == code] == [text]


def test_an_undated_source_is_told_once_and_a_dated_one_not(assistant: Assistant) -> None:
    assert codes(assistant.ask(BEDS)) == ["datum_onbekend"]
    assert codes(assistant.ask("Wie is de projectleider van het wijkplan?")) == []


# --- refusals ---


def test_what_the_sources_do_not_say_is_refused_without_citations(assistant: Assistant) -> None:
    answer = assistant.ask(OFF_TOPIC)

    assert answer.completeness == "none"
    assert answer.text.splitlines()[0] == REFUSAL["nl"]
    assert (answer.citations, answer.claims, answer.warnings) == ((), (), ())


def test_a_refusal_shows_at_most_two_places_that_come_nearest(assistant: Assistant) -> None:
    answer = assistant.ask(NEARLY)

    assert answer.completeness == "none"
    assert [citation.number for citation in answer.nearest] in ([1], [1, 2])
    assert answer.text.splitlines()[1:] == [
        "Dit komt het dichtst in de buurt:",
        *(f"- {citation.document.title}: {citation.link}" for citation in answer.nearest),
    ]


def test_a_refusal_shows_no_place_when_nothing_is_near(assistant: Assistant) -> None:
    answer = assistant.ask(OFF_TOPIC)

    assert (answer.nearest, answer.text) == ((), REFUSAL["nl"])


def test_an_english_question_is_refused_in_english(assistant: Assistant) -> None:
    answer = assistant.ask("What is the capital of France?")

    assert (answer.completeness, answer.language) == ("none", "en")
    assert answer.text.splitlines()[:2] == [REFUSAL["en"], "This comes closest:"]


def test_the_refusal_stands_in_one_file() -> None:
    product = Path(__file__).parents[1]
    files = [*(product / "assistant").rglob("*.py"), *(product / "integrations").rglob("*.py")]

    for refusal in REFUSAL.values():
        assert [file.name for file in files if refusal in file.read_text(encoding="utf-8")] == ["refusals.py"]


def test_filters_that_leave_no_document_give_a_plain_refusal(assistant: Assistant) -> None:
    answer = assistant.ask(BEDS, filters=Filters(themes=("wonen",)))

    assert (answer.completeness, answer.text, answer.nearest) == ("none", REFUSAL["nl"], ())
    assert answer.confidence == 0.0


def test_a_document_that_is_filtered_out_is_not_quoted(assistant: Assistant) -> None:
    filters = Filters(publishers=("Regio Oostveen",))

    for question in QUESTIONS:
        answer = assistant.ask(question, filters=filters)
        assert set(cited((*answer.citations, *answer.nearest))) <= {"oud-kader", "nieuw-kader"}


def test_an_excluded_passage_is_not_quoted(assistant: Assistant, policies: Corpus, embedder: BundledEmbedder) -> None:
    store = SnapshotFollower(policies.index, embedder.description).current().store

    answer = assistant.ask(BEDS, excluded=frozenset(store.chunk_ids("notitie")))

    assert "notitie" not in cited((*answer.citations, *answer.nearest))


@pytest.mark.parametrize("question", [BEDS, "Wat is het verschil tussen Noord en Zuid?"])
def test_an_index_without_passages_refuses(corpus: Corpus, question: str) -> None:
    embedder = FakeEmbedder()
    report = corpus.build(embedder, corpus.write(Document("leeg", "Leeg", Path("leeg.md")), "# Alleen een kop\n"))
    assistant = serve(corpus, embedder)

    answer = assistant.ask(question)

    assert report.chunks == 0
    assert (answer.completeness, answer.text) == ("none", REFUSAL["nl"])
    assert assistant.search(question) == []


# --- searching, documents and sources ---


def test_a_search_gives_whole_passages_best_first(assistant: Assistant) -> None:
    passages = assistant.search(BEDS, limit=3)

    assert passages[0].document.id == "notitie"
    assert "veertig bedden" in passages[0].chunk.text
    assert len(passages) == 3
    assert [passage.score for passage in passages] == sorted((each.score for each in passages), reverse=True)


def test_a_search_keeps_to_the_filters(assistant: Assistant) -> None:
    found = assistant.search(BEDS, Filters(statuses=("superseded",)))

    assert {passage.document.id for passage in found} == {"oud-kader"}


def test_the_documents_that_can_answer_are_told(assistant: Assistant) -> None:
    assert [document.id for document in assistant.documents()] == [entry.id for entry in ENTRIES]
    with pytest.raises(KeyError):
        assistant.source("onbekend")


# --- links ---


def test_a_link_marks_the_quoted_words_in_the_file(assistant: Assistant, policies: Corpus) -> None:
    citation = assistant.ask("Mogen honden mee naar binnen?").citations[0]

    address, _, fragment = citation.link.partition("#:~:text=")
    assert address == (policies.folder / "notitie.md").as_uri()
    assert unquote(fragment) == citation.quote


def test_a_link_opens_a_view_with_the_quote_at_its_anchor(
    policies: Corpus, embedder: BundledEmbedder, tmp_path: Path
) -> None:
    citation = serve(policies, embedder, view_link(tmp_path / "views")).ask(BEDS).citations[0]

    address, _, anchor = citation.link.partition("#")
    [view] = (tmp_path / "views").iterdir()
    assert address == view.as_uri()
    assert anchor.startswith(f"z{citation.begin}:~:text=")
    assert f'<span id="z{citation.begin}">{citation.quote}</span>' in view.read_text(encoding="utf-8")


def test_a_link_to_a_pdf_opens_the_page(corpus: Corpus, embedder: BundledEmbedder) -> None:
    corpus.folder.mkdir()
    file = corpus.folder / "notitie.pdf"
    canvas = Canvas(str(file))
    for line in ("De gemeente zorgt voor inwoners zonder woning.", "De nachtopvang heeft veertig bedden."):
        canvas.drawString(72, 700, line)
        canvas.showPage()
    canvas.save()
    corpus.build(embedder, Document("notitie", "Notitie", file))

    citation = serve(corpus, embedder).ask(BEDS).citations[0]

    assert (citation.page, citation.quote) == (2, "De nachtopvang heeft veertig bedden.")
    assert citation.link == f"{file.as_uri()}#page=2"


# --- a running assistant ---


def test_a_new_snapshot_answers_without_a_restart(corpus: Corpus, embedder: BundledEmbedder) -> None:
    entries = {entry.id: entry for entry in ENTRIES}
    plan = corpus.write(entries["wijkplan"], "# Wijkplan\n\nDe gemeente Waterveen heeft zes wijkteams.\n")
    corpus.build(embedder, plan)
    running = serve(corpus, embedder)
    before = running.ask(BEDS)

    corpus.build(embedder, plan, corpus.write(entries["notitie"], "De nachtopvang heeft veertig bedden.\n"))
    added = running.ask(BEDS)
    corpus.build(embedder, plan, corpus.write(entries["notitie"], "De nachtopvang heeft vijftig bedden.\n"))
    changed = running.ask(BEDS)

    assert (before.completeness, before.citations) == ("none", ())
    assert added.text == "De nachtopvang heeft veertig bedden. [1]"
    assert changed.text == "De nachtopvang heeft vijftig bedden. [1]"
    assert running.source("notitie").text.strip() == "De nachtopvang heeft vijftig bedden."


def test_eight_threads_at_once_get_the_answers_that_one_gets(policies: Corpus, embedder: BundledEmbedder) -> None:
    alone = [serve(policies, embedder).ask(question) for question in QUESTIONS]
    shared, start = serve(policies, embedder), Barrier(8)

    def ask_all(first: int) -> list[Answer]:
        start.wait()
        order = [(first + place) % len(QUESTIONS) for place in range(len(QUESTIONS))]
        answers = {place: shared.ask(QUESTIONS[place]) for place in order}
        return [answers[place] for place in range(len(QUESTIONS))]

    with ThreadPoolExecutor(max_workers=8) as pool:
        together = list(pool.map(ask_all, range(8)))

    assert together == [alone] * 8


def test_the_log_tells_the_time_but_never_the_question(assistant: Assistant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    answer = assistant.ask(BEDS, [Turn("user", "Wat kost een zeppelin?")], Filters(themes=()))
    assistant.ask("Hoe duur is een zeppelin?")
    assistant.search("Waar vliegt de zeppelin?")

    lines = [record.getMessage() for record in caplog.records]
    own = [record.getMessage() for record in caplog.records if record.name == "assistant.answering"]
    assert re.fullmatch(r"Answered in \d+ ms: complete, 1 citations", own[0])
    assert len(own) == 2
    assert answer.duration_ms > 0
    for word in ("bedden", "nachtopvang", "zeppelin", "Havenkade"):
        assert [line for line in lines if word in line] == []


def test_a_stream_gives_passages_then_each_citation_before_its_text_then_the_answer(assistant: Assistant) -> None:
    events = list(assistant.stream(BEDS))

    answer = assistant.ask(BEDS)
    assert isinstance(events[0], PassagesFound)
    assert answer.citations[0].quote in events[0].passages[0].chunk.text
    assert [event.citation for event in events if isinstance(event, CitationAdded)] == list(answer.citations)
    assert "".join(event.text for event in events if isinstance(event, TextAdded)) == answer.text
    assert isinstance(events[1], CitationAdded)
    assert events[-1] == AnswerFinished(answer)


def test_a_streamed_refusal_is_one_piece_of_text(assistant: Assistant) -> None:
    events = list(assistant.stream(OFF_TOPIC))

    assert events[1:] == [TextAdded(REFUSAL["nl"]), AnswerFinished(assistant.ask(OFF_TOPIC))]


def test_a_short_answer_quotes_one_sentence(assistant: Assistant) -> None:
    whole, short = assistant.ask(BEDS), assistant.ask(BEDS, length="short")

    assert short.citations == whole.citations[:1]


def test_other_links_replace_every_address(assistant: Assistant) -> None:
    linked = assistant.with_links(lambda citation: f"https://beleid.example/bronnen/{citation.document.id}")

    answer = linked.ask(BEDS)

    assert {citation.link for citation in answer.citations} == {
        f"https://beleid.example/bronnen/{citation.document.id}" for citation in answer.citations
    }


def test_every_answer_has_an_id_of_its_own(assistant: Assistant) -> None:
    first, second = assistant.ask(BEDS), assistant.ask(BEDS)

    assert len({first.id, second.id, ""}) == 3
    assert first == second


def test_two_questions_are_answered_each_under_its_own(assistant: Assistant) -> None:
    answer = assistant.ask("Hoeveel bedden heeft de nachtopvang en wie is de projectleider van het wijkplan?")

    first, second = answer.text.split("Vraag 2: wie is de projectleider van het wijkplan?")
    assert first.startswith("Vraag 1: Hoeveel bedden heeft de nachtopvang?\n\n")
    assert assistant.ask(BEDS).citations[0].quote in {citation.quote for citation in answer.citations}
    assert assistant.ask(BEDS).claims[0].text in first
    assert "Saskia Bontekoe is de projectleider van het wijkplan." in second
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))


def test_a_part_that_the_sources_do_not_answer_is_refused_in_its_place(assistant: Assistant) -> None:
    answer = assistant.ask("Hoeveel bedden heeft de nachtopvang? Wat is de hoofdstad van Frankrijk?")

    assert answer.completeness == "partial"
    assert answer.text.endswith(f"\n\nVraag 2: Wat is de hoofdstad van Frankrijk?\n\n{REFUSAL['nl']}")


def test_several_questions_without_any_answer_are_one_refusal(assistant: Assistant) -> None:
    answer = assistant.ask("Wat is de hoofdstad van Frankrijk? Hoe hoog is de Mount Everest?")

    assert (answer.completeness, answer.text.splitlines()[0]) == ("none", REFUSAL["nl"])


def test_client_data_is_blocked_before_anything_is_searched(policies: Corpus, embedder: BundledEmbedder) -> None:
    asked = "vader Ahmed el Amrani, 06-12345678, werkt niet mee, hoeveel bedden heeft de nachtopvang?"

    answer = serve(policies, embedder).ask(asked)

    assert (answer.completeness, answer.blocked) == ("none", ("naam", "telefoon"))
    assert answer.question == "vader [naam], [telefoonnummer], werkt niet mee, hoeveel bedden heeft de nachtopvang?"
    assert (answer.citations, answer.nearest) == ((), ())


def test_client_data_is_not_searched_either(assistant: Assistant) -> None:
    with pytest.raises(ClientDataError, match="burgerservicenummer"):
        assistant.search("client 1234.56.782 nachtopvang")
