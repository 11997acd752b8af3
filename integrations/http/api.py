"""The REST API under /v1: its routes, its OpenAPI document, and how its errors are told."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from assistant import AssistantError
from integrations.http import answers, documents, feedback, searching, tasks, uploads
from integrations.http.cors import Cors
from integrations.http.middleware import Faults
from integrations.http.openapi import api_document, at_address
from integrations.http.presentation import base_of
from integrations.http.problems import Problem, problem_of, respond
from integrations.http.service import Service
from integrations.http.workers import Workers

_OPENAPI = "/openapi.json"


def app_for(service: Service, workers: Workers) -> FastAPI:
    """The API as an application to be mounted at /v1."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(answers.router(service, workers))
    app.include_router(searching.router(service, workers))
    app.include_router(documents.router(service))
    app.include_router(feedback.router(service))
    app.include_router(uploads.router(service))
    app.include_router(tasks.router(service))
    for kind in (Problem, RequestValidationError, HTTPException, AssistantError):
        app.add_exception_handler(kind, respond)
    app.add_exception_handler(405, _method_not_allowed)
    _publish(app, service)
    app.add_middleware(Faults)
    app.add_middleware(Cors, origins=service.settings.http.origins, public_paths=(f"/v1{_OPENAPI}",))
    return app


def _publish(app: FastAPI, service: Service) -> None:
    document = api_document(app, service)

    @app.get(_OPENAPI, include_in_schema=False)
    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(at_address(document, f"{base_of(request, service)}/v1"))


async def _method_not_allowed(request: Request, error: Exception) -> Response:
    # The router's own header names the methods of the first route on this path only.
    problem = problem_of(error)
    problem.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return problem.response()


def _methods(request: Request) -> set[str]:
    routes = request.app.router.routes
    known = {
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    }
    return known | ({"HEAD"} if "GET" in known else set())
