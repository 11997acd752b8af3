"""/beheer/toevoegen: a maintainer sends a file, sees what was read from it, and says what it is before it is added."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from assistant import Document
from integrations.http import upload_form
from integrations.http.drafts import Draft, find_draft
from integrations.http.pdf_pages import PdfPages
from integrations.http.problems import Problem
from integrations.http.service import Service
from integrations.http.trials import Trials
from integrations.http.web.details_form import empty_form, filled_form
from integrations.http.web.draft_page import draft_page, tried_questions
from integrations.http.web.forms import field_text, read_form
from integrations.http.web.maintaining import changing, gone, reading, unchangeable
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import HEADERS, Pages, language_of
from integrations.http.web.texts import texts
from integrations.http.work import Add, Read, ReplaceFile

_AT_ONCE = 4  # files that are being received

TaskId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Replaced = Annotated[str | None, Query(alias="vervangt", max_length=200)]
Better = Annotated[str | None, Query(alias="beter", max_length=200)]


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for adding and replacing."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))
    room = asyncio.Semaphore(_AT_ONCE)
    drawer, trials = PdfPages(), Trials(lambda: service.assistant.embedder)

    @routes.get("/beheer/toevoegen")
    def choose_file(request: Request, replaced: Replaced = None, better: Better = None) -> Response:
        reading(service, request)
        return _file_page(service, pages, request, replaced, better)

    @routes.post("/beheer/toevoegen")
    async def receive_file(request: Request, replaced: Replaced = None, better: Better = None) -> Response:
        actor = await run_in_threadpool(changing, service, request)
        if room.locked():
            raise Problem(503, "Te druk", "Er worden nu te veel bestanden gestuurd.", headers={"Retry-After": "10"})
        async with room:
            error, place = await _received(service, request)
        if error is not None:
            return await run_in_threadpool(_file_page, service, pages, request, replaced, better, error)
        work = Read(file=place, supersedes=replaced, better_for=better)
        create = service.records.tasks.create
        task = await run_in_threadpool(create, work.kind, actor.id, work.model_dump(mode="json"))
        return _to(pages, request, f"/beheer/taken/{task.id}")

    @routes.get("/beheer/concepten/{task_id}")
    def show_draft(request: Request, task_id: TaskId) -> Response:
        reading(service, request)
        draft = _draft(service, task_id)
        return draft_page(service, pages, request, trials, draft, empty_form(draft.guesses, draft.supersedes))

    @routes.post("/beheer/concepten/{task_id}")
    async def confirm(request: Request, task_id: TaskId) -> Response:
        fields = await read_form(request)
        return await run_in_threadpool(_confirmed, service, pages, request, trials, task_id, fields)

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
    service: Service,
    pages: Pages,
    request: Request,
    replaced: str | None,
    better: str | None,
    field_error: str | None = None,
) -> Response:
    successor_of, better_for = _named(service, replaced), _named(service, better)
    if (replaced and successor_of is None) or (better and better_for is None):
        raise gone()
    words = texts(language_of(request))["admin"]
    title = words["better_title"] if better_for else words["replace_title"] if successor_of else words["add"]
    return pages.render(
        request,
        "administration/add.html",
        title,
        400 if field_error else 200,
        replaced=successor_of,
        better_for=better_for,
        field_error=field_error,
        unchangeable=unchangeable(service),
    )


def _confirmed(
    service: Service, pages: Pages, request: Request, trials: Trials, task_id: str, fields: FormData
) -> Response:
    number, questions = field_text(fields, "bekijk"), field_text(fields, "proefvragen")
    looks = bool(number or field_text(fields, "proef"))
    actor = reading(service, request) if looks else changing(service, request)
    draft = _draft(service, task_id)
    form = filled_form(fields, draft.guesses, {each.id for each in service.assistant.documents()})
    if looks:  # another page of the document, or a trial, with what was filled in so far
        shown = replace(form, errors=(), refusal=None)
        number = field_text(fields, "naar") if number == "naar" else number or field_text(fields, "nu")
        page = int(number[:6]) if number.isdecimal() else 1
        tried = tried_questions(trials, draft, questions) if field_text(fields, "proef") else []
        return draft_page(service, pages, request, trials, draft, shown, page, questions, tried)
    work: Add | ReplaceFile
    if draft.better_for is not None:
        work = ReplaceFile(file=draft.place, document_id=draft.better_for)
    elif form.details is None:
        return draft_page(service, pages, request, trials, draft, form, questions=questions)
    else:
        work = Add(file=draft.place, document=form.details)
    if not draft.claim():
        raise gone()
    task = service.records.tasks.create(work.kind, actor.id, work.model_dump(mode="json"))
    return _to(pages, request, f"/beheer/taken/{task.id}")


def _named(service: Service, document_id: str | None) -> Document | None:
    return next((each for each in service.assistant.documents() if each.id == document_id), None)


def _draft(service: Service, task_id: str) -> Draft:
    draft = find_draft(service, task_id)
    if draft is None:
        raise gone()
    return draft


def _to(pages: Pages, request: Request, path: str) -> Response:
    return RedirectResponse(pages.link(path, language_of(request)), 303, HEADERS)
