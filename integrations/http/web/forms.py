"""What a form of the page sends, checked with the same rules as the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from integrations.http.problems import Problem
from integrations.http.schemas import FeedbackBody, QuestionBody

_MOST_FIELDS = 1_000
_INVALID = Problem(400, "Ongeldige invoer", "Het formulier is niet juist ingevuld.")


@dataclass(frozen=True)
class FilterChoice:
    """The filters as they were chosen on the page."""

    documents: Sequence[str] = ()
    themes: Sequence[str] = ()
    in_force: bool = False
    published_from: str = ""
    published_until: str = ""
    valid_on: str = ""

    @property
    def count(self) -> int:
        """How many filters are on."""
        days = (self.published_from, self.published_until, self.valid_on)
        return len(self.documents) + len(self.themes) + self.in_force + sum(map(bool, days))

    def as_json(self) -> dict[str, Any]:
        """The filters as the API takes them."""
        return {
            "bronnen": list(self.documents),
            "themas": list(self.themes),
            "statussen": ["geldig"] if self.in_force else [],
            "vanaf": self.published_from or None,
            "tot": self.published_until or None,
            "geldigOp": self.valid_on or None,
        }


@dataclass(frozen=True)
class QuestionForm:
    """A question from the page, not yet checked."""

    question: str
    history: list[Any] = field(default_factory=list)
    filters: FilterChoice = FilterChoice()

    def body(self) -> QuestionBody:
        """The question as the API would get it; raises Problem 400."""
        values = {"vraag": self.question, "geschiedenis": self.history, "filters": self.filters.as_json()}
        try:
            return QuestionBody.model_validate(values)
        except ValidationError:
            raise _INVALID from None  # its message holds the question


async def read_form(request: Request) -> FormData:
    """The fields of a posted form; files are refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem(415, "Verkeerd soort inhoud", "Verstuur het formulier van de pagina.")
    try:
        return await request.form(max_files=0, max_fields=_MOST_FIELDS)
    except HTTPException as error:
        raise _INVALID from error


def question_form(form: FormData) -> QuestionForm:
    """The fields of the question form; raises Problem 400 for a conversation that is no JSON list."""
    filters = FilterChoice(
        documents=tuple(_texts(form, "bronnen")),
        themes=tuple(_texts(form, "themas")),
        in_force=bool(field_text(form, "geldig")),
        published_from=field_text(form, "vanaf"),
        published_until=field_text(form, "tot"),
        valid_on=field_text(form, "geldigOp"),
    )
    return QuestionForm(field_text(form, "vraag").strip(), _history(field_text(form, "geschiedenis")), filters)


def feedback_form(form: FormData) -> FeedbackBody:
    """The fields of the feedback form; raises Problem 400."""
    keeps = bool(field_text(form, "vraagBewaren"))
    values = {
        "antwoordId": field_text(form, "antwoordId"),
        "oordeel": field_text(form, "oordeel"),
        "opmerking": field_text(form, "opmerking").strip(),
        "vraagBewaren": keeps,
        "vraag": (field_text(form, "vraag") or None) if keeps else None,
    }
    try:
        return FeedbackBody.model_validate(values)
    except ValidationError:
        raise _INVALID from None


def _history(written: str) -> list[Any]:
    try:
        history = json.loads(written or "[]")
    except (ValueError, RecursionError):
        raise _INVALID from None
    if not isinstance(history, list):
        raise _INVALID
    return history


def field_text(form: FormData, name: str) -> str:
    """One field; empty when it was not sent."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str)]
