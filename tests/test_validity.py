"""A document holds on the days that it names, or until its successor begins."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from policy_corpus import TEXTS, Corpus

from assistant.answering import Assistant
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import Document, Filters
from assistant.validity import Period, period

OLD = Document("oud", "Oud", Path("oud.md"), published=date(2019, 5, 1), superseded_by="nieuw")
NEW = Document("nieuw", "Nieuw", Path("nieuw.md"), published=date(2023, 9, 1), valid_from=date(2024, 1, 1))
BY_ID = {"oud": OLD, "nieuw": NEW}


def test_a_document_ends_the_day_before_its_successor_begins() -> None:
    assert period(OLD, BY_ID) == Period(date(2019, 5, 1), date(2023, 12, 31))


def test_its_own_last_day_goes_before_its_successor() -> None:
    own = Document("oud", "Oud", Path("o.md"), superseded_by="nieuw", valid_until=date(2022, 6, 30))

    assert period(own, BY_ID) == Period(None, date(2022, 6, 30))


def test_the_day_of_publication_stands_in_for_a_first_day() -> None:
    assert period(Document("a", "A", Path("a.md"), published=date(2020, 1, 1)), {}) == Period(date(2020, 1, 1), None)


@pytest.mark.parametrize(
    ("day", "holds"),
    [(date(2019, 4, 30), False), (date(2019, 5, 1), True), (date(2023, 12, 31), True), (date(2024, 1, 1), False)],
)
def test_both_ends_of_a_period_belong_to_it(day: date, holds: bool) -> None:
    assert period(OLD, BY_ID).holds_on(day) is holds


def test_a_document_without_any_date_never_passes() -> None:
    assert Period(None, None).holds_on(date(2024, 1, 1)) is False


def test_a_question_about_a_day_is_answered_from_the_text_of_that_day(
    tmp_path: Path, embedder: BundledEmbedder
) -> None:
    corpus = Corpus(tmp_path / "corpus", tmp_path / "index")
    entries = [
        corpus.write(OLD, TEXTS["oud-kader"]),
        corpus.write(NEW, TEXTS["nieuw-kader"]),
    ]
    corpus.build(embedder, *entries)
    assistant = Assistant(SnapshotFollower(corpus.index, embedder.description), embedder)
    question = "Binnen hoeveel werkdagen na de melding bezoekt of belt een medewerker het gezin?"

    then = assistant.ask(question, filters=Filters(valid_on=date(2022, 1, 1)))
    now = assistant.ask(question, filters=Filters(valid_on=date(2025, 1, 1)))

    assert {citation.document.id for citation in then.citations} == {"oud"}
    assert {citation.document.id for citation in now.citations} == {"nieuw"}


def test_an_answer_says_that_its_source_no_longer_holds(tmp_path: Path, embedder: BundledEmbedder) -> None:
    corpus = Corpus(tmp_path / "corpus", tmp_path / "index")
    expired = Document("notitie", "Notitie", Path("n.md"), published=date(2020, 1, 1), valid_until=date(2021, 12, 31))
    corpus.build(embedder, corpus.write(expired, TEXTS["notitie"]))
    assistant = Assistant(SnapshotFollower(corpus.index, embedder.description), embedder)

    answer = assistant.ask("Hoeveel bedden heeft de nachtopvang?")

    assert ("niet_meer_geldig", "“Notitie” gold tot en met 31 december 2021.") in [
        (caution.code, caution.text) for caution in answer.warnings
    ]
