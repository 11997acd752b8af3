"""`create_app`: every part of the HTTP door on one assistant, as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route

from assistant import Assistant, AssistantError, Records, Settings, open_records
from integrations.http import api, mcp_server, openai_compatible, operations, uploads, web
from integrations.http.metrics import Metrics
from integrations.http.middleware import BodyLimit, DefaultHeaders, Faults, HeadAsGet, OwnHost
from integrations.http.mounts import mounts
from integrations.http.openapi import VERSION
from integrations.http.presentation import source_path
from integrations.http.problems import Problem, respond
from integrations.http.request_log import RequestLog
from integrations.http.service import Service
from integrations.http.workers import Workers

MOST_BYTES = 256 * 1024  # of a question with its conversation
UPLOAD_PATHS = ("/v1/bronnen", "/beheer/toevoegen")
MOST_UPLOAD_BYTES = 50 * 1024 * 1024


def create_app(
    assistant: Assistant,
    settings: Settings,
    records: Records | None = None,
    *,
    is_open: bool = False,
    has_worker: bool = True,
    metrics: Metrics | None = None,
) -> FastAPI:
    """The whole HTTP door.

    Args:
        records: keys, limits, feedback and so on; those of the settings by default.
        is_open: ask for no key; only for an address that other computers cannot reach.
        has_worker: do background tasks too, in a thread.
        metrics: the figures of several processes together; by default of this one.
    """
    service = Service(
        assistant.with_links(lambda citation: (settings.http.base_url or "").rstrip("/") + source_path(citation)),
        settings,
        records or open_records(settings),
        is_open,
        metrics or Metrics(),
    )
    others = mounts(assistant, settings, service.records)
    workers = Workers(cores=settings.threads)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with uploads.worker(service) if has_worker else nullcontext():
            yield
        workers.close()
        for other in others:
            await run_in_threadpool(other.close)
        if records is None:
            service.records.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    app.mount("/v1", api.app_for(service, workers))
    app.mount("/openai/v1", openai_compatible.app_for(service, workers))
    app.router.routes.append(Route("/mcp", mcp_server.app_for(service, workers)))
    for other in others:
        app.router.routes.append(Route(other.path, other.app))
    app.include_router(operations.router(service))
    pages = web.Pages(service)
    app.include_router(web.router(service, pages))
    for kind in (Problem, RequestValidationError, AssistantError):
        app.add_exception_handler(kind, respond)
    app.add_exception_handler(HTTPException, web.respond_to_visitors(pages))
    app.add_middleware(Faults)
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyLimit, most=MOST_BYTES, uploads=UPLOAD_PATHS, most_upload=MOST_UPLOAD_BYTES)
    if is_open:
        app.add_middleware(OwnHost, base_url=settings.http.base_url)
    app.add_middleware(DefaultHeaders, version=VERSION)
    app.add_middleware(RequestLog, metrics=service.metrics)
    return app
