"""/over, /privacy and /toegankelijkheid: what a visitor should know."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from assistant import SnapshotError
from integrations.http.access import identify
from integrations.http.problems import Problem
from integrations.http.service import Service
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import Pages, language_of
from integrations.http.web.texts import texts


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for information; open to everybody, apart from the list of documents."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))
    settings = service.settings

    @routes.get("/over")
    def about(request: Request) -> Response:
        try:
            version = service.assistant.index_version()
        except SnapshotError:
            version = None
        return pages.render(
            request,
            "about.html",
            texts(language_of(request))["about"]["title"],
            version=version,
            chat_model=settings.chat.model,
            documents=service.assistant.documents() if version and _may_read(service, request) else None,
        )

    @routes.get("/privacy")
    def privacy(request: Request) -> Response:
        words = texts(language_of(request))["privacy"]
        model = settings.chat.model
        return pages.render(
            request,
            "privacy.html",
            words["title"],
            retention_days=settings.privacy.retention_days,
            supplier=words["supplier_model"].format(model=model) if model else words["supplier_none"],
        )

    @routes.get("/toegankelijkheid")
    def accessibility(request: Request) -> Response:
        title = texts(language_of(request))["accessibility"]["title"]
        return pages.render(request, "accessibility.html", title, statement=settings.http.accessibility_url)

    return routes


def _may_read(service: Service, request: Request) -> bool:
    try:
        identify(service, request)
    except Problem:
        return False
    return True
