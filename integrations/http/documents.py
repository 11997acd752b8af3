"""GET /v1/bronnen: the documents that answer, their texts and their original files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from assistant import Document, Source
from integrations.http.access import require
from integrations.http.content_types import preferred_type
from integrations.http.original_file import CONTENT_TYPES, original_file
from integrations.http.presentation import base_of, document_json, source_json
from integrations.http.problems import Problem
from integrations.http.replies import DocumentListReply, SourceReply
from integrations.http.service import Service

_Id = Annotated[
    str,
    Path(
        alias="id",
        max_length=200,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Het kenmerk van de bron.",
        examples=["perspectief-2025"],
    ),
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, alias="pagina", ge=1, le=100_000, description="Welk deel van de lijst, vanaf 1.")
    size: int = Field(100, alias="aantalPerPagina", ge=1, le=1000, description="Hoeveel bronnen een deel heeft.")


def router(service: Service) -> APIRouter:
    """The routes for documents."""
    routes = APIRouter(tags=["Bronnen"], dependencies=[Depends(require(service, "gebruiker"))])

    @routes.get(
        "/bronnen",
        operation_id="geefBronnen",
        summary="Geef de bronnen",
        response_model=DocumentListReply,
        response_description="De bronnen in dit deel van de lijst, en hoeveel er in totaal zijn.",
    )
    async def list_documents(request: Request, part: Annotated[_Part, Query()]) -> JSONResponse:
        """Geef de bronnen waaruit antwoorden komen, in delen."""
        preferred_type(request, "application/json")
        documents, base = await run_in_threadpool(service.assistant.documents), base_of(request, service)
        begin = (part.page - 1) * part.size
        shown = [document_json(document, base) for document in documents[begin : begin + part.size]]
        content = {"bronnen": shown, "totaal": len(documents), "pagina": part.page, "aantalPerPagina": part.size}
        return JSONResponse(content)

    @routes.get(
        "/bronnen/{id}",
        operation_id="geefBron",
        summary="Geef een bron met haar tekst",
        response_model=SourceReply,
        response_description="De bron met haar tekst, koppen en pagina's.",
    )
    async def get_document(request: Request, document_id: _Id) -> JSONResponse:
        """Geef wat over een bron bekend is, met haar tekst. Plaatsen in de tekst tellen in Unicode-tekens."""
        preferred_type(request, "application/json")
        document, source = await run_in_threadpool(_with_text, service, document_id)
        return JSONResponse(document_json(document, base_of(request, service)) | source_json(source))

    @routes.get(
        "/bronnen/{id}/bestand",
        operation_id="geefBronbestand",
        summary="Geef het bestand van een bron",
        response_class=Response,
        response_description="Het bestand zoals de beheerder het heeft aangeleverd.",
        responses={
            200: {
                "content": {each: {"schema": {"type": "string"}} for each in sorted(set(CONTENT_TYPES.values()))},
                "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Content-Disposition")},
            },
            304: {"description": "Het bestand is niet veranderd (If-None-Match)."},
        },
    )
    async def get_file(request: Request, document_id: _Id) -> Response:
        """Geef het bestand zelf, met een ETag om onnodig ophalen te voorkomen."""
        return await run_in_threadpool(original_file, service.assistant, _document(service, document_id), request)

    return routes


def _document(service: Service, document_id: str) -> Document:
    for document in service.assistant.documents():
        if document.id == document_id:
            return document
    raise _absent()


def _with_text(service: Service, document_id: str) -> tuple[Document, Source]:
    try:
        return _document(service, document_id), service.assistant.source(document_id)
    except KeyError:  # a new index came in between
        raise _absent() from None


def _absent() -> Problem:
    return Problem(404, "Bron niet gevonden", "Deze bron bestaat niet. GET /v1/bronnen noemt alle bronnen.")
