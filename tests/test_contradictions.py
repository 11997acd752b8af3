"""Two sources that give different figures for the same thing are both shown, with their dates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from policy_corpus import Corpus

from assistant.answering import Assistant
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import Answer, Document

PLAN = "# Wijkplan\n\n{}\n\n## Opvang\n\nDe opvang is open in de winter.\n"
MEMO = "# Raadsmemo\n\n{}\n\n## Vervolg\n\nDe raad bespreekt de memo in juni.\n"


def ask(tmp_path: Path, embedder: BundledEmbedder, plan: str, memo: str, question: str) -> Answer:
    corpus = Corpus(tmp_path / "corpus", tmp_path / "index")
    entries = [
        corpus.write(Document("plan", "Wijkplan", Path("plan.md"), published=date(2024, 3, 12)), PLAN.format(plan)),
        corpus.write(Document("memo", "Raadsmemo", Path("memo.md")), MEMO.format(memo)),
    ]
    corpus.build(embedder, *entries)
    return Assistant(SnapshotFollower(corpus.index, embedder.description), embedder).ask(question)


def warnings(answer: Answer) -> list[str]:
    return [caution.text for caution in answer.warnings if caution.code == "tegenspraak"]


def test_another_number_for_the_same_thing_is_shown_with_both_dates(tmp_path: Path, embedder: BundledEmbedder) -> None:
    plan, memo = "De gemeente Waterveen heeft zes wijkteams.", "De gemeente Waterveen heeft acht wijkteams."

    answer = ask(tmp_path, embedder, plan, memo, "Hoeveel wijkteams heeft Waterveen?")

    assert {citation.quote for citation in answer.citations[:2]} == {plan, memo}
    (text,) = warnings(answer)
    assert text.startswith("De bronnen zeggen niet hetzelfde: ")
    assert "“Wijkplan” (12 maart 2024)" in text
    assert "“Raadsmemo” (datum onbekend)" in text


def test_another_date_for_the_same_thing_is_a_contradiction(tmp_path: Path, embedder: BundledEmbedder) -> None:
    plan, memo = (
        "Het wijkplan van Waterveen geldt sinds 12 maart 2024.",
        "Het wijkplan van Waterveen geldt sinds 1 mei 2023.",
    )

    answer = ask(tmp_path, embedder, plan, memo, "Sinds wanneer geldt het wijkplan van Waterveen?")

    assert {citation.quote for citation in answer.citations[:2]} == {plan, memo}
    assert len(warnings(answer)) == 1


@pytest.mark.parametrize(
    ("plan", "memo"),
    [
        ("De gemeente Waterveen heeft zes wijkteams.", "De gemeente Waterveen heeft 6 wijkteams."),
        ("In 2019 had Waterveen zes wijkteams.", "In 2024 had Waterveen acht wijkteams."),
        ("De gemeente Waterveen heeft zes wijkteams.", "De nachtopvang aan de haven heeft veertig bedden."),
        ("De gemeente Waterveen heeft zes wijkteams.", "De gemeente Waterveen heeft drie zwembaden en een wijkraad."),
    ],
)
def test_the_same_number_another_moment_or_another_thing_is_none(
    tmp_path: Path, embedder: BundledEmbedder, plan: str, memo: str
) -> None:
    assert warnings(ask(tmp_path, embedder, plan, memo, "Hoeveel wijkteams heeft Waterveen?")) == []


def test_the_same_words_about_another_subject_are_none(tmp_path: Path, embedder: BundledEmbedder) -> None:
    plan = "Het wetsvoorstel Wams ging in januari 2023 naar de Tweede Kamer."
    memo = "Het toekomstscenario ging op 30 maart 2021 naar de Tweede Kamer."

    assert warnings(ask(tmp_path, embedder, plan, memo, "Wanneer ging de Wams naar de Tweede Kamer?")) == []
