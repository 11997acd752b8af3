"""/beoordeling: feedback on an answer, sent by a form."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from assistant import PrivacyGate
from integrations.http.access import admit
from integrations.http.feedback import keep
from integrations.http.service import Service
from integrations.http.web.forms import feedback_form, read_form
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import Pages, language_of
from integrations.http.web.texts import texts


def router(service: Service, pages: Pages) -> APIRouter:
    """The route for feedback without JavaScript."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))
    gate = PrivacyGate()

    @routes.post("/beoordeling")
    async def judge(request: Request) -> Response:
        await run_in_threadpool(admit, service, request, "gebruiker")
        body = feedback_form(await read_form(request))
        await run_in_threadpool(keep, service, gate, body)
        words = texts(language_of(request))["feedback"]
        return await run_in_threadpool(
            pages.render, request, "message.html", words["title"], 201, message=words["thanks"]
        )

    return routes
