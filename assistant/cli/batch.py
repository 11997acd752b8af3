"""A file of questions: every line is checked before the first one is answered."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr, ValidationError

from assistant.cli.session import Answering
from assistant.errors import QuestionError, UsageError
from assistant.serialisation import answer_as_json
from assistant.types import Filters, Role, Turn
from assistant.wording import finding_words, reason_words

ROLES: dict[str, Role] = {"gebruiker": "user", "assistent": "assistant"}
_EXAMPLE = '{"id": "1", "question": "Wat doet Veilig Thuis?"}'


@dataclass(frozen=True)
class Question:
    """One line of the file."""

    id: str | int | None
    text: str
    history: tuple[Turn, ...]


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rol: Literal["gebruiker", "assistent"]
    tekst: StrictStr


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")  # evaluation files hold more than a question

    id: StrictStr | StrictInt | None = None
    question: StrictStr
    history: list[_Turn] | None = None


def read_questions(path: Path) -> list[Question]:
    """The questions of a JSONL file ("-" is standard input); raises UsageError with every wrong line."""
    name, text = _contents(path)
    questions: list[Question] = []
    wrong: list[str] = []
    # Not splitlines(): JSON strings may hold other line separators, such as U+2028.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                questions.append(_question(line))
            except ValueError as error:
                wrong.append(f"{name}, regel {number}: {_finding(error)}")
    if wrong:
        raise UsageError(
            "\n".join([*wrong, f"Er is nog niets beantwoord. Herstel dit. Voorbeeld van een regel: {_EXAMPLE}"])
        )
    if not questions:
        raise UsageError(f"{name} is leeg. Zet op elke regel een vraag, zoals {_EXAMPLE}")
    return questions


def answers(questions: Sequence[Question], assistant: Answering, filters: Filters) -> Iterator[dict[str, Any]]:
    """The JSON answer to every question, in order; a question that is refused gives its id and "fout"."""
    for question in questions:
        try:
            yield answer_as_json(assistant.ask(question.text, question.history, filters), question.id)
        except QuestionError as error:
            yield {"id": question.id, "fout": str(error)}


def _contents(path: Path) -> tuple[str, str]:
    name = "De standaardinvoer" if str(path) == "-" else str(path)
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return name, data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{name}, regel {line}: dit is geen UTF-8-tekst. Sla het bestand op als UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{name} kan niet worden gelezen: {reason_words(error)}. Controleer de naam.") from error


def _question(line: str) -> Question:
    written = _Line.model_validate(json.loads(line))
    history = tuple(Turn(ROLES[turn.rol], turn.tekst) for turn in written.history or ())
    return Question(written.id, written.question, history)


def _finding(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return finding_words(error.errors()[0], _Line.model_fields)
    return "dit is geen geldige JSON."
