"""The regression questions fit the starter corpus: every anchor can be found, every kind of question is there.

The corpus tells many facts more than once. So anchors with the same `part` are equally right sentences, and an answer
that is complete quotes one of every part: each side of a comparison, each item of a list.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from assistant.catalogue import read_catalogue
from assistant.evaluation.judging import squeezed
from assistant.ingest import standard_stages

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (ROOT / "tests" / "data" / "regression_questions.jsonl").read_text(encoding="utf-8").splitlines()
]
FIELDS = {"id", "question", "history", "type", "answerable", "gold", "anchors", "lang", "expected_behaviour"}


@pytest.fixture(scope="module")
def corpus_pieces() -> dict[str, list[str]]:
    """What can be quoted: the sentences, list items and table rows of each document as the loaders read it."""
    stages = standard_stages()
    pieces: dict[str, list[str]] = {}
    for document in read_catalogue(CORPUS):
        chunks = stages.chunk(stages.load(document.file), document)
        spans = [
            (chunk, sentence.begin - chunk.begin, sentence.end - chunk.begin)
            for chunk in chunks
            for sentence in chunk.sentences
        ]
        pieces[document.id] = [squeezed(chunk.text[begin:end]) for chunk, begin, end in spans]
    return pieces


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_anchors_lie_within_one_sentence_item_or_row(
    question: dict[str, Any], corpus_pieces: dict[str, list[str]]
) -> None:
    missing = [
        anchor
        for anchor in question["anchors"]
        if not any(squeezed(anchor["text"]) in piece for piece in corpus_pieces[anchor["document"]])
    ]

    assert missing == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_question_is_well_formed(question: dict[str, Any]) -> None:
    assert set(question) == FIELDS
    assert {frozenset(anchor) for anchor in question["anchors"]} <= {frozenset(("document", "text", "part"))}
    parts = {anchor["part"] for anchor in question["anchors"]}
    assert parts == set(range(1, len(parts) + 1))
    assert len(parts) > 1 or question["type"] != "compare"
    assert question["question"].strip()
    assert question["gold"].strip()
    assert question["lang"] in {"nl", "en"}
    assert question["expected_behaviour"] == ("answer" if question["answerable"] else "decline")
    # A stated gap is unanswerable, but the document says so itself: quoting that sentence is as good as declining.
    assert bool(question["anchors"]) is (question["answerable"] or question["type"] == "stated_gap")
    assert [turn["rol"] for turn in question["history"]] == ["gebruiker", "assistent"] * (len(question["history"]) // 2)


def test_every_kind_of_question_is_well_represented() -> None:
    kinds = Counter(question["type"] for question in QUESTIONS)

    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS) >= 220
    assert kinds.pop("stated_gap") >= 9
    assert kinds["unanswerable_near_miss"] >= 40
    assert {kind for kind, number in kinds.items() if number < 12} == set()


def test_questions_do_not_repeat_the_answering_words() -> None:
    def runs(text: str, length: int = 7) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.lower())
        return {tuple(words[begin : begin + length]) for begin in range(len(words) - length + 1)}

    copies = [
        question["id"]
        for question in QUESTIONS
        for anchor in question["anchors"]
        if runs(question["question"]) & runs(anchor["text"])
    ]

    assert copies == []
