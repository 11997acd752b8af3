"""Questions with what is known of their answer, from a question file or from a BEIR question set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from assistant.errors import UsageError
from assistant.evaluation.beir import GoldSpan, QuestionSet
from assistant.evaluation.json_lines import read_json_lines
from assistant.types import Role, Turn

STATED_GAP = "stated_gap"  # type of a question of which the documents themselves say that they do not tell

_ROLES: dict[str, Role] = {
    "gebruiker": "user",
    "user": "user",
    "vraag": "user",
    "assistent": "assistant",
    "assistant": "assistant",
    "antwoord": "assistant",
}


@dataclass(frozen=True)
class Anchor:
    """A text that stands in a gold document to the letter."""

    text: str
    document: str | None = None  # id of the only document in which it counts; None: wherever it is quoted from


@dataclass(frozen=True)
class GoldQuestion:
    """One question and how its answer is recognised."""

    id: str
    text: str
    type: str
    answerable: bool
    history: tuple[Turn, ...] = ()
    gold: str = ""  # the answer in words, for the report
    parts: tuple[tuple[Anchor, ...], ...] = ()  # what the answer consists of; the anchors of a part are equally right
    gold_files: frozenset[str] = frozenset()  # file names of the gold documents
    spans: tuple[GoldSpan, ...] = ()
    gold_documents: frozenset[str] = frozenset()  # document ids of the gold passages of a question set
    forbidden: tuple[str, ...] = ()  # what the answer must not say

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """The anchors of all parts."""
        return tuple(anchor for part in self.parts for anchor in part)

    @property
    def is_stated_gap(self) -> bool:
        """Whether quoting that the documents do not tell is as right as declining."""
        return self.type == STATED_GAP and not self.answerable

    @property
    def exact(self) -> bool:
        """Whether the place of the answer is known for sure."""
        return bool(self.anchors) or any(span.exact for span in self.spans)


class _Anchor(BaseModel):
    model_config = ConfigDict(extra="ignore")
    text: str = Field(min_length=1)
    file: str | None = None
    document: str | None = None
    part: int | None = Field(default=None, ge=1)  # None: a part of its own


class _Turn(BaseModel):
    model_config = ConfigDict(extra="ignore")
    role: str = Field(validation_alias=AliasChoices("rol", "role"))
    text: str = Field(validation_alias=AliasChoices("tekst", "text", "content"))


class _QuestionLine(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    id: str | None = None
    question: str = Field(min_length=1, validation_alias=AliasChoices("question", "vraag"))
    history: tuple[_Turn, ...] = ()
    type: str | None = None
    answerable: bool | None = None
    gold: str | None = None
    file: str | None = None
    files: tuple[str, ...] = ()
    anchors: tuple[_Anchor | str, ...] = ()
    must_not_contain: tuple[str, ...] = ()


def read_question_file(path: Path) -> list[GoldQuestion]:
    """The questions in a JSONL file like seed_questions.jsonl, in order; refused whole when a line is wrong."""
    questions: dict[str, GoldQuestion] = {}
    for number, line in read_json_lines(path, _QuestionLine):
        question = _question(path, number, line)
        if question.id in questions:
            raise UsageError(
                f"{path}, regel {number}: het id '{question.id}' komt al eerder voor. Geef elke vraag een eigen id."
            )
        questions[question.id] = question
    if not questions:
        raise UsageError(
            f"{path} is leeg (regel 1): er zijn geen vragen. Zet er per regel één vraag in, met id en question."
        )
    return list(questions.values())


def _question(path: Path, number: int, line: _QuestionLine) -> GoldQuestion:
    where = f"{path}, regel {number}:"
    if not line.question.strip():
        raise UsageError(f"{where} de vraag is leeg. Vul de tekst in of verwijder de regel.")
    anchors = [_Anchor(text=anchor) if isinstance(anchor, str) else anchor for anchor in line.anchors]
    answerable = (bool(anchors) and line.type != STATED_GAP) if line.answerable is None else line.answerable
    files = {line.file, *line.files, *(anchor.file for anchor in anchors)} - {None}
    if answerable and line.type == STATED_GAP:
        raise UsageError(f"{where} een vraag van het type {STATED_GAP} is onbeantwoordbaar. Zet answerable op false.")
    if answerable and not anchors and not files:
        raise UsageError(f"{where} een beantwoordbare vraag heeft 'anchors' of 'file' nodig. Vul een van beide in.")
    return GoldQuestion(
        id=line.id or f"regel {number}",
        text=line.question,
        type=line.type or question_type(line.question),
        answerable=answerable,
        history=tuple(_turn(where, turn) for turn in line.history),
        gold=line.gold or "",
        parts=_parts(anchors) if answerable or line.type == STATED_GAP else (),
        gold_files=frozenset(Path(file).name for file in files if file),
        forbidden=line.must_not_contain,
    )


def _parts(anchors: list[_Anchor]) -> tuple[tuple[Anchor, ...], ...]:
    parts: dict[object, list[Anchor]] = {}
    for place, anchor in enumerate(anchors):
        key = ("alone", place) if anchor.part is None else anchor.part
        parts.setdefault(key, []).append(Anchor(anchor.text, anchor.document))
    return tuple(map(tuple, parts.values()))


def _turn(where: str, turn: _Turn) -> Turn:
    role = _ROLES.get(turn.role.casefold())
    if role is None:
        raise UsageError(f"{where} de rol '{turn.role}' is onbekend. Gebruik 'gebruiker' of 'assistent'.")
    return Turn(role, turn.text)


def questions_of(question_set: QuestionSet) -> list[GoldQuestion]:
    """The questions of a BEIR question set that have a relevant passage."""
    return [
        GoldQuestion(
            id=identifier,
            text=text,
            type=question_type(text),
            answerable=True,
            gold=" / ".join(span.text for span in question_set.answers.get(identifier, ())),
            spans=question_set.answers.get(identifier, ()),
            gold_documents=question_set.gold_documents(identifier),
        )
        for identifier, text in question_set.questions.items()
        if question_set.gold_documents(identifier)
    ]


_TYPES = (
    ("hoeveel", r"\b(hoeveel|hoe vaak|hoe lang|hoe hoog|hoe groot|hoe oud|how many|how much)\b"),
    ("wanneer", r"\b(wanneer|welk jaar|welke datum|sinds wanneer|tot wanneer|in welke eeuw|when)\b"),
    ("wie", r"\b(wie|wiens|welke persoon|who|whose)\b"),
    ("waar", r"\b(waar|waarheen|waarvandaan|where)\b"),
    ("waarom", r"\b(waarom|waardoor|why)\b"),
    ("welke", r"\b(welke?|which)\b"),
    ("wat", r"\b(wat|waarmee|waarin|waarvoor|waaruit|waarover|waarvan|waaraan|what)\b"),
    ("hoe", r"\b(hoe|how)\b"),
)


def question_type(text: str) -> str:
    """What a question asks for, by its question word: for sets that do not say so themselves."""
    for name, pattern in _TYPES:
        if re.search(pattern, text.casefold()):
            return name
    return "ja/nee"
