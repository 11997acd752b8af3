"""Question sets from disk: what is read, and what is refused with file and line number."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.evaluation.beir import read_question_set
from assistant.evaluation.questions import Anchor, question_type, questions_of, read_question_file
from assistant.types import Turn

CORPUS = (
    '{"_id": "a#1", "title": "Leidraad", "text": "De leidraad geldt sinds 2023."}\n{"_id": 2, "text": "Acht taken."}\n'
)
QUERIES = '{"_id": "v1", "text": "Sinds wanneer geldt de leidraad?"}\n{"_id": "v2", "text": "Niet beoordeeld?"}\n'
QRELS = "query-id\tcorpus-id\tscore\nv1\ta#1\t2\nv1\t2\t0\n"


def _folder(tmp_path: Path, **files: str) -> Path:
    contents = {"corpus.jsonl": CORPUS, "queries.jsonl": QUERIES, "qrels.tsv": QRELS}
    contents |= {name.replace("_jsonl", ".jsonl").replace("_tsv", ".tsv"): text for name, text in files.items()}
    for name, text in contents.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_question_set_is_read_with_ids_of_either_spelling(tmp_path: Path) -> None:
    answer = '{"query_id": "v1", "answer": "2023", "passage_id": "a#1", "answer_start": 24, "how": "fuzzy_0.8"}\n'

    question_set = read_question_set(_folder(tmp_path, answers_jsonl=answer))

    assert list(question_set.passages) == ["a#1", "2"]
    assert question_set.questions == {"v1": "Sinds wanneer geldt de leidraad?"}
    assert question_set.judgements == {"v1": {"a#1": 2, "2": 0}}
    (question,) = questions_of(question_set)
    assert question.gold_documents == {question_set.passages["a#1"].document_id}
    assert (question.type, question.gold, question.exact) == ("wanneer", "2023", False)


@pytest.mark.parametrize(
    "qrels", ["v1\ta#1\t1\n", "v1 0 a#1 1\n", "\ufeffquery-id\tcorpus-id\tscore\r\nv1\ta#1\t1\r\n"]
)
def test_qrels_are_read_without_header_and_in_the_form_of_trec(tmp_path: Path, qrels: str) -> None:
    assert read_question_set(_folder(tmp_path, qrels_tsv=qrels)).judgements == {"v1": {"a#1": 1}}


def test_qrels_are_found_in_a_folder_of_their_own(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")

    assert read_question_set(folder).judgements["v1"]["a#1"] == 2


@pytest.mark.parametrize(
    ("file", "text", "finding"),
    [
        ("qrels_tsv", QRELS + "v9\ta#1\t1\n", "qrels.tsv, regel 4: de vraag 'v9' staat niet in queries.jsonl"),
        ("qrels_tsv", QRELS + "\nv1\tweg\t1\n", "qrels.tsv, regel 5: de passage 'weg' staat niet in corpus.jsonl"),
        ("qrels_tsv", "v1\ta#1\tveel\n", "qrels.tsv, regel 1: de score 'veel' is geen getal"),
        ("qrels_tsv", QRELS + "v1\ta#1\n", "qrels.tsv, regel 4: hier moeten drie kolommen staan"),
        ("qrels_tsv", QRELS + "v1\ta#1\t1\n", "qrels.tsv, regel 4: 'v1' en 'a#1' kregen eerder een andere score"),
        ("qrels_tsv", "query-id\tcorpus-id\tscore\n", "qrels.tsv is leeg"),
        ("queries_jsonl", "\n", "queries.jsonl is leeg (regel 1): er zijn geen vragen"),
        ("queries_jsonl", QUERIES + QUERIES, "queries.jsonl, regel 3: het id 'v1' komt al eerder voor"),
        ("queries_jsonl", '{"_id": "v1", "text": "  "}', "queries.jsonl, regel 1: de vraag is leeg"),
        ("corpus_jsonl", CORPUS + CORPUS, "corpus.jsonl, regel 3: het id 'a#1' komt al eerder voor"),
        ("corpus_jsonl", CORPUS + '{"id": "b", "text"', "corpus.jsonl, regel 3: geen geldige JSON"),
        ("corpus_jsonl", CORPUS + "[1]", "corpus.jsonl, regel 3: hier moet een JSON-object staan"),
        ("corpus_jsonl", CORPUS + '{"id": "b"}', "corpus.jsonl, regel 3: 'text' ontbreekt"),
        (
            "answers_jsonl",
            '{"query_id": "v1", "answer": "2024", "passage_id": "a#1", "answer_start": 24}',
            "answers.jsonl, regel 1: het antwoord staat niet op plaats 24",
        ),
        (
            "answers_jsonl",
            '{"query_id": "v1", "answer": "2023", "passage_id": "weg", "answer_start": 24}',
            "answers.jsonl, regel 1: de passage 'weg' staat niet in corpus.jsonl",
        ),
    ],
)
def test_broken_set_is_refused_with_file_and_line(tmp_path: Path, file: str, text: str, finding: str) -> None:
    folder = _folder(tmp_path, **{file: text})

    with pytest.raises(UsageError) as refusal:
        read_question_set(folder)

    assert finding in str(refusal.value)
    assert str(folder) in str(refusal.value)


def test_folder_without_the_files_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(CORPUS)

    with pytest.raises(UsageError, match=r"niet de BEIR-indeling: queries\.jsonl, qrels\.tsv .* ontbreekt"):
        read_question_set(tmp_path)
    with pytest.raises(UsageError, match="bestaat niet"):
        read_question_set(tmp_path / "weg")


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "corpus.jsonl").write_bytes(b'{"id": "a#1", "text": "\xe9\xe9n"}\n')

    with pytest.raises(UsageError, match=r"corpus\.jsonl is geen UTF-8-tekst"):
        read_question_set(folder)


def test_question_file_is_read_with_history_and_anchors(tmp_path: Path) -> None:
    path = tmp_path / "vragen.jsonl"
    path.write_text(
        '{"id": "f1", "question": "waarom is dat zo?", "history": [{"rol": "gebruiker", "tekst": "Wat?"}], '
        '"type": "follow_up", "answerable": true, "gold": "Daarom.", "file": "a.txt", '
        '"anchors": [{"file": "b.txt", "text": "omdat het zo is"}], "must_not_contain": ["nooit"]}\n'
        '{"question": "Wie is de voorzitter?", "answerable": false}\n',
        encoding="utf-8",
    )

    first, second = read_question_file(path)

    assert first.history == (Turn("user", "Wat?"),)
    assert (first.anchors, first.gold_files, first.forbidden) == (
        (Anchor("omdat het zo is"),),
        frozenset({"a.txt", "b.txt"}),
        ("nooit",),
    )
    assert (second.id, second.type, second.answerable) == ("regel 2", "wie", False)


def test_anchors_of_one_part_belong_together_and_others_stand_alone(tmp_path: Path) -> None:
    path = tmp_path / "vragen.jsonl"
    path.write_text(
        '{"question": "Welke twee?", "anchors": [{"text": "de ene", "part": 1, "document": "a"}, '
        '{"text": "de andere", "part": 2}, {"text": "nummer een", "part": 1}]}\n'
        '{"question": "Welke twee?", "anchors": ["de ene", "de andere"]}\n'
        '{"question": "Hoeveel?", "type": "stated_gap", "anchors": ["dat staat er niet"]}\n'
        '{"question": "Hoeveel?", "answerable": false, "anchors": ["een lokaas"]}\n',
        encoding="utf-8",
    )

    numbered, plain, gap, bait = read_question_file(path)

    assert numbered.parts == ((Anchor("de ene", "a"), Anchor("nummer een")), (Anchor("de andere"),))
    assert plain.parts == ((Anchor("de ene"),), (Anchor("de andere"),))
    assert (gap.answerable, gap.is_stated_gap, gap.parts) == (False, True, ((Anchor("dat staat er niet"),),))
    assert (bait.is_stated_gap, bait.parts) == (False, ())


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", "vragen.jsonl is leeg (regel 1)"),
        (
            '{"question": "Wat?", "answerable": true}',
            "regel 1: een beantwoordbare vraag heeft 'anchors' of 'file' nodig",
        ),
        ('{"id": "a", "question": "Wat?"}\n{"id": "a", "question": "Wie?"}', "regel 2: het id 'a' komt al eerder voor"),
        ('{"question": "Wat?", "history": [{"rol": "baas", "tekst": "x"}]}', "regel 1: de rol 'baas' is onbekend"),
        (
            '{"question": "Wat?", "type": "stated_gap", "answerable": true, "anchors": ["x"]}',
            "regel 1: een vraag van het type stated_gap is onbeantwoordbaar",
        ),
        ('{"question": "Wat?", "anchors": [{"text": "x", "part": 0}]}', "regel 1:"),
        ('{"question": "Wat?", "answerable": "misschien"}', "regel 1: 'answerable' moet true of false zijn"),
    ],
)
def test_broken_question_file_is_refused_with_its_line(tmp_path: Path, text: str, finding: str) -> None:
    path = tmp_path / "vragen.jsonl"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as refusal:
        read_question_file(path)

    assert finding in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("hoeveel taken heeft het LT?", "hoeveel"), ("Welke twee doelen?", "welke"), ("Geldt de leidraad nog?", "ja/nee")],
)
def test_question_type_follows_the_question_word(text: str, kind: str) -> None:
    assert question_type(text) == kind
