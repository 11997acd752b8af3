"""POST /v1/beoordelingen: what a reader thinks of an answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from assistant import Feedback, PrivacyGate
from integrations.http.access import require
from integrations.http.content_types import preferred_type
from integrations.http.replies import FeedbackReply
from integrations.http.schemas import FeedbackBody
from integrations.http.service import Service
from integrations.http.strict_json import described, json_body

_Given = Annotated[FeedbackBody, Depends(json_body(FeedbackBody))]


def router(service: Service) -> APIRouter:
    """The route for feedback."""
    routes = APIRouter(tags=["Beoordelingen"], dependencies=[Depends(require(service, "gebruiker"))])
    gate = PrivacyGate()

    @routes.post(
        "/beoordelingen",
        status_code=201,
        operation_id="beoordeelAntwoord",
        summary="Beoordeel een antwoord",
        response_model=FeedbackReply,
        response_description="De beoordeling zoals ze is bewaard, zonder vraag en opmerking.",
        openapi_extra=described(FeedbackBody),
    )
    async def give_feedback(request: Request, body: _Given) -> JSONResponse:
        """Bewaar een oordeel over een antwoord.

        De vraag wordt alleen bewaard met `vraagBewaren: true`. Uit vraag en opmerking worden gegevens van cliënten
        verwijderd; na de bewaartermijn van deze dienst worden ze gewist.
        """
        preferred_type(request, "application/json")
        kept = await run_in_threadpool(keep, service, gate, body)
        content = {
            "id": kept.id,
            "antwoordId": kept.answer_id,
            "oordeel": kept.verdict,
            "vraagBewaard": kept.question is not None,
            "aangemaaktOp": kept.created.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        return JSONResponse(content, 201)

    return routes


def keep(service: Service, gate: PrivacyGate, body: FeedbackBody) -> Feedback:
    """Keep a verdict with what its reader chose to send along, without client data."""
    question = gate.redacted(body.question) if body.keep_question and body.question else None
    return service.records.feedback.add(body.answer_id, body.verdict, gate.redacted(body.remark), question)
