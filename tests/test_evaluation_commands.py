"""`beleidswijzer eval …` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.bundled_model import prepare_bundled_model
from assistant.cli import run

PASSAGES = {
    "p#1": "De leidraad Werken aan veiligheid is in december 2023 vastgesteld.",
    "p#2": "Het wijkteam kan Veilig Thuis om advies vragen.",
    "p#3": "De gemeente koopt jeugdhulp regionaal in.",
    "p#4": "",
}
QUERIES = {"v1": "Wanneer is de leidraad vastgesteld?", "v2": "Aan wie vraagt een wijkteam advies?"}


@pytest.fixture
def question_set(tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    prepare_bundled_model(model_cache)
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(model_cache))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "set"
    folder.mkdir()
    _write_lines(folder / "corpus.jsonl", [{"_id": key, "title": "", "text": text} for key, text in PASSAGES.items()])
    _write_lines(folder / "queries.jsonl", [{"_id": key, "text": text} for key, text in QUERIES.items()])
    (folder / "qrels.tsv").write_text("v1\tp#1\t1\nv2\tp#2\t1\n")
    return folder


def _write_lines(path: Path, lines: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_retrieval_prints_the_agreed_json(question_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["eval", "retrieval", str(question_set), "--json"])

    figures = json.loads(capsys.readouterr().out)
    assert code == 0
    assert list(figures) == ["dense", "lexical", "hybrid"]
    assert figures["hybrid"] == {"ndcg@10": 1.0, "mrr@10": 1.0, "recall@10": 1.0, "recall@100": 1.0}


def test_kept_index_is_used_again_and_two_runs_are_compared(
    question_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, old, new = (question_set.parent / name for name in ("kept", "old.json", "new.json"))

    for target in (old, new):
        assert run(["eval", "retrieval", str(question_set), "--bewaar", str(kept), "--uit", str(target)]) == 0
    table = capsys.readouterr().out
    assert len(list((kept / "index" / "snapshots").iterdir())) == 1
    assert run(["eval", "compare", str(old), str(new)]) == 0

    assert "2 vragen, 4 passages" in table
    assert "ndcg@10" in table
    assert "hybrid ndcg@10: 1,0000 → 1,0000 (+0,0000), p = 1,0000" in capsys.readouterr().out


def test_answers_are_measured_with_the_gold_left_out_and_with_questions_from_another_field(
    question_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = {"query_id": "v1", "answer": "december 2023", "passage_id": "p#1", "answer_start": 40}
    (question_set / "answers.jsonl").write_text(json.dumps(answer) + "\n")
    other = question_set.parent / "ander.jsonl"
    other.write_text('{"question": "Hoeveel weegt een olifant?", "answerable": false}\n')
    report, saved = question_set.parent / "verslag.html", question_set.parent / "run.json"
    options = ["--weglaten", "--onbekend", str(other), "--html", str(report), "--uit", str(saved), "--json"]

    code = run(["eval", "answers", str(question_set), *options])

    figures = json.loads(capsys.readouterr().out)
    assert code == 0
    variants = [(question["id"], question["variant"]) for question in figures["questions"]]
    plain, left_out = [("v1", "gewoon"), ("v2", "gewoon")], [("v1", "weggelaten"), ("v2", "weggelaten")]
    assert variants == [*plain, *left_out, ("regel 1", "onbekend")]
    assert figures["unsupported_claims"] == 0.0 or figures["answered"] == 0.0
    assert not any(quote["right"] for question in figures["questions"][2:] for quote in question["quotes"])
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(saved.read_text())["kind"] == "answers"


def test_wrong_set_is_refused_in_one_sentence(question_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (question_set / "qrels.tsv").write_text("v1\tp#1\t1\nv1\tweg\t1\n")

    code = run(["eval", "retrieval", str(question_set)])

    printed = capsys.readouterr()
    assert (code, printed.out) == (2, "")
    assert "qrels.tsv, regel 2: de passage 'weg' staat niet in corpus.jsonl" in printed.err
    assert printed.err.count("\n") == 1


def test_target_that_cannot_be_written_is_refused_before_measuring(
    question_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["eval", "retrieval", str(question_set), "--uit", str(question_set / "weg" / "x.json")])

    assert code == 2
    assert "kan niet worden geschreven" in capsys.readouterr().err
