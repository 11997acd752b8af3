"""/bronnen/{id}: one source with the quoted sentence marked; a PDF also as a picture of its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from assistant import Assistant, Document, PageError, source_body
from integrations.http.access import identify
from integrations.http.pdf_pages import GONE, PageImage, PdfPages
from integrations.http.service import Service
from integrations.http.web.open_source import OpenSource, SourceNotFound, open_source
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import HEADERS, Pages, language_of
from integrations.http.web.texts import texts

Offset = Annotated[int | None, Query(ge=0, le=10**9)]
PageNumber = Annotated[int | None, Query(ge=1, le=100_000)]


@dataclass(frozen=True)
class ShownPage:
    """A page of a PDF as the template shows it."""

    number: int
    count: int
    image: PageImage | None
    error: str | None
    address: str  # of the picture
    should_be_marked: bool
    previous: str | None  # addresses of the source at other pages
    next: str | None


def source_address(
    pages: Pages, language: Any, document_id: str, *, begin: int, end: int, page: int | None = None
) -> str:
    """Our own page that shows a quote."""
    fragment = f"z{begin}"
    return pages.link(f"/bronnen/{document_id}", language, fragment, pagina=page, van=begin, tot=end)


def citation_address(pages: Pages, language: Any) -> Callable[[Mapping[str, Any]], str]:
    """Makes the address of a citation from the API's JSON."""
    return lambda citation: source_address(
        pages, language, citation["bron"]["id"], begin=citation["begin"], end=citation["einde"], page=citation["pagina"]
    )


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for sources."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))
    drawer = PdfPages()

    @routes.get("/bronnen/{document_id}")
    def source_page(
        request: Request,
        document_id: str,
        van: Offset = None,
        tot: Offset = None,
        pagina: PageNumber = None,
        paneel: bool = False,
    ) -> Response:
        identify(service, request)
        opened = open_source(service.assistant, document_id, van, tot)
        values = _values(pages, drawer, request, opened, pagina, top_level=3 if paneel else 2)
        values["successor"] = _successor(service.assistant, opened.document)
        if paneel:
            return HTMLResponse(pages.text(request, "source_text.html", **values), headers=HEADERS)
        return pages.render(request, "source.html", opened.document.title, **values)

    @routes.get("/bronnen/{document_id}/pagina/{number}")
    def page_picture(
        request: Request, document_id: str, number: int, van: Offset = None, tot: Offset = None
    ) -> Response:
        identify(service, request)
        opened = open_source(service.assistant, document_id, van, tot)
        if not opened.is_pdf:
            raise SourceNotFound
        image = _drawn(drawer, opened, number)
        return Response(image.png, media_type="image/png", headers=HEADERS | {"Cache-Control": "private, max-age=300"})

    return routes


def _values(
    pages: Pages, drawer: PdfPages, request: Request, opened: OpenSource, number: int | None, top_level: int
) -> dict[str, Any]:
    words = texts(language_of(request))["source"]

    def page_note(number: int) -> str:
        label = words["page"].format(page=number)
        if not opened.is_pdf:
            return f'<p class="pagina" id="pagina-{number}">{label}</p>'
        address = escape(
            pages.link(f"/bronnen/{opened.document.id}", language_of(request), f"pagina-{number}", pagina=number)
        )
        return f'<p class="pagina" id="pagina-{number}"><a href="{address}" data-source>{label}</a></p>'

    body = source_body(opened.source, opened.sentences, top_level=top_level, marked=opened.marked, page_note=page_note)
    return {
        "document": opened.document,
        "body": Markup(body),  # source_body has escaped it
        "page": _shown_page(pages, drawer, request, opened, number) if opened.is_pdf else None,
    }


def _shown_page(
    pages: Pages, drawer: PdfPages, request: Request, opened: OpenSource, number: int | None
) -> ShownPage | None:
    numbers = [page.number for page in opened.source.pages if page.number is not None]
    number = number or opened.page_of(opened.marked.start if opened.marked else 0)
    if number not in numbers:
        return None
    image, error = None, None
    try:
        image = _drawn(drawer, opened, number)
    except PageError as problem:
        error = str(problem)

    def address(other: int) -> str | None:
        if other not in numbers:
            return None
        return pages.link(
            f"/bronnen/{opened.document.id}", language_of(request), f"pagina-{other}", pagina=other, **_span(opened)
        )

    picture = pages.link(f"/bronnen/{opened.document.id}/pagina/{number}", **_span(opened))
    is_quoted = opened.is_quoted_on(number)
    return ShownPage(number, max(numbers), image, error, picture, is_quoted, address(number - 1), address(number + 1))


def _span(opened: OpenSource) -> dict[str, Any]:
    return {"van": opened.marked.start, "tot": opened.marked.stop} if opened.marked else {}


def _drawn(drawer: PdfPages, opened: OpenSource, number: int) -> PageImage:
    if opened.file is None:
        raise PageError(GONE)
    if not opened.is_quoted_on(number):
        return drawer.page(opened.file, number)
    return drawer.page(opened.file, number, opened.quote, opened.occurrence())


def _successor(assistant: Assistant, document: Document) -> Document | None:
    return next((each for each in assistant.documents() if each.id == document.superseded_by), None)
