"""The page of a draft: what the assistant made of a document, trial questions, and the form that lets it go live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from fastapi import Request
from starlette.responses import Response

from assistant import Answer, Chunk, Examined, Page, heading_words
from integrations.http.drafts import Draft
from integrations.http.service import Service
from integrations.http.trials import Trials
from integrations.http.web.details_form import DetailsForm
from integrations.http.web.rendering import Pages, language_of
from integrations.http.web.texts import texts

MOST_QUESTIONS = 3
_LONGEST_QUESTION = 500  # characters
_SHOWN = 40_000  # characters of a document without pages: enough to see whether it was read well
_HEADING_BELOW = 2  # the level of the heading above the text


@dataclass(frozen=True)
class Piece:
    """A stretch of a block, with the passage that begins there."""

    text: str
    passage: int | None = None  # its number, from 1
    words: int = 0  # of the passage


@dataclass(frozen=True)
class Shown:
    """A block of the text as the page shows it."""

    kind: str
    level: int  # of a heading on our page
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Tried:
    """A trial question with its answer."""

    question: str
    answer: Answer | None
    refusal: str | None  # why it is not answered, in Dutch

    def places(self) -> Iterator[tuple[str, str]]:
        """Each quote with where it stands."""
        for citation in self.answer.citations if self.answer else ():
            yield (
                " ".join(citation.quote.split()),
                ", ".join(part for part in (heading_words(citation.heading_path), _page_words(citation.page)) if part),
            )


def draft_page(
    service: Service,
    pages: Pages,
    request: Request,
    trials: Trials,
    draft: Draft,
    form: DetailsForm,
    number: int = 1,
    questions: str = "",
    tried: Sequence[Tried] = (),
) -> Response:
    """The page.

    Args:
        number: of the page of the document that is shown.
        questions: as they were typed, one a line; those that the document suggests by default.
    """
    examined = trials.examined(draft)
    numbers = [page.number for page in draft.source.pages if page.number is not None]
    page = next((each for each in examined.source.pages if each.number == number), examined.source.pages[0])
    successor_of = next((each for each in service.assistant.documents() if each.id == draft.better_for), None)
    words = texts(language_of(request))["admin"]
    return pages.render(
        request,
        "administration/draft.html",
        words["better_title"] if draft.better_for else words["draft_title"],
        400 if form.errors or form.refusal else 200,
        draft=draft,
        better_for=successor_of,
        form=form,
        findings=[finding[:1].upper() + finding[1:] for finding in examined.findings],
        passages=len(examined.chunks),
        headings=sum(block.kind == "heading" for block in examined.source.blocks),
        blocks=list(_shown(examined, page if numbers else None)),
        number=page.number,
        numbers=numbers,
        is_pdf=draft.is_pdf,
        is_cut=not numbers and len(draft.source.text) > _SHOWN,
        documents=service.assistant.documents(),
        questions=questions or "\n".join(examined.questions),
        most_questions=MOST_QUESTIONS,
        tried=tried,
    )


def tried_questions(trials: Trials, draft: Draft, typed: str) -> list[Tried]:
    """The answers to the questions that were typed, one a line; raises Problem 503 when it is too busy."""
    lines = [" ".join(line.split())[:_LONGEST_QUESTION] for line in typed.splitlines() if line.strip()]
    asked = lines[:MOST_QUESTIONS] or list(trials.examined(draft).questions)
    answers = trials.answers(draft, asked)
    return [
        Tried(question, None, answer) if isinstance(answer, str) else Tried(question, answer, None)
        for question, answer in zip(asked, answers, strict=True)
    ]


def _page_words(number: int | None) -> str:
    return f"pagina {number}" if number else ""


def _shown(examined: Examined, page: Page | None) -> Iterator[Shown]:
    """The blocks of a page, also those that begin on the page before; without pages, the beginning of the text."""
    source = examined.source
    page = page or replace(source.pages[0], end=min(source.pages[0].end, _SHOWN))
    begins = {each.begin: each for each in examined.chunks}
    for block in source.blocks:
        begin, end = max(block.begin, page.begin), min(block.end, page.end)
        if begin < end:
            pieces = (
                _pieces(source.text, begin, end, begins) if block.kind != "heading" else [Piece(source.text[begin:end])]
            )
            yield Shown(block.kind, min(max(block.level, 1) + _HEADING_BELOW, 6), tuple(pieces))


def _pieces(text: str, begin: int, end: int, begins: dict[int, Chunk]) -> list[Piece]:
    borders = sorted({begin, end, *(place for place in begins if begin < place < end)})
    found = []
    for first, last in pairwise(borders):
        piece = begins.get(first)
        own = text[first:last].strip()
        if piece is None:
            found.append(Piece(own))
        else:
            found.append(Piece(own, piece.ordinal + 1, len(piece.text.split())))
    return found
