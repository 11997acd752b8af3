"""/openai/v1: the endpoint that programs for OpenAI's chat completions can be pointed at.

Citations stand in the text as [1], in a list of sources below it, and as annotations of the kind `url_citation`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp

from integrations.http.access import Actor, require
from integrations.http.event_stream import EVENT_STREAM
from integrations.http.events import live_events
from integrations.http.openai_chat import ChatRequest, check_model, conversation, prompt_size
from integrations.http.openai_reply import MODEL, Reply
from integrations.http.presentation import base_of
from integrations.http.problems import Problem, problem_of
from integrations.http.readable import sentence
from integrations.http.service import Service
from integrations.http.strict_json import json_body
from integrations.http.workers import Workers

_ERRORS = {
    400: ("invalid_request_error", None),
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", "insufficient_permissions"),
    404: ("invalid_request_error", "not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


def app_for(service: Service, workers: Workers) -> ASGIApp:
    """The application to mount at /openai/v1; it has the same keys and limits as the API."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    for kind in (Problem, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _respond)
    app.include_router(_router(service, workers))
    return app


def _router(service: Service, workers: Workers) -> APIRouter:
    routes = APIRouter()
    access, body = Depends(require(service, "gebruiker")), Depends(json_body(ChatRequest))

    @routes.get("/models")
    async def models(_: Actor = access) -> dict[str, object]:
        return {"object": "list", "data": [_model()]}

    @routes.get("/models/{name}")
    async def model(name: str, _: Actor = access) -> dict[str, object]:
        check_model(name)
        return _model()

    @routes.post("/chat/completions")
    async def complete(request: Request, _: Actor = access, sent: ChatRequest = body) -> Response:
        question, history = conversation(sent)
        reply = Reply(base_of(request, service), prompt_size(sent))
        if not sent.stream:
            answer = await workers.run(lambda: service.assistant.ask(question, history))
            service.metrics.answered(answer)
            return JSONResponse(reply.whole(answer))
        with_usage = sent.stream_options is not None and sent.stream_options.include_usage
        pieces = reply.pieces(
            service, live_events(workers, lambda: service.assistant.stream(question, history), request.receive)
        )
        first = await anext(pieces)  # an error before the first piece is still a plain response
        return StreamingResponse(
            _lines(first, pieces, reply if with_usage else None),
            media_type=EVENT_STREAM,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


async def _lines(
    first: dict[str, object], pieces: AsyncIterator[dict[str, object]], counted: Reply | None
) -> AsyncIterator[str]:
    """The chunks as server-sent events, and what these clients take for the end: `[DONE]`."""
    yield _line(first)
    try:
        async for piece in pieces:
            yield _line(piece)
    except Exception as error:  # the response has begun: it can only be told as an event
        yield _line(_error(problem_of(error)))
        return
    if counted is not None:
        yield _line(counted.usage_piece())
    yield "data: [DONE]\n\n"


def _model() -> dict[str, object]:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}


def _line(content: dict[str, object]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _error(problem: Problem) -> dict[str, object]:
    kind, code = _ERRORS.get(
        problem.status, ("invalid_request_error" if problem.status < 500 else "server_error", None)
    )
    return {"error": {"message": sentence(problem), "type": kind, "param": None, "code": code}}


async def _respond(request: Request, error: Exception) -> Response:
    problem = problem_of(error, getattr(request.state, "request_id", None))
    return JSONResponse(_error(problem), problem.status, problem.headers)
