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

_ROLES: dict[str, Role] = {
    "gebruiker": "user",
    "user": "user",
    "vraag": "user",
    "assistent": "assistant",
    "assistant": "assistant",
    "antwoord": "assistant",
}


@dataclass(frozen=True)
class GoldQuestion:
    """One question and how its answer is recognised."""

    id: str
    text: str
    type: str
    answerable: bool
    history: tuple[Turn, ...] = ()
    gold: str = ""  # the answer in words, for the report
    anchors: tuple[str, ...] = ()  # texts that stand in the gold documents to the letter
    gold_files: frozenset[str] = frozenset()  # file names of the gold documents
    spans: tuple[GoldSpan, ...] = ()
    gold_documents: frozenset[str] = frozenset()  # document ids of the gold passages of a question set
    forbidden: tuple[str, ...] = ()  # what the answer must not say

    @property
    def exact(self) -> bool:
        """Whether the place of the answer is known for sure."""
        return bool(self.anchors) or any(span.exact for span in self.spans)


class _Anchor(BaseModel):
    model_config = ConfigDict(extra="ignore")
    text: str = Field(min_length=1)
    file: str | None = None


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
    answerable = bool(anchors) if line.answerable is None else line.answerable
    files = {line.file, *line.files, *(anchor.file for anchor in anchors)} - {None}
    if answerable and not anchors and not files:
        raise UsageError(f"{where} een beantwoordbare vraag heeft 'anchors' of 'file' nodig. Vul een van beide in.")
    return GoldQuestion(
        id=line.id or f"regel {number}",
        text=line.question,
        type=line.type or question_type(line.question),
        answerable=answerable,
        history=tuple(_turn(where, turn) for turn in line.history),
        gold=line.gold or "",
        anchors=tuple(anchor.text for anchor in anchors) if answerable else (),
        gold_files=frozenset(Path(file).name for file in files if file),
        forbidden=line.must_not_contain,
    )


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
