"""Every page of the web door as one router."""

from __future__ import annotations

from fastapi import APIRouter

from integrations.http.service import Service
from integrations.http.web import (
    adding,
    administration,
    asking,
    information,
    judging,
    progress,
    revising,
    signing_in,
    source_pages,
    static_files,
)
from integrations.http.web.rendering import Pages


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes of every page."""
    routes = APIRouter()
    for part in (asking, source_pages, judging, signing_in, information, administration, adding, revising, progress):
        routes.include_router(part.router(service, pages))
    routes.include_router(static_files.router(pages))
    return routes
