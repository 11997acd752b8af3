"""What clients may send, with Dutch names; unknown fields are refused, and every limit is in the OpenAPI document."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from assistant import Filters, Length, Status, Turn

StatusWord = Literal["geldig", "verouderd", "vervangen", "onbekend"]
LengthWord = Literal["kort", "normaal", "uitgebreid"]
RoleWord = Literal["gebruiker", "assistent"]

STATUSES: dict[StatusWord, Status] = {
    "geldig": "in_force",
    "verouderd": "outdated",
    "vervangen": "superseded",
    "onbekend": "unknown",
}
LENGTHS: dict[LengthWord, Length] = {"kort": "short", "normaal": "normal", "uitgebreid": "long"}

_LEGIBLE = r"[0-9A-Za-z\u00C0-\u024F]"  # a question without a letter or a digit cannot be understood
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOST_VALUES = 50


def _legible(text: str) -> str:
    if not re.search(_LEGIBLE, text):
        raise ValueError("bevat geen letter of cijfer")
    return text


def _whole(written: object) -> object:
    # In JSON 10.0 is a whole number too; true is none.
    return int(written) if isinstance(written, float) and written.is_integer() else written


def _day(written: object) -> object:
    if written is None:
        return None
    try:
        if isinstance(written, str) and re.fullmatch(_DAY, written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise ValueError("moet een datum zijn, zoals 2021-07-03")


Day = Annotated[
    date, BeforeValidator(_day, json_schema_input_type=str), WithJsonSchema({"type": "string", "format": "date"})
]
QuestionText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4000,
        description="De vraag, zonder gegevens van cliënten.",
        examples=["Wat vervangt het kwaliteitskader?"],
        json_schema_extra={"pattern": _LEGIBLE},
    ),
    AfterValidator(_legible),
]
FilterValue = Annotated[str, Field(min_length=1, max_length=200)]


class Request(BaseModel):
    """A JSON object that a client sends."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)


class TurnBody(Request):
    """Eén bericht uit het gesprek tot nu toe."""

    model_config = ConfigDict(title="Bericht")

    role: RoleWord = Field(alias="rol", description="Wie het bericht schreef.")
    text: str = Field(alias="tekst", max_length=8000, description="Het bericht.")

    def turn(self) -> Turn:
        """The message as the assistant takes it."""
        return Turn("user" if self.role == "gebruiker" else "assistant", self.text)


class FiltersBody(Request):
    """Welke bronnen mogen antwoorden; wat ontbreekt, beperkt niets."""

    model_config = ConfigDict(title="Filters")

    documents: list[FilterValue] = Field(
        alias="bronnen",
        default_factory=list,
        max_length=_MOST_VALUES,
        description="Kenmerken van bronnen, zoals GET /bronnen ze noemt.",
    )
    publishers: list[FilterValue] = Field(
        alias="uitgevers", default_factory=list, max_length=_MOST_VALUES, description="Namen van uitgevers."
    )
    themes: list[FilterValue] = Field(
        alias="themas", default_factory=list, max_length=_MOST_VALUES, description="Thema's."
    )
    statuses: list[StatusWord] = Field(
        alias="statussen", default_factory=list, max_length=_MOST_VALUES, description="Statussen van bronnen."
    )
    published_from: Day | None = Field(default=None, alias="vanaf", description="Alleen bronnen van deze dag of later.")
    published_until: Day | None = Field(default=None, alias="tot", description="Alleen bronnen tot en met deze dag.")

    valid_on: Day | None = Field(default=None, alias="geldigOp", description="Alleen bronnen die op deze dag golden.")

    def filters(self) -> Filters:
        """The filters as the assistant takes them."""
        return Filters(
            documents=tuple(self.documents),
            publishers=tuple(self.publishers),
            themes=tuple(self.themes),
            statuses=tuple(STATUSES[status] for status in self.statuses),
            published_from=self.published_from,
            published_until=self.published_until,
            valid_on=self.valid_on,
        )


class QuestionBody(Request):
    """Een vraag, met het gesprek dat eraan voorafging."""

    model_config = ConfigDict(title="Vraag")

    question: QuestionText = Field(alias="vraag")
    history: list[TurnBody] = Field(
        alias="geschiedenis", default_factory=list, max_length=20, description="Het gesprek tot nu toe, oudste eerst."
    )
    filters: FiltersBody = FiltersBody()
    length: LengthWord = Field(default="normaal", alias="lengte", description="Hoe lang het antwoord mag zijn.")


class SearchBody(Request):
    """Een zoekvraag."""

    model_config = ConfigDict(title="Zoekvraag")

    question: QuestionText = Field(alias="vraag")
    filters: FiltersBody = FiltersBody()
    limit: Annotated[int, BeforeValidator(_whole)] = Field(
        default=10, alias="aantal", ge=1, le=50, strict=True, description="Hoeveel resultaten hoogstens."
    )


class FeedbackBody(Request):
    """Een oordeel over een antwoord."""

    model_config = ConfigDict(title="Oordeel")

    answer_id: str = Field(
        alias="antwoordId", pattern=r"^[0-9a-f]{32}$", description="Het kenmerk ('id') van het antwoord."
    )
    verdict: Literal["goed", "fout"] = Field(alias="oordeel", description="Of het antwoord klopt.")
    remark: str = Field(default="", alias="opmerking", max_length=2000, description="Een toelichting.")
    question: QuestionText | None = Field(
        default=None, alias="vraag", description="De vraag; alleen samen met vraagBewaren."
    )
    keep_question: bool = Field(
        default=False,
        alias="vraagBewaren",
        strict=True,
        description="Of de vraag bewaard mag worden om het antwoord te verbeteren. Zonder true wordt ze niet bewaard.",
    )
