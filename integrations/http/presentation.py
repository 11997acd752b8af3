"""Answers, passages and documents as the API's JSON: links absolute, statuses in Dutch, no paths of this machine."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request

from assistant import (
    STATUS_WORDS,
    Answer,
    Caution,
    Citation,
    Document,
    Passage,
    Source,
    answer_as_json,
    citation_as_json,
    document_as_json,
    passage_as_json,
)
from integrations.http.readable import answer_text
from integrations.http.service import Service


def source_path(citation: Citation) -> str:
    """Where our own page shows the source at the quote, below the address of the service."""
    marked = f"?van={citation.begin}&tot={citation.end}"
    return f"/bronnen/{quote(citation.document.id, safe='')}{marked}#z{citation.begin}"


def base_of(request: Request, service: Service) -> str:
    """The address of the service without a slash at the end, as its users know it."""
    base = service.settings.http.base_url
    return base.rstrip("/") if base else f"{request.url.scheme}://{request.url.netloc}"


def answer_json(answer: Answer, base: str) -> dict[str, Any]:
    """One answer, marked as made by a machine; the question is not repeated when it held client data."""
    shown = answer_as_json(answer, answer.id) | {
        "antwoord": answer_text(answer, base),
        "citaten": [citation_json(citation, base) for citation in answer.citations],
        "dichtstbij": [citation_json(citation, base) for citation in answer.nearest],
        "zekerheid": round(answer.confidence, 3),
        "gegenereerdDoorAi": True,
    }
    return shown | {"vraag": None} if answer.blocked else shown


def citation_json(citation: Citation, base: str) -> dict[str, Any]:
    """One citation with a link that works from anywhere."""
    shown = citation_as_json(citation)
    link = f"{base}{citation.link}" if citation.link.startswith("/") else citation.link
    return shown | {"bron": _in_dutch(shown["bron"]), "link": link}


def passage_json(passage: Passage) -> dict[str, Any]:
    """One search result."""
    shown = passage_as_json(passage)
    return shown | {"bron": _in_dutch(shown["bron"])}


def document_json(document: Document, base: str) -> dict[str, Any]:
    """One document, with the address of its original file here instead of its place on this machine."""
    shown = _in_dutch(document_as_json(document))
    return shown | {"bestand": f"{base}/v1/bronnen/{quote(document.id, safe='')}/bestand"}


def source_json(source: Source) -> dict[str, Any]:
    """A document's text, with the places of its headings and pages."""
    return {
        "tekst": source.text,
        "koppen": [
            {
                "tekst": " ".join(source.text[block.begin : block.end].split()),
                "niveau": min(max(block.level, 1), 6),
                "begin": block.begin,
                "einde": block.end,
            }
            for block in source.blocks
            if block.kind == "heading"
        ],
        "paginas": [{"nummer": page.number, "begin": page.begin, "einde": page.end} for page in source.pages],
    }


def caution_json(caution: Caution) -> dict[str, str]:
    """One warning."""
    return {"code": caution.code, "tekst": caution.text}


def _in_dutch(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"status": STATUS_WORDS[document["status"]]}
