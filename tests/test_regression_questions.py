"""The regression questions fit the starter corpus: every anchor can be found, every kind of question is there."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (ROOT / "tests" / "data" / "regression_questions.jsonl").read_text(encoding="utf-8").splitlines()
]
FIELDS = {"id", "question", "history", "type", "answerable", "gold", "anchors", "lang", "expected_behaviour"}


def pieces(markdown: str) -> list[str]:
    """Sentences, list items and table cells as a reader sees them, without Markdown marks."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", markdown).replace("**", "")
    found = []
    for line in text.splitlines():
        if line.startswith("|"):
            found += [cell.strip() for cell in line.strip("|").split("|")]
        elif re.match(r"(- |\d+\. |#+ )", line):
            found.append(line.split(" ", 1)[1])
        else:
            found += re.split(r"(?<=[.!?]) (?=[A-Z])", line)
    return found


@pytest.fixture(scope="module")
def corpus_pieces() -> dict[str, list[str]]:
    entries = yaml.safe_load((CORPUS / "catalogue.yml").read_text(encoding="utf-8"))["documents"]
    sources = {}
    for entry in entries:
        path = CORPUS / entry["file"]
        source = path if path.suffix == ".md" else CORPUS / "sources" / path.with_suffix(".md").name
        sources[entry["id"]] = pieces(source.read_text(encoding="utf-8"))
    return sources


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_anchors_lie_within_one_sentence_item_or_cell(
    question: dict[str, Any], corpus_pieces: dict[str, list[str]]
) -> None:
    missing = [
        anchor
        for anchor in question["anchors"]
        if not any(anchor["text"] in piece for piece in corpus_pieces[anchor["document"]])
    ]

    assert missing == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_question_is_well_formed(question: dict[str, Any]) -> None:
    assert set(question) == FIELDS
    assert question["question"].strip()
    assert question["gold"].strip()
    assert question["lang"] in {"nl", "en"}
    assert question["expected_behaviour"] == ("answer" if question["answerable"] else "decline")
    # A stated gap is unanswerable, but the document says so itself: quoting that sentence is as good as declining.
    assert bool(question["anchors"]) is (question["answerable"] or question["type"] == "stated_gap")
    assert [turn["rol"] for turn in question["history"]] == ["gebruiker", "assistent"] * (len(question["history"]) // 2)


def test_every_kind_of_question_is_well_represented() -> None:
    kinds = Counter(question["type"] for question in QUESTIONS)

    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS) >= 90
    assert kinds.pop("stated_gap") >= 5
    assert kinds["unanswerable_near_miss"] >= 20
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
