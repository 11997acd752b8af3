"""Judging answers: what counts as found, cited and refused, from verdicts to figures, report and comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assistant.errors import QuestionError, UsageError
from assistant.evaluation.answers import Library, measure_answers, sample
from assistant.evaluation.beir import GoldSpan
from assistant.evaluation.compare import compare_runs, comparison_words
from assistant.evaluation.figures import compute_figures, question_scores
from assistant.evaluation.judging import Verdict, judge
from assistant.evaluation.questions import STATED_GAP, Anchor, GoldQuestion
from assistant.evaluation.report import report_html, worst_cases
from assistant.evaluation.saved_runs import SavedRun, load_run, save_run
from assistant.types import Answer, Chunk, Citation, Claim, Completeness, Document, Turn

TEXTS = {
    "leidraad": "De leidraad geldt sinds december 2023. Er zijn acht taken voor lokale teams. Meer staat er niet.",
    "agenda": "De agenda heeft twee doelen.\n- Regie versterken\n- Handvatten geven",
}
SPAN = GoldSpan("leidraad", 29, 33, "2023")


def _answer(
    *quotes: tuple[str, str], completeness: Completeness = "complete", confidence: float = 0.8, shift: int = 0
) -> Answer:
    """An answer that quotes texts from documents; `shift` moves the offsets away from the quote."""
    citations = []
    for number, (document_id, quote) in enumerate(quotes, start=1):
        begin = TEXTS[document_id].index(quote) + shift
        document = Document(document_id, document_id.title(), Path(f"/corpus/{document_id}.txt"))
        citations.append(Citation(number, document, ("Inhoud",), None, quote, begin, begin + len(quote), "link"))
    claims = tuple(Claim(citation.quote, (citation.number,)) for citation in citations)
    text = " ".join(claim.text for claim in claims) or "Dat staat niet in de documenten."
    return Answer("?", text, completeness, "extractive", "nl", claims, tuple(citations), confidence=confidence)


REFUSAL = _answer(completeness="none", confidence=0.1)


def _question(**fields: object) -> GoldQuestion:
    known: dict[str, object] = {"id": "v1", "text": "Sinds wanneer?", "type": "wanneer", "answerable": True}
    return GoldQuestion(**{**known, **fields})  # type: ignore[arg-type]  # a test's own shorthand


def _parts(*texts: str) -> tuple[tuple[Anchor, ...], ...]:
    """Every text a part of its own."""
    return tuple((Anchor(text),) for text in texts)


def test_span_is_found_when_a_citation_of_its_passage_holds_it() -> None:
    question = _question(spans=(SPAN,), gold_documents=frozenset({"leidraad"}))
    quotes = [("agenda", "De agenda heeft twee doelen."), ("leidraad", "De leidraad geldt sinds december 2023.")]

    verdict = judge(question, _answer(*quotes), TEXTS.__getitem__)

    assert (verdict.found, verdict.found_first, verdict.covered, verdict.text_quoted) == (True, False, True, True)
    assert [quote.right for quote in verdict.quotes] == [False, True]
    assert (verdict.anchors, verdict.anchors_covered, verdict.sentences, verdict.unsupported) == (1, 1, 2, 0)


def test_span_is_not_found_in_another_sentence_of_its_passage() -> None:
    question = _question(spans=(SPAN,), gold_documents=frozenset({"leidraad"}))

    verdict = judge(question, _answer(("leidraad", "Er zijn acht taken voor lokale teams.")), TEXTS.__getitem__)

    assert (verdict.found, verdict.gold_cited, verdict.right) == (False, True, False)


def test_long_gold_answer_is_found_by_one_of_its_sentences_but_then_not_covered() -> None:
    span = GoldSpan("agenda", 0, len(TEXTS["agenda"]), TEXTS["agenda"])

    verdict = judge(_question(spans=(span,)), _answer(("agenda", "Regie versterken")), TEXTS.__getitem__)

    assert (verdict.found, verdict.covered) == (True, False)
    assert (verdict.anchors, verdict.anchors_covered) == (3, 1)


def test_anchor_is_found_whatever_the_white_space_and_quotation_marks() -> None:
    parts = _parts("acht  taken voor\u00a0lokale teams", "twee doelen")
    question = _question(parts=parts, gold_files=frozenset({"x.txt"}))

    verdict = judge(question, _answer(("leidraad", "Er zijn acht taken voor lokale teams.")), TEXTS.__getitem__)

    assert (verdict.found, verdict.covered, verdict.anchors_covered) == (True, False, 1)
    assert verdict.quotes[0].right
    assert not verdict.gold_cited


def test_one_anchor_of_a_part_covers_it_and_recall_counts_parts() -> None:
    doubled = (Anchor("acht taken", "leidraad"), Anchor("twee doelen", "agenda"))
    question = _question(parts=(doubled, (Anchor("Regie versterken", "agenda"),)))

    half = judge(question, _answer(("leidraad", "Er zijn acht taken voor lokale teams.")), TEXTS.__getitem__)
    whole = judge(question, _answer(("agenda", TEXTS["agenda"])), TEXTS.__getitem__)

    assert (half.found, half.covered, half.anchors, half.anchors_covered) == (True, False, 2, 1)
    assert (whole.found, whole.covered, whole.anchors, whole.anchors_covered) == (True, True, 2, 2)
    assert compute_figures([half, whole]).as_json()["citation_recall"] == 0.75


def test_anchor_counts_only_in_its_own_document() -> None:
    question = _question(parts=((Anchor("acht taken", "agenda"),),))

    verdict = judge(question, _answer(("leidraad", "Er zijn acht taken voor lokale teams.")), TEXTS.__getitem__)

    assert (verdict.found, verdict.gold_cited, verdict.quotes[0].right) == (False, False, False)


@pytest.mark.parametrize(
    ("answer", "right", "declined", "held_back"),
    [
        (_answer(("leidraad", "Meer staat er niet.")), True, True, True),
        (_answer(("leidraad", "Er zijn acht taken voor lokale teams.")), False, False, False),
        (_answer(("leidraad", "Er zijn acht taken"), completeness="partial"), False, False, True),
        (REFUSAL, False, True, True),
    ],
    ids=["gap told", "something else told", "something else told in part", "refused"],
)
def test_telling_a_stated_gap_counts_as_declining(answer: Answer, right: bool, declined: bool, held_back: bool) -> None:
    question = _question(type=STATED_GAP, answerable=False, parts=((Anchor("Meer staat er niet.", "leidraad"),),))

    verdict = judge(question, answer, TEXTS.__getitem__)

    assert (verdict.right, verdict.declined, verdict.held_back) == (right, declined, held_back)
    figures = compute_figures([verdict]).as_json()
    assert (figures["refusal_recall"], figures["unanswerable_not_complete"]) == (declined, held_back)
    assert "answer_found" not in figures
    assert "answer_found" not in {name for name, scores in question_scores([verdict]).items() if scores}


def test_claim_is_unsupported_without_citation_or_when_the_quote_is_not_at_its_offsets() -> None:
    question = _question(answerable=False)
    moved = _answer(("leidraad", "Er zijn acht taken"), shift=1)
    bare = Answer("?", "Zomaar.", "complete", "extractive", "nl", (Claim("Zomaar.", ()),))

    assert judge(question, moved, TEXTS.__getitem__).unsupported == 1
    assert judge(question, bare, TEXTS.__getitem__).unsupported == 1


def test_forbidden_words_are_noticed_in_any_case() -> None:
    verdict = judge(
        _question(forbidden=("ACHT taken",)), _answer(("leidraad", "Er zijn acht taken")), TEXTS.__getitem__
    )

    assert verdict.forbidden_said


class _Oracle:
    """Answers "goed" with the gold sentence unless its chunk is excluded, and remembers what was excluded."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, frozenset[int]]] = []

    def __call__(self, question: str, history: Sequence[Turn], excluded: frozenset[int]) -> Answer:
        self.asked.append((question, excluded))
        if question == "client 1234":
            raise QuestionError("In de vraag staan gegevens van een cliënt.")
        if question == "goed" and not excluded:
            return _answer(("leidraad", "De leidraad geldt sinds december 2023."), confidence=0.9)
        if question == "stellig fout":
            return _answer(("agenda", "De agenda heeft twee doelen."), confidence=0.95)
        return REFUSAL


def _chunks() -> Iterator[tuple[int, Chunk]]:
    for number, (document_id, text) in enumerate(TEXTS.items()):
        yield 10 + number, Chunk(document_id, 0, (), None, 0, len(text), text, ())


LIBRARY = Library(TEXTS.__getitem__, _chunks)
GOOD = _question(id="goed", text="goed", spans=(SPAN,), gold_documents=frozenset({"leidraad"}))
QUESTIONS = [
    GOOD,
    _question(id="anker", text="anker", parts=_parts("twee doelen"), type="welke"),
    _question(id="nee", text="stellig fout", answerable=False),
    _question(id="client", text="client 1234", answerable=False, type="client"),
]


def test_leaving_out_asks_again_without_the_chunks_that_hold_the_gold() -> None:
    oracle = _Oracle()
    told: list[tuple[int, int]] = []

    verdicts = measure_answers(
        QUESTIONS,
        oracle,
        LIBRARY,
        leave_out=True,
        unknown=[GOOD],
        progress=lambda done, total: told.append((done, total)),
    )

    assert oracle.asked[4:6] == [("goed", frozenset({10})), ("anker", frozenset({11}))]
    assert [verdict.variant for verdict in verdicts] == ["gewoon"] * 4 + ["weggelaten"] * 2 + ["onbekend"]
    assert [verdict.answerable for verdict in verdicts[4:]] == [False, False, False]
    assert told[-1] == (7, 7)


def test_unknown_question_may_have_its_gold_in_another_set() -> None:
    elsewhere = GoldSpan("verslag", 0, 4, "Niet")
    question = _question(id="elders", text="elders", spans=(elsewhere,), gold_documents=frozenset({"verslag"}))

    verdict = measure_answers([GOOD], _Oracle(), LIBRARY, unknown=[question])[1]

    assert (verdict.variant, verdict.answerable, verdict.gold_passages) == ("onbekend", False, ())


def test_leaving_out_spares_the_same_words_in_another_document() -> None:
    oracle = _Oracle()
    question = _question(id="anker", text="anker", parts=((Anchor("De", "leidraad"),),))

    measure_answers([question], oracle, LIBRARY, leave_out=True)

    assert oracle.asked[1] == ("anker", frozenset({10}))


def test_figures_of_a_run() -> None:
    figures = compute_figures(measure_answers(QUESTIONS, _Oracle(), LIBRARY, leave_out=True)).as_json()

    assert figures["answer_found"] == 0.5
    assert figures["citation_precision"] == 1.0
    assert figures["citation_recall"] == 0.5
    assert figures["refusal_precision"] == 0.75  # client, and two left out, of four refusals
    assert figures["refusal_recall"] == 0.5
    assert figures["unanswerable_not_complete"] == 0.5
    assert figures["left_out_refused"] == 1.0
    assert figures["unsupported_claims"] == 0.0
    assert figures["counts"]["answer_found"] == 2
    assert "unknown_refused" not in figures
    assert [each["type"] for each in figures["by_type"]] == ["client", "wanneer", "welke"]
    # The one wrong answer is the most confident one.
    assert figures["risk_coverage"][0]["risk"] == 1.0
    assert figures["risk_coverage"][-1]["coverage"] == pytest.approx(2 / 6)


def test_sample_is_the_same_every_time_and_keeps_the_order() -> None:
    questions = [_question(id=str(number)) for number in range(50)]

    drawn = sample(questions, 10)

    assert drawn == sample(questions, 10)
    assert [int(question.id) for question in drawn] == sorted(int(question.id) for question in drawn)
    assert sample(questions, 99) == questions


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses.extend(value or "" for name, value in attrs if name in ("src", "href"))


def test_report_shows_plots_with_tables_and_the_worst_case_and_needs_nothing_else() -> None:
    verdicts = measure_answers(QUESTIONS, _Oracle(), LIBRARY, leave_out=True)

    page = report_html("Antwoorden op <vragen>", "Zes antwoorden.", compute_figures(verdicts), verdicts)

    elements = _Elements()
    elements.feed(page)
    assert elements.names.count("svg") == 4
    assert elements.names.count("table") == 5
    assert "script" not in elements.names
    assert elements.addresses == []
    assert "Antwoorden op &lt;vragen&gt;" in page
    assert worst_cases(verdicts)[0].id == "nee"
    assert "<blockquote>De agenda heeft twee doelen.</blockquote>" in page


def test_report_shows_the_gold_passage_of_a_question_that_was_missed() -> None:
    verdict = judge(GOOD, REFUSAL, TEXTS.__getitem__)

    page = report_html("Gemist", "Eén antwoord.", compute_figures([verdict]), [verdict])

    assert f"<p>Gouden passage:</p><blockquote>{TEXTS['leidraad']}</blockquote>" in page


def _run(verdicts: list[Verdict]) -> SavedRun:
    return SavedRun(
        kind="answers",
        set="vragen",
        made="2026-01-01T00:00:00+00:00",
        figures={},
        questions={verdict.id: verdict.question for verdict in verdicts},
        scores=question_scores(verdicts),
        verdicts=tuple(verdicts),
    )


def test_saved_run_comes_back_as_it_was(tmp_path: Path) -> None:
    run = _run(measure_answers(QUESTIONS, _Oracle(), LIBRARY))

    save_run(run, tmp_path / "run.json")

    assert load_run(tmp_path / "run.json") == run


def test_file_that_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")

    with pytest.raises(UsageError, match=r"a\.json is geen bewaarde meting"):
        load_run(tmp_path / "a.json")
    with pytest.raises(UsageError, match=r"weg\.json kan niet worden gelezen"):
        load_run(tmp_path / "weg.json")


def test_comparison_names_the_questions_won_and_lost() -> None:
    def refuse(question: str, history: Sequence[Turn], excluded: frozenset[int]) -> Answer:
        return REFUSAL

    old, new = _run(measure_answers(QUESTIONS, _Oracle(), LIBRARY)), _run(measure_answers(QUESTIONS, refuse, LIBRARY))

    differences = {each.metric: each for each in compare_runs(old, new)}

    found, refused = differences["answer_found"], differences["refused"]
    assert (found.first, found.second, found.lost, found.won) == (0.5, 0.0, ("goed",), ())
    assert (refused.won, refused.test, refused.p_value) == (("nee",), "McNemar", 1.0)
    lines = list(comparison_words(list(differences.values()), old.questions))
    assert "answer_found: 0,5000 → 0,0000 (-0,5000), p = 1,0000 (McNemar, 2 vragen): verschil kan toeval zijn" in lines
    assert "    nee: stellig fout" in lines


def test_runs_without_a_shared_question_are_not_compared() -> None:
    old = _run(measure_answers(QUESTIONS[:1], _Oracle(), LIBRARY))
    new = _run(measure_answers(QUESTIONS[1:2], _Oracle(), LIBRARY))

    with pytest.raises(UsageError, match="geen vraag gemeen"):
        compare_runs(old, new)
