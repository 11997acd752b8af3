"""POST and DELETE on /v1/bronnen: maintainers add and withdraw documents; the work itself is done in the background."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from assistant import CatalogueError, Task, check_changeable, find_document
from integrations.http.access import actor_of, require
from integrations.http.background import Worker
from integrations.http.content_types import preferred_type
from integrations.http.presentation import base_of
from integrations.http.problems import PROBLEM, Problem
from integrations.http.service import Service
from integrations.http.tasks import TaskReply, task_json
from integrations.http.upload_form import checked, described, read_form
from integrations.http.work import Add, Withdraw

_AT_ONCE = 4  # uploads that are being received
_CONFLICT = {
    "description": "De documenten van deze dienst kunnen niet worden gewijzigd.",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Probleem"}}},
}
_ACCEPTED = {
    "description": "De taak die dit in de achtergrond doet; Location is haar adres.",
    "headers": {"Location": {"description": "Adres van de taak.", "schema": {"type": "string"}}},
}
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


def worker(service: Service) -> Worker:
    """What does the work; to be started with the application and stopped with it."""
    # One thread of the model, so that questions are answered meanwhile.
    return Worker(replace(service.settings, threads=1), service.records, service.uploads)


def router(service: Service) -> APIRouter:
    """The routes for maintainers."""
    routes = APIRouter(tags=["Beheer"], dependencies=[Depends(require(service, "beheerder"))])
    room = asyncio.Semaphore(_AT_ONCE)

    @routes.post(
        "/bronnen",
        status_code=202,
        operation_id="voegBronToe",
        summary="Voeg een bron toe",
        response_model=TaskReply,
        responses={202: _ACCEPTED, 409: _CONFLICT},
        openapi_extra=described(),
    )
    async def add(request: Request) -> JSONResponse:
        """Voeg een document toe. Het wordt in de achtergrond gelezen en doorzoekbaar gemaakt, of in zijn geheel
        geweigerd; de taak vertelt hoe ver dat is.
        """
        preferred_type(request, "application/json")
        await run_in_threadpool(_refuse_unchangeable, service)
        if room.locked():
            detail = "Er worden nu te veel bestanden tegelijk gestuurd. Probeer het over enkele seconden opnieuw."
            raise Problem(503, "Te druk", detail, headers={"Retry-After": "10"})
        async with room:
            form = await read_form(request)
            try:
                upload = await run_in_threadpool(checked, form)
                place = await run_in_threadpool(upload.save, service.uploads)
            finally:
                await form.close()
        details = Add(file=place, document=upload.details)
        return await run_in_threadpool(_accepted, service, request, details)

    @routes.delete(
        "/bronnen/{id}",
        status_code=202,
        operation_id="verwijderBron",
        summary="Verwijder een bron",
        response_model=TaskReply,
        responses={202: _ACCEPTED, 409: _CONFLICT},
    )
    async def withdraw(request: Request, document_id: _Id) -> JSONResponse:
        """Haal een bron weg, zodat er niet meer uit wordt geantwoord. Het gebeurt in de achtergrond."""
        preferred_type(request, "application/json")
        await run_in_threadpool(_refuse_unchangeable, service)
        if not await run_in_threadpool(_is_there, service, document_id):
            raise Problem(404, "Bron niet gevonden", "Deze bron bestaat niet. GET /v1/bronnen noemt alle bronnen.")
        return await run_in_threadpool(_accepted, service, request, Withdraw(document_id=document_id))

    return routes


def _is_there(service: Service, document_id: str) -> bool:
    """Whether there is such a document; this process may see a second later than another what was just added."""
    if any(document.id == document_id for document in service.assistant.documents()):
        return True
    try:
        return find_document(service.settings, document_id) is not None
    except CatalogueError:  # what cannot be read names no document
        return False


def _refuse_unchangeable(service: Service) -> None:
    try:
        check_changeable(service.settings)
    except CatalogueError as error:
        raise Problem(409, "Niet te wijzigen", str(error)) from error


def _accepted(service: Service, request: Request, details: Add | Withdraw) -> JSONResponse:
    task: Task = service.records.tasks.create(details.kind, actor_of(request).id, details.model_dump(mode="json"))
    location = f"{base_of(request, service)}/v1/taken/{task.id}"
    return JSONResponse(task_json(task), 202, {"Location": location})
