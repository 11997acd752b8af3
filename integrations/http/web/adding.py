"""/beheer/toevoegen: a maintainer sends a file, sees what was read from it, and says what it is before it is added."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from assistant import Document, Source, source_body
from integrations.http import upload_form
from integrations.http.drafts import Draft, find_draft
from integrations.http.pdf_pages import PdfPages
from integrations.http.problems import Problem
from integrations.http.service import Service
from integrations.http.web.details_form import DetailsForm, empty_form, filled_form
from integrations.http.web.forms import field_text, read_form
from integrations.http.web.maintaining import changing, gone, reading, unchangeable
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import HEADERS, Pages, language_of
from integrations.http.web.texts import texts
from integrations.http.work import Add, Read

_AT_ONCE = 4  # files that are being received
_SHOWN = 40_000  # characters of the text: enough to see whether it was read well

TaskId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Replaced = Annotated[str | None, Query(alias="vervangt", max_length=200)]


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for adding and replacing."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))
    room = asyncio.Semaphore(_AT_ONCE)
    drawer = PdfPages()

    @routes.get("/beheer/toevoegen")
    def choose_file(request: Request, replaced: Replaced = None) -> Response:
        reading(service, request)
        return _file_page(service, pages, request, replaced)

    @routes.post("/beheer/toevoegen")
    async def receive_file(request: Request, replaced: Replaced = None) -> Response:
        actor = await run_in_threadpool(changing, service, request)
        if room.locked():
            raise Problem(503, "Te druk", "Er worden nu te veel bestanden gestuurd.", headers={"Retry-After": "10"})
        async with room:
            error, place = await _received(service, request)
        if error is not None:
            return await run_in_threadpool(_file_page, service, pages, request, replaced, error)
        work = Read(file=place, supersedes=replaced)
        create = service.records.tasks.create
        task = await run_in_threadpool(create, work.kind, actor.id, work.model_dump(mode="json"))
        return _to(pages, request, f"/beheer/taken/{task.id}")

    @routes.get("/beheer/concepten/{task_id}")
    def show_draft(request: Request, task_id: TaskId) -> Response:
        reading(service, request)
        draft = _draft(service, task_id)
        return _draft_page(service, pages, request, draft, empty_form(draft.guesses, draft.supersedes))

    @routes.post("/beheer/concepten/{task_id}")
    async def confirm(request: Request, task_id: TaskId) -> Response:
        fields = await read_form(request)
        return await run_in_threadpool(_confirmed, service, pages, request, task_id, fields)

    @routes.post("/beheer/concepten/{task_id}/weg")
    def discard(request: Request, task_id: TaskId) -> Response:
        changing(service, request)
        _draft(service, task_id).discard()
        return _to(pages, request, "/beheer")

    @routes.get("/beheer/concepten/{task_id}/pagina/{number}")
    def page_picture(request: Request, task_id: TaskId, number: int) -> Response:
        reading(service, request)
        draft = _draft(service, task_id)
        if not draft.is_pdf:
            raise gone()
        image = drawer.page(draft.file, number)
        return Response(image.png, media_type="image/png", headers=HEADERS)

    return routes


async def _received(service: Service, request: Request) -> tuple[str | None, str]:
    """What is wrong with the file that is sent, or where it was put."""
    try:
        form = await upload_form.read_form(request)
    except Problem:
        return texts(language_of(request))["admin"]["file_missing"], ""
    try:
        return await run_in_threadpool(_saved, service, request, form.get(upload_form.FILE))
    finally:
        await form.close()


def _saved(service: Service, request: Request, file: object) -> tuple[str | None, str]:
    """What is wrong with the file, or where it was put."""
    words = texts(language_of(request))["admin"]
    if not isinstance(file, UploadFile) or not file.filename or not file.size:
        return words["file_missing"], ""
    try:
        return None, upload_form.received_file(file).save(service.uploads)
    except Problem:  # of a kind that we do not read
        return words["file_wrong"], ""


def _file_page(
    service: Service, pages: Pages, request: Request, replaced: str | None, field_error: str | None = None
) -> Response:
    successor_of = _named(service, replaced)
    if replaced and successor_of is None:
        raise gone()
    words = texts(language_of(request))["admin"]
    return pages.render(
        request,
        "administration/add.html",
        words["replace_title"] if successor_of else words["add"],
        400 if field_error else 200,
        replaced=successor_of,
        field_error=field_error,
        unchangeable=unchangeable(service),
    )


def _confirmed(service: Service, pages: Pages, request: Request, task_id: str, fields: Any) -> Response:
    number = field_text(fields, "bekijk")
    actor = reading(service, request) if number else changing(service, request)
    draft = _draft(service, task_id)
    form = filled_form(fields, draft.guesses, {each.id for each in service.assistant.documents()})
    if number:  # another page of the document, with what was filled in so far
        shown = replace(form, errors=(), refusal=None)
        return _draft_page(service, pages, request, draft, shown, int(number[:6]) if number.isdecimal() else 1)
    if form.details is None:
        return _draft_page(service, pages, request, draft, form)
    if not draft.claim():
        raise gone()
    work = Add(file=draft.place, document=form.details)
    task = service.records.tasks.create(work.kind, actor.id, work.model_dump(mode="json"))
    return _to(pages, request, f"/beheer/taken/{task.id}")


def _draft_page(
    service: Service, pages: Pages, request: Request, draft: Draft, form: DetailsForm, number: int = 1
) -> Response:
    numbers = [page.number for page in draft.source.pages if page.number is not None]
    shown = _part(draft.source, number) if numbers else _beginning(draft.source)
    return pages.render(
        request,
        "administration/draft.html",
        texts(language_of(request))["admin"]["draft_title"],
        400 if form.errors or form.refusal else 200,
        draft=draft,
        form=form,
        body=Markup(source_body(shown, (), top_level=3, page_note=lambda _: "")),  # source_body has escaped it
        number=number if number in numbers else None,
        numbers=numbers,
        is_pdf=draft.is_pdf,
        is_cut=not numbers and len(draft.source.text) > _SHOWN,
        documents=service.assistant.documents(),
    )


def _part(source: Source, number: int) -> Source:
    """One page of a document."""
    page = next((page for page in source.pages if page.number == number), source.pages[0])
    blocks = tuple(each for each in source.blocks if page.begin <= each.begin and each.end <= page.end)
    return replace(source, blocks=blocks, pages=(page,))


def _beginning(source: Source) -> Source:
    return replace(source, blocks=tuple(each for each in source.blocks if each.end <= _SHOWN))


def _named(service: Service, document_id: str | None) -> Document | None:
    return next((each for each in service.assistant.documents() if each.id == document_id), None)


def _draft(service: Service, task_id: str) -> Draft:
    draft = find_draft(service, task_id)
    if draft is None:
        raise gone()
    return draft


def _to(pages: Pages, request: Request, path: str) -> Response:
    return RedirectResponse(pages.link(path, language_of(request)), 303, HEADERS)
