"""/beheer/taken: how far a change is, told while it goes on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from assistant import Task
from integrations.http.service import Service
from integrations.http.web.maintaining import gone, reading
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import HEADERS, Pages, language_of
from integrations.http.web.texts import texts

TaskId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for progress."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))

    @routes.get("/beheer/taken/{task_id}")
    def progress(request: Request, task_id: TaskId) -> Response:
        reading(service, request)
        task = _task(service, task_id)
        title = texts(language_of(request))["admin"]["kinds"][task.kind]
        return pages.render(request, "administration/task.html", title, task=task, told=_told(pages, request, task))

    @routes.get("/beheer/taken/{task_id}/stand")
    def state(request: Request, task_id: TaskId) -> Response:
        reading(service, request)
        return JSONResponse(_told(pages, request, _task(service, task_id)), headers=HEADERS)

    return routes


def _told(pages: Pages, request: Request, task: Task) -> dict[str, Any]:
    """A task as its page shows it."""
    words = texts(language_of(request))["admin"]
    return {
        "stand": task.state,
        "woorden": words["states"][task.state],
        "voortgang": task.progress,
        "melding": task.message if task.state == "mislukt" or language_of(request) == "nl" else "",
        "verder": _next(pages, request, task),
        "knop": words["fill_in"] if task.kind == "bron-lezen" else words["back"],
    }


def _next(pages: Pages, request: Request, task: Task) -> str | None:
    """The page to go to when the task is done."""
    if task.state not in ("klaar", "mislukt"):
        return None
    is_read = task.kind == "bron-lezen" and task.state == "klaar"
    path = f"/beheer/concepten/{task.id}" if is_read else "/beheer"
    return pages.link(path, language_of(request))


def _task(service: Service, task_id: str) -> Task:
    task = service.records.tasks.get(task_id)
    if task is None:
        raise gone()
    return task
