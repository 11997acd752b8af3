"""/static and /thema.css: style sheets, scripts and pictures, all our own."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import Pages
from integrations.http.web.themes import OWN_THEME, STATIC

_HEADERS = {
    "Cache-Control": "no-cache",  # ask each time whether it changed; the answer is a few bytes
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def router(pages: Pages) -> APIRouter:
    """The routes for files."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))
    files = StaticFiles(directory=STATIC)

    @routes.get("/static/{path:path}")
    async def static_file(request: Request, path: str) -> Response:
        response = await files.get_response(path, request.scope)
        response.headers.update(_HEADERS)
        return response

    @routes.get(OWN_THEME)
    def own_theme() -> Response:
        if pages.theme.own is None:
            raise HTTPException(404)
        return FileResponse(pages.theme.own, media_type="text/css", headers=_HEADERS)

    return routes
