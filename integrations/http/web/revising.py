"""/beheer/bronnen/…: other details for a document, retiring and removing it; /beheer/ongedaan: undoing a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from assistant import Document, last_change
from integrations.http.access import actor_of
from integrations.http.drafts import Guesses
from integrations.http.service import Service
from integrations.http.web.administration import document_page, found_document
from integrations.http.web.details_form import DetailsForm, details_of, edited_values, filled_form
from integrations.http.web.forms import field_text, read_form
from integrations.http.web.maintaining import changing, gone, reading, unchangeable
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import HEADERS, Pages, language_of
from integrations.http.web.texts import texts
from integrations.http.work import Edit, Retire, Undo, Withdraw, Work

_EDIT, _RETIRE, _REMOVE, _UNDO = (f"administration/{name}.html" for name in ("edit", "retire", "remove", "undo"))


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for documents that are there already."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))

    def page(request: Request, document: Document, template: str, title: str, **values: Any) -> Response:
        words = texts(language_of(request))["admin"]
        return document_page(service, pages, request, document, template, words[title], **values)

    def ordered(request: Request, work: Work) -> Response:
        task = service.records.tasks.create(work.kind, actor_of(request).id, work.model_dump(mode="json"))
        return RedirectResponse(pages.link(f"/beheer/taken/{task.id}", language_of(request)), 303, HEADERS)

    @routes.get("/beheer/bronnen/{document_id}/gegevens")
    def show_details(request: Request, document_id: str) -> Response:
        reading(service, request)
        document = found_document(service, document_id)
        return page(request, document, _EDIT, "edit_title", form=details_of(document))

    @routes.post("/beheer/bronnen/{document_id}/gegevens")
    async def edit(request: Request, document_id: str) -> Response:
        await run_in_threadpool(changing, service, request)
        fields = await read_form(request)
        return await run_in_threadpool(edited, request, document_id, fields)

    def edited(request: Request, document_id: str, fields: FormData) -> Response:
        document = found_document(service, document_id)
        known = {each.id for each in service.assistant.documents()}
        form = filled_form(fields, Guesses("", "", None, document.language), known)
        if form.details is None:
            shown = DetailsForm(form.values, {}, errors=form.errors, refusal=form.refusal)
            return page(request, document, _EDIT, "edit_title", status=400, form=shown)
        values = edited_values(document, form.details)
        return ordered(request, Edit(document_id=document.id, values=values))

    @routes.get("/beheer/bronnen/{document_id}/intrekken")
    def confirm_retirement(request: Request, document_id: str) -> Response:
        reading(service, request)
        document = found_document(service, document_id)
        return page(request, document, _RETIRE, "retire_title", values={}, errors=())

    @routes.post("/beheer/bronnen/{document_id}/intrekken")
    async def retire(request: Request, document_id: str) -> Response:
        await run_in_threadpool(changing, service, request)
        fields = await read_form(request)
        return await run_in_threadpool(retired, request, document_id, fields)

    def retired(request: Request, document_id: str, fields: FormData) -> Response:
        document = found_document(service, document_id)
        values = {name: field_text(fields, name).strip() for name in ("opvolger", "laatsteDag")}
        others = {each.id for each in service.assistant.documents()} - {document.id}
        errors = tuple(_wrong(values, others))
        if errors:
            return page(request, document, _RETIRE, "retire_title", status=400, values=values, errors=errors)
        last_day = date.fromisoformat(values["laatsteDag"]) if values["laatsteDag"] else None
        work = Retire(document_id=document.id, successor=values["opvolger"] or None, last_day=last_day)
        return ordered(request, work)

    @routes.get("/beheer/bronnen/{document_id}/verwijderen")
    def confirm_removal(request: Request, document_id: str) -> Response:
        reading(service, request)
        return page(request, found_document(service, document_id), _REMOVE, "remove_title")

    @routes.post("/beheer/bronnen/{document_id}/verwijderen")
    def remove(request: Request, document_id: str) -> Response:
        changing(service, request)
        return ordered(request, Withdraw(document_id=found_document(service, document_id).id))

    @routes.get("/beheer/ongedaan")
    def confirm_undoing(request: Request) -> Response:
        reading(service, request)
        title = texts(language_of(request))["admin"]["undo_title"]
        titles = {each.id: each.title for each in service.assistant.documents()}
        last, why = last_change(service.settings), unchangeable(service)
        return pages.render(request, _UNDO, title, last=last, titles=titles, unchangeable=why)

    @routes.post("/beheer/ongedaan")
    async def undo(request: Request) -> Response:
        await run_in_threadpool(changing, service, request)
        fields = await read_form(request)
        return await run_in_threadpool(undone, request, field_text(fields, "nummer"))

    def undone(request: Request, number: str) -> Response:
        if not number.isdecimal() or len(number) > 20:
            raise gone()
        return ordered(request, Undo(number=number))

    return routes


def _wrong(values: Mapping[str, str], others: set[str]) -> list[str]:
    """The fields that are wrong."""
    wrong = ["opvolger"] if values["opvolger"] and values["opvolger"] not in others else []
    try:
        date.fromisoformat(values["laatsteDag"] or "2000-01-01")
    except ValueError:
        wrong.append("laatsteDag")
    return wrong
