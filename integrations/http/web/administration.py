"""/beheer: the documents as a maintainer sees them, one document, and who changed what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from assistant import Document, last_change
from integrations.http.service import Service
from integrations.http.web.maintaining import reading, unchangeable
from integrations.http.web.open_source import SourceNotFound
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import Pages, language_of
from integrations.http.web.texts import texts

_ON_A_PAGE = 50
_DEEDS = 200
_TASKS = 20

Words = Annotated[str, Query(alias="zoek", max_length=200)]
Number = Annotated[int, Query(alias="deel", ge=1, le=100_000)]


@dataclass(frozen=True)
class Part:
    """The documents that one page of the list shows."""

    documents: Sequence[Document]
    found: int
    number: int
    count: int


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for administration, apart from those for adding."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))

    @routes.get("/beheer")
    def overview(request: Request, words: Words = "", nakijken: bool = False, number: Number = 1) -> Response:
        reading(service, request)
        documents, today = service.assistant.documents(), date.today()
        due = [document for document in documents if is_due(document, today)]
        tasks = service.records.tasks.list(_TASKS)
        return pages.render(
            request,
            "administration/documents.html",
            texts(language_of(request))["admin"]["title"],
            part=_part(due if nakijken else documents, words, number),
            total=len(documents),
            due=due,
            only_due=nakijken,
            words=words,
            today=today,
            running=[task for task in tasks if task.state in ("wacht", "bezig")],
            unchangeable=unchangeable(service),
        )

    @routes.get("/beheer/bronnen/{document_id}")
    def one_document(request: Request, document_id: str) -> Response:
        reading(service, request)
        document = found_document(service, document_id)
        return document_page(service, pages, request, document, "administration/document.html", document.title)

    @routes.get("/beheer/geschiedenis")
    def history(request: Request) -> Response:
        actor = reading(service, request)
        title = texts(language_of(request))["admin"]["history"]
        deeds = service.records.trail.list(_DEEDS)
        last = last_change(service.settings)
        return pages.render(
            request, "administration/history.html", title, deeds=deeds, me=actor.id, most=_DEEDS, last=last
        )

    return routes


def is_due(document: Document, today: date) -> bool:
    """Whether a maintainer must look at a document again."""
    return document.review_by is not None and document.review_by <= today


def _part(documents: Sequence[Document], words: str, number: int) -> Part:
    wanted = words.casefold().split()
    found = [each for each in documents if all(word in f"{each.title} {each.id}".casefold() for word in wanted)]
    count = max(1, -(-len(found) // _ON_A_PAGE))
    number = min(number, count)
    return Part(found[(number - 1) * _ON_A_PAGE : number * _ON_A_PAGE], len(found), number, count)


def document_page(
    service: Service,
    pages: Pages,
    request: Request,
    document: Document,
    template: str,
    title: str,
    status: int = 200,
    **values: Any,
) -> Response:
    """A page about one document."""
    others: dict[str, Any] = {each.id: each for each in service.assistant.documents()}
    return pages.render(
        request,
        template,
        title,
        status,
        document=document,
        others=others,
        is_due=is_due(document, date.today()),
        unchangeable=unchangeable(service),
        **values,
    )


def found_document(service: Service, document_id: str) -> Document:
    """The document in the index with this id; raises SourceNotFound."""
    document = next((each for each in service.assistant.documents() if each.id == document_id), None)
    if document is None:
        raise SourceNotFound
    return document
