"""Answers and passages as plain dictionaries with Dutch keys: the JSON of the command line and of HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from assistant.types import Answer, Citation, Completeness, Document, Method, Passage, Source
from assistant.wording import heading_words

COMPLETENESS_WORDS: dict[Completeness, str] = {"complete": "volledig", "partial": "gedeeltelijk", "none": "geen"}
METHOD_WORDS: dict[Method, str] = {"extractive": "extractief", "generative": "generatief"}


def answer_as_json(answer: Answer, id: str | int | None = None) -> dict[str, Any]:
    """One answer as issue 2 lays it down; `id` is the question's own id in a batch."""
    return {
        "id": id,
        "vraag": answer.question,
        "antwoord": answer.text,
        "volledigheid": COMPLETENESS_WORDS[answer.completeness],
        "werkwijze": METHOD_WORDS[answer.method],
        "taal": answer.language,
        "beweringen": [{"tekst": claim.text, "citaten": list(claim.citations)} for claim in answer.claims],
        "citaten": [citation_as_json(citation) for citation in answer.citations],
        "waarschuwingen": [{"code": caution.code, "tekst": caution.text} for caution in answer.warnings],
        "begrepenAls": answer.understood_as,
        "geblokkeerd": list(answer.blocked),
        "model": answer.model,
        "promptversie": answer.prompt_version,
        "verwijderdeBeweringen": answer.removed_claims,
        "duurMs": round(answer.duration_ms, 1),
    }


def passage_as_json(passage: Passage) -> dict[str, Any]:
    """One search result."""
    chunk = passage.chunk
    return {
        "score": round(passage.score, 4),
        "bron": _document(passage.document),
        "kop": heading_words(chunk.heading_path),
        "pagina": chunk.page,
        "tekst": chunk.text,
        "begin": chunk.begin,
        "einde": chunk.end,
    }


def document_as_json(document: Document, source: Source | None = None) -> dict[str, Any]:
    """One catalogue entry, with the loaded text where it is asked for."""
    entry = _document(document) | {
        "taal": document.language,
        "licentie": document.licence,
        "themas": list(document.themes),
        "vervangt": list(document.supersedes),
        "vervangenDoor": document.superseded_by,
        "geldigVanaf": _day(document.valid_from),
        "geldigTot": _day(document.valid_until),
        "nakijkenVoor": _day(document.review_by),
        "bestand": str(document.file),
    }
    if source is not None:
        entry["tekst"] = source.text
    return entry


def citation_as_json(citation: Citation) -> dict[str, Any]:
    """One source behind an answer."""
    return {
        "nummer": citation.number,
        "bron": _document(citation.document),
        "kop": heading_words(citation.heading_path),
        "pagina": citation.page,
        "citaat": citation.quote,
        "begin": citation.begin,
        "einde": citation.end,
        "link": citation.link,
    }


def _document(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "titel": document.title,
        "uitgever": document.publisher,
        "publicatiedatum": _day(document.published),
        "status": document.status,
        "url": document.url,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
