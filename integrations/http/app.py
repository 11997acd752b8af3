"""`create_app`: every part of the HTTP door on one assistant, as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.routing import Route

from assistant import Assistant, Records, Settings, open_records
from integrations.http import api, mcp_server, openai_compatible, operations
from integrations.http.presentation import source_path
from integrations.http.request_log import RequestLog
from integrations.http.service import Service
from integrations.http.workers import Workers


def create_app(
    assistant: Assistant, settings: Settings, records: Records | None = None, *, is_open: bool = False
) -> FastAPI:
    """The whole HTTP door.

    Args:
        records: keys, limits, feedback and so on; those of the settings by default.
        is_open: ask for no key; only for an address that other computers cannot reach.
    """
    service = Service(
        assistant.with_links(lambda citation: (settings.http.base_url or "").rstrip("/") + source_path(citation)),
        settings,
        records or open_records(settings),
        is_open,
    )
    workers = Workers()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    app.mount("/v1", api.app_for(service, workers))
    app.mount("/openai/v1", openai_compatible.app_for(service, workers))
    app.router.routes.append(Route("/mcp", mcp_server.app_for(service, workers)))
    app.include_router(operations.router(service))
    app.add_middleware(RequestLog, metrics=service.metrics)
    return app
