"""The tools that a program gets over MCP: what each wants, what it gives, and the assistant's work between the two.

Each gives readable text for a model and the same as JSON for a program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from assistant import Answer, Assistant, UsageError
from integrations.http.presentation import answer_json, document_json, passage_json
from integrations.http.readable import answer_text, below
from integrations.http.schemas import LENGTHS, QuestionBody, SearchBody

MAX_CHARACTERS = 20_000  # of a source at once: what a model can take in


@dataclass(frozen=True)
class Outcome:
    """What a tool gives."""

    text: str
    contents: BaseModel
    answer: Answer | None = None  # to be counted


@dataclass(frozen=True)
class Tool:
    """One tool."""

    name: str
    title: str
    description: str
    wanted: type[BaseModel]
    given: type[BaseModel]
    use: Callable[[Assistant, Any, str], Outcome]  # the arguments, as `wanted`; the address of the service


class _Given(BaseModel):
    model_config = ConfigDict(extra="ignore")  # the API may tell more of a source than a model needs


class Bron(_Given):
    """Een bron: een beleidsdocument."""

    id: str
    titel: str
    uitgever: str | None
    publicatiedatum: str | None
    status: str = Field(description="geldig, verouderd, vervangen of onbekend")
    url: str | None = Field(description="Adres van het origineel.")


class Citaat(_Given):
    """Een letterlijk citaat uit een bron."""

    nummer: int
    bron: Bron
    kop: str | None
    pagina: int | None
    citaat: str
    link: str = Field(description="Opent de bron bij het citaat.")


class Waarschuwing(_Given):
    """Wat de lezer over de bronnen moet weten."""

    code: str
    tekst: str


class Antwoord(_Given):
    """Het antwoord op een vraag."""

    antwoord: str
    volledigheid: str = Field(description="volledig, gedeeltelijk of geen")
    citaten: list[Citaat]
    dichtstbij: list[Citaat] = Field(description="Zonder antwoord: wat er het dichtst bij komt.")
    waarschuwingen: list[Waarschuwing]
    gegenereerdDoorAi: bool


class Passage(_Given):
    """Een stuk van een bron."""

    bron: Bron
    kop: str | None
    pagina: int | None
    tekst: str
    begin: int
    einde: int


class Passages(_Given):
    """Gevonden stukken, het beste eerst."""

    passages: list[Passage]


class Bronnen(_Given):
    """De bronnen die kunnen antwoorden."""

    bronnen: list[Bron]


class Brontekst(_Given):
    """Een deel van de tekst van een bron."""

    bron: Bron
    tekst: str
    begin: int
    lengte: int = Field(description="Lengte van de hele tekst in tekens.")
    volgende: int | None = Field(description="Begin van het volgende deel; leeg aan het eind.")


class NothingBody(BaseModel):
    """Geen gegevens nodig."""

    model_config = ConfigDict(extra="forbid")


class ReadBody(BaseModel):
    """Welk deel van welke bron."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=200, description="Kenmerk van de bron, zoals bronnen_tonen het noemt.")
    begin: int = Field(0, ge=0, le=1_000_000_000, description="Vanaf welk teken.")
    aantal: int = Field(MAX_CHARACTERS, ge=1, le=MAX_CHARACTERS, description="Hoeveel tekens hoogstens.")


def _answer(assistant: Assistant, wanted: QuestionBody, base: str) -> Outcome:
    history = [turn.turn() for turn in wanted.history]
    answer = assistant.ask(wanted.question, history, wanted.filters.filters(), LENGTHS[wanted.length])
    text = answer_text(answer, base)
    contents = Antwoord.model_validate(answer_json(answer, base) | {"antwoord": text})
    return Outcome(text + below(answer, base), contents, answer)


def _search(assistant: Assistant, wanted: SearchBody, _: str) -> Outcome:
    found = assistant.search(wanted.question, wanted.filters.filters(), wanted.limit)
    contents = Passages.model_validate({"passages": [passage_json(passage) for passage in found]})
    return Outcome("\n\n".join(map(_passage_text, contents.passages)) or "Niets gevonden.", contents)


def _list(assistant: Assistant, _: NothingBody, base: str) -> Outcome:
    documents = [document_json(document, base) for document in assistant.documents()]
    contents = Bronnen.model_validate({"bronnen": documents})
    return Outcome("\n".join(map(_source_text, contents.bronnen)), contents)


def _read(assistant: Assistant, wanted: ReadBody, base: str) -> Outcome:
    document = next((each for each in assistant.documents() if each.id == wanted.id), None)
    if document is None:
        raise UsageError("Deze bron bestaat niet. Gebruik bronnen_tonen voor de kenmerken.")
    text = assistant.source(document.id).text
    end = wanted.begin + wanted.aantal
    contents = Brontekst(
        bron=Bron.model_validate(document_json(document, base)),
        tekst=text[wanted.begin : end],
        begin=wanted.begin,
        lengte=len(text),
        volgende=end if end < len(text) else None,
    )
    return Outcome(contents.tekst, contents)


def _passage_text(passage: Passage) -> str:
    page = f", p. {passage.pagina}" if passage.pagina is not None else ""
    return f"{passage.bron.titel}{page} ({passage.bron.id}, {passage.bron.status})\n{passage.tekst}"


def _source_text(source: Bron) -> str:
    return f"{source.id}: {source.titel} · {source.publicatiedatum or 'datum onbekend'} · {source.status}"


TOOLS = (
    Tool(
        "vraag_beantwoorden",
        "Beantwoord een vraag",
        "Beantwoordt een vraag over beleid met letterlijke citaten, of zegt dat het niet in de bronnen staat.",
        QuestionBody,
        Antwoord,
        _answer,
    ),
    Tool(
        "bronnen_zoeken",
        "Zoek in de bronnen",
        "Zoekt de stukken tekst die het best bij een vraag passen, zonder er een antwoord van te maken.",
        SearchBody,
        Passages,
        _search,
    ),
    Tool(
        "bronnen_tonen",
        "Toon de bronnen",
        "Noemt alle bronnen met titel, uitgever, datum en status.",
        NothingBody,
        Bronnen,
        _list,
    ),
    Tool("bron_lezen", "Lees een bron", "Geeft de tekst van een bron, in delen.", ReadBody, Brontekst, _read),
)
