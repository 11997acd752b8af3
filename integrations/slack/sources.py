"""How a source is named in Slack: number, title as a link, heading, page, date, and whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence

from assistant import Citation, Document, Language, date_words, heading_words
from integrations.slack.markup import clipped
from integrations.slack.rich_text import Part, link, section, words
from integrations.slack.wording import WORDS

_LONGEST_TITLE = 150
_LONGEST_HEADING = 120
_MOST_SHOWN = 12


def source_lines(citations: Sequence[Citation], language: Language, *, numbered: bool = True) -> list[Part]:
    """A line for each place in a source: the numbers of its quotes, each a link to that quote, and what it is."""
    places: dict[tuple[str, str], list[Citation]] = {}
    for citation in citations:
        details = source_details(citation.document, citation.heading_path, citation.page, language)
        places.setdefault((citation.document.id, details), []).append(citation)
    lines = []
    for (_, details), cited in list(places.items())[:_MOST_SHOWN]:
        numbers = [part for each in cited for part in (link(f"[{each.number}]", each.link), words(" "))]
        title = link(clipped(cited[0].document.title, _LONGEST_TITLE), cited[0].link)
        lines.append(section(*(numbers if numbered else [words("• ")]), title, words(f" · {details}")))
    return lines


def source_details(document: Document, heading_path: Sequence[str], page: int | None, language: Language) -> str:
    """What follows a source's title."""
    said = WORDS[language]
    heading = clipped(heading_words(part for part in heading_path if part != document.title), _LONGEST_HEADING)
    parts = [
        heading,
        said.page.format(page=page) if page else "",
        document_date(document, language),
        status_notice(document, language),
    ]
    return " · ".join(part for part in parts if part)


def document_date(document: Document, language: Language) -> str:
    """When a document was published."""
    if document.published is None:
        return WORDS[language].date_unknown
    return date_words(document.published) if language == "nl" else document.published.isoformat()


def status_notice(document: Document, language: Language) -> str:
    """A warning for a document that no longer holds; empty for the others."""
    said = WORDS[language]
    return {"superseded": said.superseded, "outdated": said.outdated}.get(document.status, "")
