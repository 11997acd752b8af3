"""What the API answers, for its OpenAPI document; a test holds the answers to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from integrations.http.schemas import StatusWord

Offset = Annotated[int, Field(ge=0)]


class CautionReply(BaseModel):
    """Iets wat de lezer moet weten."""

    model_config = ConfigDict(title="Waarschuwing")

    code: str
    text: str = Field(alias="tekst")


class DocumentReply(BaseModel):
    """Een bron, in het kort."""

    model_config = ConfigDict(title="Bron")

    id: str
    title: str = Field(alias="titel")
    publisher: str | None = Field(alias="uitgever")
    published: date | None = Field(alias="publicatiedatum", description="Onbekend is null; er wordt niet gegokt.")
    status: StatusWord
    url: str | None = Field(description="Adres van het origineel.")


class FullDocumentReply(DocumentReply):
    """Een bron met alles wat erover bekend is."""

    model_config = ConfigDict(title="VolledigeBron")

    language: Literal["nl", "en"] = Field(alias="taal")
    licence: str | None = Field(alias="licentie")
    themes: list[str] = Field(alias="themas")
    supersedes: list[str] = Field(alias="vervangt", description="Kenmerken van bronnen.")
    superseded_by: str | None = Field(alias="vervangenDoor", description="Kenmerk van een bron.")
    valid_from: date | None = Field(alias="geldigVanaf", description="De eerste dag dat de bron geldt.")
    valid_until: date | None = Field(alias="geldigTot", description="De laatste dag dat de bron geldt.")
    review_by: date | None = Field(alias="nakijkenVoor", description="Wanneer een beheerder de bron moet nakijken.")
    file: str = Field(alias="bestand", description="Adres van het bestand bij deze dienst.")


class DocumentListReply(BaseModel):
    """Een deel van de lijst van bronnen."""

    model_config = ConfigDict(title="Bronnenlijst")

    documents: list[FullDocumentReply] = Field(alias="bronnen")
    total: int = Field(alias="totaal", ge=0)
    page: int = Field(alias="pagina", ge=1)
    size: int = Field(alias="aantalPerPagina", ge=1)


class HeadingReply(BaseModel):
    """Een kop in de tekst."""

    model_config = ConfigDict(title="Kop")

    text: str = Field(alias="tekst")
    level: int = Field(alias="niveau", ge=1, le=6)
    begin: Offset
    end: Offset = Field(alias="einde")


class PageReply(BaseModel):
    """Een pagina in de tekst."""

    model_config = ConfigDict(title="Pagina")

    number: int | None = Field(alias="nummer", description="Null bij een bron zonder pagina's.")
    begin: Offset
    end: Offset = Field(alias="einde")


class SourceReply(FullDocumentReply):
    """Een bron met haar tekst."""

    model_config = ConfigDict(title="BronMetTekst")

    text: str = Field(alias="tekst")
    headings: list[HeadingReply] = Field(alias="koppen")
    pages: list[PageReply] = Field(alias="paginas")


class CitationReply(BaseModel):
    """Een letterlijk citaat uit een bron."""

    model_config = ConfigDict(title="Citaat")

    number: int = Field(alias="nummer", ge=1, description="Het nummer dat in de tekst tussen rechte haken staat.")
    document: DocumentReply = Field(alias="bron")
    heading: str = Field(alias="kop", description="De koppen boven het citaat.")
    page: int | None = Field(alias="pagina")
    quote: str = Field(alias="citaat")
    begin: Offset
    end: Offset = Field(alias="einde")
    link: str = Field(description="Opent de bron bij het citaat.")


class ClaimReply(BaseModel):
    """Eén bewering uit het antwoord."""

    model_config = ConfigDict(title="Bewering")

    text: str = Field(alias="tekst")
    citations: list[int] = Field(alias="citaten", description="Nummers van de citaten die haar dragen.")


class AnswerReply(BaseModel):
    """Een antwoord met zijn citaten."""

    model_config = ConfigDict(title="Antwoord")

    id: str = Field(description="Het kenmerk, voor een beoordeling.")
    question: str | None = Field(alias="vraag", description="Null als de vraag gegevens van cliënten bevatte.")
    text: str = Field(alias="antwoord")
    completeness: Literal["volledig", "gedeeltelijk", "geen"] = Field(alias="volledigheid")
    method: Literal["extractief", "generatief"] = Field(alias="werkwijze")
    language: Literal["nl", "en"] = Field(alias="taal")
    claims: list[ClaimReply] = Field(alias="beweringen")
    citations: list[CitationReply] = Field(alias="citaten")
    nearest: list[CitationReply] = Field(
        alias="dichtstbij", description="Zonder antwoord: wat het dichtst in de buurt komt."
    )
    warnings: list[CautionReply] = Field(alias="waarschuwingen")
    blocked: list[str] = Field(
        alias="geblokkeerd", description="Soorten gegevens van cliënten in de vraag; dan is er niets gezocht."
    )
    understood_as: str | None = Field(alias="begrepenAls", description="Een vervolgvraag als de vraag die is gezocht.")
    confidence: float = Field(
        alias="zekerheid", ge=0, le=1, description="De kans dat de bronnen de vraag beantwoorden."
    )
    model: str | None = Field(description="Het taalmodel dat de tekst schreef; null bij letterlijke citaten.")
    prompt_version: str | None = Field(alias="promptversie")
    removed_claims: int = Field(alias="verwijderdeBeweringen", ge=0)
    duration_ms: float = Field(alias="duurMs", ge=0)
    made_by_ai: Literal[True] = Field(alias="gegenereerdDoorAi")


class PassageReply(BaseModel):
    """Een gevonden passage."""

    model_config = ConfigDict(title="Passage")

    score: float
    document: DocumentReply = Field(alias="bron")
    heading: str = Field(alias="kop")
    page: int | None = Field(alias="pagina")
    text: str = Field(alias="tekst")
    begin: Offset
    end: Offset = Field(alias="einde")


class SearchReply(BaseModel):
    """De passages bij een zoekvraag."""

    model_config = ConfigDict(title="Zoekresultaten")

    passages: list[PassageReply] = Field(alias="zoekresultaten")
    warnings: list[CautionReply] = Field(alias="waarschuwingen")


class FeedbackReply(BaseModel):
    """Een bewaarde beoordeling."""

    model_config = ConfigDict(title="Beoordeling")

    id: str
    answer_id: str = Field(alias="antwoordId")
    verdict: Literal["goed", "fout"] = Field(alias="oordeel")
    question_kept: bool = Field(alias="vraagBewaard")
    created: datetime = Field(alias="aangemaaktOp")


class FieldErrorReply(BaseModel):
    """Eén fout in de invoer."""

    model_config = ConfigDict(title="Fout")

    field: str = Field(alias="veld", description="Waar de fout zit; leeg voor het geheel.")
    message: str = Field(alias="melding")


class ProblemReply(BaseModel):
    """Een fout volgens RFC 9457."""

    model_config = ConfigDict(title="Probleem")

    status: int = Field(ge=400, le=599)
    title: str
    detail: str
    errors: list[FieldErrorReply] = Field(alias="fouten", default_factory=list)
