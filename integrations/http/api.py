"""The REST API under /v1: its routes, and how its errors are told."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from assistant import AssistantError
from integrations.http import answers
from integrations.http.problems import Problem, respond
from integrations.http.service import Service
from integrations.http.workers import Workers


def app_for(service: Service, workers: Workers) -> FastAPI:
    """The API as an application to be mounted at /v1."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(answers.router(service, workers))
    for kind in (Problem, RequestValidationError, HTTPException, AssistantError, Exception):
        app.add_exception_handler(kind, respond)
    return app
