"""Errors of the pages as pages: what went wrong, and where to go from there."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from assistant import PageError
from integrations.http.problems import Problem, problem_of, respond
from integrations.http.web.open_source import SourceNotFound
from integrations.http.web.rendering import Pages, language_of
from integrations.http.web.texts import Texts, texts

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route of a page: whatever goes wrong is told in a page."""

    pages: Pages

    @classmethod
    def with_pages(cls, pages: Pages) -> type[PageRoute]:
        """The class of route for one service's pages."""
        return type("ServicePageRoute", (cls,), {"pages": pages})

    def get_route_handler(self) -> _Handler:
        """The handler with its errors caught."""
        handler = super().get_route_handler()

        async def with_error_page(request: Request) -> Response:
            try:
                return await handler(request)
            except Exception as error:
                return await run_in_threadpool(error_page, self.pages, request, error)

        return with_error_page


def error_page(pages: Pages, request: Request, error: Exception) -> Response:
    """What a visitor sees: a way to sign in, or a message with the next step."""
    words = texts(language_of(request))
    if isinstance(error, SourceNotFound | PageError):
        message = words["errors"]["source_not_found"] if isinstance(error, SourceNotFound) else str(error)
        return _message(pages, request, 404, words["errors"]["not_found_title"], message)
    if isinstance(error, RequestValidationError):
        return _message(pages, request, 404, words["errors"]["not_found_title"], words["errors"]["not_found"])
    problem = problem_of(error, getattr(request.state, "request_id", None))
    if problem.status == 401:
        back = f"{request.url.path}?{request.url.query}" if request.method == "GET" else "/"
        title = words["sign_in"]["title"]
        return pages.render(request, "sign_in.html", title, 401, back=back, field_error=None)
    title = words["errors"]["not_found_title" if problem.status in (404, 405) else "title"]
    response = _message(pages, request, problem.status, title, problem_words(problem, words))
    response.headers.update(problem.headers)
    return response


def respond_to_visitors(pages: Pages) -> Callable[[Request, Exception], Response]:
    """An exception handler for addresses that are nobody's: a page for a browser, problem details for a program."""

    def response(request: Request, error: Exception) -> Response:
        is_browser = "text/html" in request.headers.get("accept", "").lower()
        return error_page(pages, request, error) if is_browser else respond(request, error)

    return response


def problem_words(problem: Problem, words: Texts) -> str:
    """The message in the visitor's language, as far as the status says what is wrong."""
    errors = words["errors"]
    if problem.status == 429:
        return str(errors["too_many"].format(seconds=problem.headers.get("Retry-After", "60")))
    if problem.status == 409:
        return problem.detail  # only maintainers get here; it names the setting that is in the way
    known = {400: "invalid", 403: "forbidden", 404: "not_found", 405: "not_found", 503: "closed"}
    return str(errors[known.get(problem.status, "other")])


def _message(pages: Pages, request: Request, status: int, title: str, message: str) -> Response:
    return pages.render(request, "message.html", title, status, message=message)
