"""The assistant's answers on the starter corpus stay as good as they were: all regression questions, asked for real.

What counts as found is told in assistant/evaluation/judging.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.catalogue import read_catalogue
from assistant.evaluation.answers import measure_answers
from assistant.evaluation.judging import Verdict
from assistant.evaluation.product import open_asking
from assistant.evaluation.questions import read_question_file
from assistant.ingest import build, standard_stages
from assistant.openvino_embedder import BundledEmbedder
from assistant.types import Answer, Turn

ROOT = Path(__file__).parents[1]
QUESTIONS = read_question_file(ROOT / "tests" / "data" / "regression_questions.jsonl")

# Shares, each about one question below what was measured with the bundled model: raise them when the assistant gets
# better, and never lower one without saying in the commit what was gained elsewhere.
LEAST_FOUND = {
    "adviser": 0.71,
    "chat": 0.78,
    "compare": 0.83,
    "definition": 0.84,
    "english": 0.50,
    "follow_up": 0.84,
    "list": 0.92,
    "number": 0.84,
    "who_when": 0.84,
    "yes_no": 0.75,
}
LEAST_FOUND_OVERALL = 0.81  # of the answerable questions: a sentence that answers is quoted
LEAST_WHOLE_COMPARISONS = 0.50  # each side is quoted
LEAST_WHOLE_LISTS = 0.69  # every item is quoted
LEAST_NOT_COMPLETE = 0.85  # of the near-misses: refused, or shown as a partial answer
LEAST_GAPS_TOLD = 0.77  # of what the documents call unknown: not shown as complete, or the sentence that says so


@dataclass(frozen=True)
class Run:
    """Every question asked once."""

    verdicts: tuple[Verdict, ...]
    answers: tuple[Answer, ...]
    texts: dict[str, str]  # document id → the text as the loaders read it

    def of_type(self, *types: str) -> list[Verdict]:
        found = [verdict for verdict in self.verdicts if verdict.type in types]
        assert found
        return found


@pytest.fixture(scope="module")
def run(embedder: BundledEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Run:
    documents, stages = read_catalogue(ROOT / "corpus"), standard_stages()
    index = tmp_path_factory.mktemp("regression") / "index"
    report = build(documents, index, embedder, stages)
    assert report.failures == ()
    ask, library = open_asking(index, embedder)
    answers: list[Answer] = []

    def recording(question: str, history: Sequence[Turn], excluded: frozenset[int]) -> Answer:
        answers.append(ask(question, history, excluded))
        return answers[-1]

    verdicts = measure_answers(QUESTIONS, recording, library)
    texts = {document.id: stages.load(document.file).text for document in documents}
    return Run(tuple(verdicts), tuple(answers), texts)


def share(good: Sequence[bool]) -> float:
    return sum(good) / len(good)


def ids(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.id for verdict in verdicts]


def test_every_question_gets_an_answer_or_a_refusal(run: Run) -> None:
    assert len(run.answers) == len(run.verdicts) == len(QUESTIONS)


@pytest.mark.parametrize("kind", LEAST_FOUND)
def test_a_sentence_that_answers_is_quoted(run: Run, kind: str) -> None:
    asked = run.of_type(kind)

    missed = [verdict for verdict in asked if not verdict.found]

    assert 1 - len(missed) / len(asked) >= LEAST_FOUND[kind], ids(missed)


def test_a_sentence_that_answers_is_quoted_for_most_of_all_questions(run: Run) -> None:
    answerable = [verdict for verdict in run.verdicts if verdict.answerable]

    assert {verdict.type for verdict in answerable} == set(LEAST_FOUND)
    assert share([bool(verdict.found) for verdict in answerable]) >= LEAST_FOUND_OVERALL


def test_a_comparison_quotes_each_side(run: Run) -> None:
    comparisons = run.of_type("compare")

    halves = [verdict for verdict in comparisons if not verdict.covered]

    assert 1 - len(halves) / len(comparisons) >= LEAST_WHOLE_COMPARISONS, ids(halves)


def test_a_list_is_quoted_whole(run: Run) -> None:
    lists = run.of_type("list")

    cut = [verdict for verdict in lists if not verdict.covered]

    assert 1 - len(cut) / len(lists) >= LEAST_WHOLE_LISTS, ids(cut)


def test_near_misses_do_not_pass_for_complete_answers(run: Run) -> None:
    near_misses = run.of_type("unanswerable_near_miss")

    complete = [verdict for verdict in near_misses if verdict.completeness == "complete"]

    assert 1 - len(complete) / len(near_misses) >= LEAST_NOT_COMPLETE, ids(complete)


def test_what_the_documents_call_unknown_is_told_as_unknown(run: Run) -> None:
    gaps = run.of_type("stated_gap")

    wrong = [verdict for verdict in gaps if not verdict.held_back]

    assert 1 - len(wrong) / len(gaps) >= LEAST_GAPS_TOLD, ids(wrong)


def test_every_question_off_topic_is_refused(run: Run) -> None:
    off_topic = run.of_type("unanswerable_off_topic")

    answered = {verdict.id for verdict in off_topic if verdict.completeness != "none"}

    assert answered == set()


def test_every_citation_stands_to_the_letter_in_its_document(run: Run) -> None:
    citations = [citation for answer in run.answers for citation in (*answer.citations, *answer.nearest)]

    wrong = [
        citation
        for citation in citations
        if run.texts[citation.document.id][citation.begin : citation.end] != citation.quote
        or not citation.quote.strip()
    ]

    assert citations
    assert wrong == []


def test_every_claim_is_supported(run: Run) -> None:
    assert ids([verdict for verdict in run.verdicts if verdict.unsupported]) == []
    assert ids([verdict for verdict in run.verdicts if verdict.completeness != "none" and not verdict.claims]) == []
