"""/aanmelden and /afmelden: an API key in a cookie that no script can read, so that links and pictures work too."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from integrations.http.access import COOKIE
from integrations.http.problems import Problem
from integrations.http.service import Service
from integrations.http.web.forms import field_text, read_form
from integrations.http.web.page_errors import PageRoute
from integrations.http.web.rendering import HEADERS, Pages, language_of
from integrations.http.web.texts import texts

_TRIES_PER_MINUTE = 10  # from one address
_LONGEST_KEY = 300


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for signing in and out."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))

    @routes.get("/aanmelden")
    def sign_in_page(request: Request) -> Response:
        return _form(pages, request, back="/")

    @routes.post("/aanmelden")
    async def sign_in(request: Request) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(
            _signed_in, service, pages, request, field_text(form, "sleutel").strip(), field_text(form, "terug")
        )

    @routes.post("/afmelden")
    def sign_out(request: Request) -> Response:
        _refuse_other_sites(request)
        response = RedirectResponse(pages.link("/", language_of(request)), 303, HEADERS)
        response.delete_cookie(COOKIE, path=f"{pages.root}/", httponly=True, samesite="strict")
        return response

    return routes


def _signed_in(service: Service, pages: Pages, request: Request, secret: str, back: str) -> Response:
    _refuse_other_sites(request)
    words = texts(language_of(request))["sign_in"]
    if not secret or len(secret) > _LONGEST_KEY:
        return _form(pages, request, back, words["wrong"] if secret else words["empty"], 400)
    if service.records.limits.take(_visitor(request), _TRIES_PER_MINUTE, time.time()):
        return _form(pages, request, back, words["too_many"], 429)
    if service.records.keys.find(secret) is None:
        return _form(pages, request, back, words["wrong"], 401)
    response = RedirectResponse(pages.root + _local(back, pages.root), 303, HEADERS)
    response.set_cookie(
        COOKIE,
        secret,
        path=f"{pages.root}/",
        # A proxy that does TLS may not say so; the address that users type does.
        secure=request.url.scheme == "https" or (service.settings.http.base_url or "").startswith("https://"),
        httponly=True,
        samesite="strict",
    )
    return response


def _form(pages: Pages, request: Request, back: str, field_error: str | None = None, status: int = 200) -> Response:
    title = texts(language_of(request))["sign_in"]["title"]
    return pages.render(request, "sign_in.html", title, status, back=back, field_error=field_error)


def _local(back: str, root: str) -> str:
    """Where to go after signing in: a page of our own, whatever the form says."""
    parts = urlsplit(back)
    if parts.scheme or parts.netloc or not back.startswith("/") or back.startswith(("//", "/\\")):
        return "/"
    path = parts.path.removeprefix(root)
    return (path if path.isprintable() and "\\" not in path else "/") + (f"?{parts.query}" if parts.query else "")


def _visitor(request: Request) -> str:
    """Who tries keys, without keeping the address itself."""
    address = request.client.host if request.client else ""
    return f"aanmelden-{hashlib.sha256(address.encode()).hexdigest()[:16]}"


def _refuse_other_sites(request: Request) -> None:
    """Another site must not sign a visitor in or out."""
    if request.headers.get("sec-fetch-site") not in (None, "same-origin", "none"):
        raise Problem(403, "Verzoek van een andere website", "Open de pagina van Beleidswijzer en probeer het daar.")
