"""A folder in BEIR layout to a checked question set: passages, questions, judgements and answer spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from assistant.errors import UsageError
from assistant.evaluation.json_lines import read_json_lines
from assistant.wording import reason_words

CORPUS_FILE = "corpus.jsonl"
QUERIES_FILE = "queries.jsonl"
QRELS_FILES = ("qrels.tsv", "qrels/test.tsv")
ANSWERS_FILE = "answers.jsonl"


@dataclass(frozen=True)
class CorpusPassage:
    """One piece of text that can be the answer to a question."""

    id: str  # as in the set: any text
    document_id: str  # as in the index: safe in file names
    title: str
    text: str


@dataclass(frozen=True)
class GoldSpan:
    """Where the answer to a question stands."""

    document_id: str  # of the passage
    begin: int  # character offsets in the passage's text, end exclusive
    end: int
    text: str
    exact: bool = True  # False: found again in a translation by likeness, so its ends may be off


@dataclass(frozen=True)
class QuestionSet:
    """Questions with the passages that answer them."""

    folder: Path
    passages: Mapping[str, CorpusPassage]
    questions: Mapping[str, str]  # only questions with a judgement
    judgements: Mapping[str, Mapping[str, int]]  # question id -> passage id -> grade, 0 is not relevant
    answers: Mapping[str, tuple[GoldSpan, ...]]

    def gold_documents(self, question_id: str) -> frozenset[str]:
        """The document ids of the passages judged relevant to a question."""
        grades = self.judgements[question_id]
        return frozenset(self.passages[passage].document_id for passage, grade in grades.items() if grade > 0)


# Sets from elsewhere carry fields of their own (metadata, url), so unknown fields are left alone.
_LINE = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
_ID = AliasChoices("_id", "id")


class _CorpusLine(BaseModel):
    model_config = _LINE
    id: str = Field(validation_alias=_ID, min_length=1)
    title: str | None = None
    text: str


class _QueryLine(BaseModel):
    model_config = _LINE
    id: str = Field(validation_alias=_ID, min_length=1)
    text: str = Field(min_length=1)


class _AnswerLine(BaseModel):
    model_config = _LINE
    query_id: str
    answer: str = Field(min_length=1)
    passage_id: str
    answer_start: int = Field(ge=0)
    how: str = "exact"


def read_question_set(folder: Path) -> QuestionSet:
    """The question set in `folder`; refused whole, with file and line number, at the first thing that is wrong."""
    qrels_file = _check_layout(folder)
    passages = _read_passages(folder / CORPUS_FILE)
    queries = _read_queries(folder / QUERIES_FILE)
    judgements = _read_judgements(qrels_file, queries, passages)
    answers = _read_answers(folder / ANSWERS_FILE, queries, passages)
    questions = {identifier: text for identifier, text in queries.items() if identifier in judgements}
    return QuestionSet(folder, passages, questions, judgements, answers)


def _check_layout(folder: Path) -> Path:
    if not folder.is_dir():
        raise UsageError(f"De map {folder} bestaat niet. Geef een map met corpus.jsonl, queries.jsonl en qrels.tsv.")
    missing = [name for name in (CORPUS_FILE, QUERIES_FILE) if not (folder / name).is_file()]
    qrels = [folder / name for name in QRELS_FILES if (folder / name).is_file()]
    if not qrels:
        missing.append("qrels.tsv (of qrels/test.tsv)")
    if missing:
        raise UsageError(
            f"De map {folder} heeft niet de BEIR-indeling: {', '.join(missing)} ontbreekt. "
            "Nodig zijn corpus.jsonl, queries.jsonl en qrels.tsv."
        )
    return qrels[0]


def _read_passages(path: Path) -> dict[str, CorpusPassage]:
    passages: dict[str, CorpusPassage] = {}
    for number, line in read_json_lines(path, _CorpusLine):
        if line.id in passages:
            raise UsageError(
                f"{path}, regel {number}: het id '{line.id}' komt al eerder voor. Geef elke passage een eigen id."
            )
        passages[line.id] = CorpusPassage(line.id, f"p{len(passages) + 1}", line.title or "", line.text)
    if not passages:
        raise UsageError(f"{path} is leeg (regel 1). Zet er per regel één passage in, met id en text.")
    return passages


def _read_queries(path: Path) -> dict[str, str]:
    queries: dict[str, str] = {}
    for number, line in read_json_lines(path, _QueryLine):
        if line.id in queries:
            raise UsageError(
                f"{path}, regel {number}: het id '{line.id}' komt al eerder voor. Geef elke vraag een eigen id."
            )
        if not line.text.strip():
            raise UsageError(f"{path}, regel {number}: de vraag is leeg. Vul de tekst in of verwijder de regel.")
        queries[line.id] = line.text
    if not queries:
        raise UsageError(
            f"{path} is leeg (regel 1): er zijn geen vragen. Zet er per regel één vraag in, met id en text."
        )
    return queries


def _read_judgements(
    path: Path, queries: Mapping[str, str], passages: Mapping[str, CorpusPassage]
) -> dict[str, dict[str, int]]:
    judgements: dict[str, dict[str, int]] = {}
    for number, query, passage, grade in _qrels_lines(path):
        where = f"{path}, regel {number}:"
        if query not in queries:
            raise UsageError(f"{where} de vraag '{query}' staat niet in {QUERIES_FILE}. Herstel of verwijder de regel.")
        if passage not in passages:
            raise UsageError(
                f"{where} de passage '{passage}' staat niet in {CORPUS_FILE}. Herstel of verwijder de regel."
            )
        if judgements.setdefault(query, {}).setdefault(passage, grade) != grade:
            raise UsageError(f"{where} '{query}' en '{passage}' kregen eerder een andere score. Houd één regel over.")
    if not judgements:
        raise UsageError(
            f"{path} is leeg (regel 1): er zijn geen oordelen. Zet er per regel vraag, passage en score in."
        )
    return judgements


def _qrels_lines(path: Path) -> Iterator[tuple[int, str, str, int]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is geen UTF-8-tekst. Sla het bestand op als UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{path} kan niet worden gelezen ({reason_words(error)}). Controleer de rechten.") from error
    first = next((number for number, line in enumerate(lines, start=1) if line.strip()), 0)
    for number, line in enumerate(lines, start=1):
        if not line.strip() or (number == first and line.casefold().startswith(("query", "qid"))):
            continue
        cells = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
        if len(cells) == 4:  # as trec_eval writes it, with an unused second column
            del cells[1]
        yield number, *_qrels_cells(f"{path}, regel {number}:", cells)


def _qrels_cells(where: str, cells: list[str]) -> tuple[str, str, int]:
    if len(cells) != 3:
        raise UsageError(f"{where} hier moeten drie kolommen staan (vraag, passage, score), gescheiden door een tab.")
    try:
        return cells[0], cells[1], int(float(cells[2]))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{where} de score '{cells[2]}' is geen getal. Vul 0, 1 of hoger in.") from error


def _read_answers(
    path: Path, queries: Mapping[str, str], passages: Mapping[str, CorpusPassage]
) -> dict[str, tuple[GoldSpan, ...]]:
    if not path.is_file():
        return {}
    answers: dict[str, tuple[GoldSpan, ...]] = {}
    for number, line in read_json_lines(path, _AnswerLine):
        where = f"{path}, regel {number}:"
        if line.query_id not in queries:
            raise UsageError(f"{where} de vraag '{line.query_id}' staat niet in {QUERIES_FILE}.")
        if line.passage_id not in passages:
            raise UsageError(f"{where} de passage '{line.passage_id}' staat niet in {CORPUS_FILE}.")
        passage, end = passages[line.passage_id], line.answer_start + len(line.answer)
        if passage.text[line.answer_start : end] != line.answer:
            raise UsageError(
                f"{where} het antwoord staat niet op plaats {line.answer_start} van passage '{line.passage_id}'."
            )
        span = GoldSpan(passage.document_id, line.answer_start, end, line.answer, not line.how.startswith("fuzzy"))
        answers[line.query_id] = (*answers.get(line.query_id, ()), span)
    return answers
