"""/ and /vraag: the page to ask on, and the same without JavaScript: a form that is sent, a page that comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from assistant import Answer, Document
from integrations.http.access import admit, identify
from integrations.http.filtering import filter_cautions
from integrations.http.presentation import base_of
from integrations.http.problems import problem_of
from integrations.http.service import Service
from integrations.http.web.answer_view import answer_view
from integrations.http.web.forms import FilterChoice, QuestionForm, question_form, read_form
from integrations.http.web.page_errors import PageRoute, problem_words
from integrations.http.web.rendering import Pages, as_json, language_of
from integrations.http.web.source_pages import citation_address
from integrations.http.web.suggestions import suggestions
from integrations.http.web.texts import script_texts, texts

_MOST_TURNS = 20  # of a conversation that is sent along
_LONGEST_TURN = 8_000
_LONGEST_QUESTION = 4_000


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes for asking."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute.with_pages(pages))

    @routes.get("/")
    def start(request: Request) -> Response:
        identify(service, request)
        return _page(service, pages, request)

    @routes.post("/vraag")
    async def answer_form(request: Request) -> Response:
        form = question_form(await read_form(request))
        return await run_in_threadpool(_answered, service, pages, request, form)

    return routes


def _answered(service: Service, pages: Pages, request: Request, form: QuestionForm) -> Response:
    admit(service, request, "gebruiker")
    words = texts(language_of(request))
    if not form.question or len(form.question) > _LONGEST_QUESTION:
        message = words["ask"]["too_long"].format(most=_LONGEST_QUESTION) if form.question else words["ask"]["empty"]
        return _page(service, pages, request, form, 400, field_error=message, question=form.question)
    try:
        answer = _ask(service, form)
    except Exception as error:
        problem = problem_of(error, getattr(request.state, "request_id", None))
        return _page(service, pages, request, form, problem.status, error=problem_words(problem, words))
    if answer.blocked:
        blocked = {"answer": _shown(service, pages, request, answer), "question": ""}
        turns = [*_earlier(form), blocked]
        return _page(service, pages, request, form, turns=turns, question=answer.question, answered=form.history)
    turns = [
        *_earlier(form),
        {"role": "gebruiker", "text": form.question, "answer": None},
        {"answer": _shown(service, pages, request, answer), "question": form.question},
    ]
    spoken = [{"rol": "gebruiker", "tekst": form.question}, {"rol": "assistent", "tekst": answer.text[:_LONGEST_TURN]}]
    return _page(service, pages, request, form, turns=turns, answered=[*form.history, *spoken])


def _ask(service: Service, form: QuestionForm) -> Answer:
    body = form.body()
    answer = service.assistant.ask(body.question, [turn.turn() for turn in body.history], body.filters.filters())
    service.metrics.answered(answer)
    return replace(answer, warnings=(*answer.warnings, *filter_cautions(service.assistant, body.filters)))


def _shown(service: Service, pages: Pages, request: Request, answer: Answer) -> dict[str, Any]:
    languages = {document.id: document.language for document in service.assistant.documents()}
    return answer_view(answer, base_of(request, service), citation_address(pages, language_of(request)), languages)


def _earlier(form: QuestionForm) -> list[dict[str, Any]]:
    """The conversation before this question, as the checked form carried it."""
    return [{"role": turn.role, "text": turn.text, "answer": None} for turn in form.body().history]


def _page(
    service: Service,
    pages: Pages,
    request: Request,
    form: QuestionForm | None = None,
    status: int = 200,
    *,
    turns: list[dict[str, Any]] | None = None,
    answered: list[Any] | None = None,
    question: str = "",
    field_error: str | None = None,
    error: str | None = None,
) -> Response:
    language = language_of(request)
    documents = service.assistant.documents()
    history = answered if answered is not None else form.history if form else []
    return pages.render(
        request,
        "chat.html",
        texts(language)["ask"]["page_title"],
        status,
        documents=documents,
        themes=_themes(documents),
        filters=form.filters if form else FilterChoice(),
        suggestions=suggestions([document.id for document in documents], language),
        turns=turns or [],
        history=as_json(history[-_MOST_TURNS:]),
        question=question,
        field_error=field_error,
        error=error,
        retention_days=service.settings.privacy.retention_days,
        script_texts=as_json(script_texts(language)),
        document_languages=as_json({each.id: each.language for each in documents if each.language != "nl"}),
    )


def _themes(documents: list[Document]) -> list[str]:
    return sorted({theme for document in documents for theme in document.themes}, key=str.casefold)
