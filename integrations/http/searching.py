"""POST /v1/zoekresultaten: a question in, the best passages out; nothing is answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from integrations.http.access import require
from integrations.http.content_types import preferred_type
from integrations.http.filtering import filter_cautions
from integrations.http.presentation import caution_json, passage_json
from integrations.http.replies import SearchReply
from integrations.http.schemas import SearchBody
from integrations.http.service import Service
from integrations.http.strict_json import described, json_body
from integrations.http.workers import Workers

_Search = Annotated[SearchBody, Depends(json_body(SearchBody))]


def router(service: Service, workers: Workers) -> APIRouter:
    """The route for search results."""
    routes = APIRouter(tags=["Zoeken"], dependencies=[Depends(require(service, "gebruiker"))])

    @routes.post(
        "/zoekresultaten",
        operation_id="zoekPassages",
        summary="Zoek passages",
        response_model=SearchReply,
        response_description="De passages, de beste eerst.",
        openapi_extra=described(SearchBody),
    )
    async def search(request: Request, body: _Search) -> JSONResponse:
        """Zoek de passages die het best bij een vraag passen. De vraag wordt niet bewaard."""
        preferred_type(request, "application/json")
        assistant, filters = service.assistant, body.filters.filters()
        passages = await workers.run(lambda: assistant.search(body.question, filters, body.limit))
        cautions = await workers.run(lambda: filter_cautions(assistant, body.filters))
        return JSONResponse(
            {
                "zoekresultaten": [passage_json(passage) for passage in passages],
                "waarschuwingen": [caution_json(caution) for caution in cautions],
            }
        )

    return routes
