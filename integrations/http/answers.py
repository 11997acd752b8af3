"""POST /v1/antwoorden: a question in, an answer out; as JSON, or as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from assistant import Answer, AnswerFinished, CitationAdded, Event, PassagesFound, TextAdded
from integrations.http.access import require
from integrations.http.content_types import preferred_type
from integrations.http.event_stream import EVENT_STREAM, EventStream, ServerEvent
from integrations.http.events import LiveEvents, live_events
from integrations.http.filtering import filter_cautions
from integrations.http.presentation import answer_json, base_of, citation_json, passage_json
from integrations.http.readable import refusal_text
from integrations.http.replies import AnswerReply
from integrations.http.schemas import LENGTHS, QuestionBody
from integrations.http.service import Service
from integrations.http.strict_json import described, json_body
from integrations.http.workers import Workers

_Question = Annotated[QuestionBody, Depends(json_body(QuestionBody))]

_EVENTS = (
    "Gebeurtenissen met elk een regel JSON: 'passages' (wat is gevonden), 'citaat' (één citaat), 'tekst' (een stuk van "
    "het antwoord), 'klaar' (het hele antwoord) en 'fout' (een probleem; daarna komt niets meer)."
)


def router(service: Service, workers: Workers) -> APIRouter:
    """The routes for answers."""
    routes = APIRouter(tags=["Antwoorden"], dependencies=[Depends(require(service, "gebruiker"))])

    @routes.post(
        "/antwoorden",
        operation_id="beantwoordVraag",
        summary="Beantwoord een vraag",
        response_model=AnswerReply,
        response_description="Het antwoord; ook als de bronnen er geen geven of de vraag is geblokkeerd.",
        responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string", "description": _EVENTS}}}}},
        openapi_extra=described(QuestionBody),
    )
    async def answer_question(request: Request, body: _Question) -> Response:
        """Beantwoord een vraag uit de bronnen, met citaten die te controleren zijn.

        Met de kop `Accept: text/event-stream` komt het antwoord in stukken. Vraag en gesprek worden niet bewaard.
        """
        media_type = preferred_type(request, "application/json", EVENT_STREAM)
        begin = _work(service, body)
        if media_type == EVENT_STREAM:
            return EventStream(workers, begin, _server_event(base_of(request, service)))
        async with live_events(workers, begin, request.receive) as live:
            answer = await _finished(live)
        if answer is None:  # the client has left
            return Response(status_code=499)
        return JSONResponse(answer_json(answer, base_of(request, service)))

    return routes


def _work(service: Service, body: QuestionBody) -> Callable[[], Iterator[Event]]:
    history = [turn.turn() for turn in body.history]

    def begin() -> Iterator[Event]:
        assistant = service.assistant
        cautions = filter_cautions(service.assistant, body.filters)
        for event in assistant.stream(body.question, history, body.filters.filters(), LENGTHS[body.length]):
            if isinstance(event, AnswerFinished):
                service.metrics.answered(event.answer)
                event = AnswerFinished(replace(event.answer, warnings=(*event.answer.warnings, *cautions)))  # noqa: PLW2901
            yield event

    return begin


async def _finished(live: LiveEvents) -> Answer | None:
    """The answer; None when the client hangs up before it is there."""
    while (event := await live.next()) is not None:
        if isinstance(event, AnswerFinished):
            return event.answer
    return None


def _server_event(base: str) -> Callable[[Event], ServerEvent]:
    is_cited = False

    def convert(event: Event) -> ServerEvent:
        nonlocal is_cited
        match event:
            case PassagesFound(passages):
                return ServerEvent("passages", {"passages": [passage_json(passage) for passage in passages]})
            case CitationAdded(citation):
                is_cited = True
                return ServerEvent("citaat", citation_json(citation, base))
            case TextAdded(text):
                return ServerEvent("tekst", {"tekst": text if is_cited else refusal_text(text, base)})
            case AnswerFinished(answer):
                return ServerEvent("klaar", answer_json(answer, base))

    return convert
