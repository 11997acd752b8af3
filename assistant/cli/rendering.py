"""What a person sees in the terminal: answers, passages and documents; plain lines when the output is piped."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from assistant.types import Answer, Citation, Document, Passage
from assistant.wording import STATUS_WORDS, date_words, heading_words

NOTICES = {"outdated": "Let op: verouderd", "superseded": "Let op: vervangen"}


def terminal(*, errors: bool = False) -> Console:
    """The terminal, or a plain stream of lines when somebody else reads along. Honours NO_COLOR."""
    stream = sys.stderr if errors else sys.stdout
    # soft_wrap: a program that reads our lines wants them whole.
    return Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=not stream.isatty())


def print_json(value: Any, *, indented: bool = True) -> None:
    """One JSON value, flushed, so that a reader of a long batch sees every line as it comes."""
    print(json.dumps(value, ensure_ascii=False, indent=2 if indented else None), flush=True)


def print_answer(console: Console, answer: Answer) -> None:
    """The answer, its numbered sources, and what to be careful about; a refusal's text names what comes nearest."""
    console.print()
    if answer.understood_as:
        console.print(Text(f"Begrepen als: {answer.understood_as}", style="italic"))
        console.print()
    console.print(Text(answer.text))
    if answer.citations:
        _title(console, "Bronnen")
        for citation in answer.citations:
            _print_citation(console, citation)
    if answer.warnings:
        _title(console, "Let op")
        for caution in answer.warnings:
            console.print(Text(f"- {caution.text}", style="yellow"))


def print_passages(console: Console, passages: Sequence[Passage]) -> None:
    """Ranked search results."""
    for rank, passage in enumerate(passages, start=1):
        console.print()
        console.print(Text.assemble((f"{rank}. {passage.document.title}", "bold"), f"  ({passage.score:.3f})"))
        _detail(console, _place(passage.document, passage.chunk.heading_path, passage.chunk.page))
        _detail(console, " ".join(passage.chunk.text.split()))


def print_documents(console: Console, documents: Sequence[Document]) -> None:
    """One line a document."""
    width = max((len(document.id) for document in documents), default=0)
    for document in documents:
        console.print(Text.assemble((document.id.ljust(width), "bold"), "  ", _summary(document)))


def print_document(console: Console, document: Document) -> None:
    """All that the catalogue knows of one document."""
    rows = {
        "Id": document.id,
        "Titel": document.title,
        "Uitgever": document.publisher or "onbekend",
        "Datum": date_words(document.published),
        "Status": STATUS_WORDS[document.status],
        "Taal": document.language,
        "Thema's": ", ".join(document.themes) or "geen",
        "Vervangt": ", ".join(document.supersedes) or "niets",
        "Vervangen door": document.superseded_by or "niets",
        "Licentie": document.licence or "onbekend",
        "Origineel": document.url or "onbekend",
        "Bestand": str(document.file),
    }
    for name, value in rows.items():
        console.print(Text.assemble((f"{name}: ".ljust(16), "bold"), value))


def print_check(console: Console, ok: bool, sentence: str) -> None:
    """One line of a report, with a tick or a cross in front."""
    console.print(Text.assemble(("✓ ", "green") if ok else ("✗ ", "red"), sentence))


def _title(console: Console, words: str) -> None:
    console.print()
    console.print(Text(words, style="bold"))


def _print_citation(console: Console, citation: Citation) -> None:
    console.print(Text.assemble((f"[{citation.number}] ", "bold cyan"), _summary(citation.document)))
    _detail(console, _place(citation.document, citation.heading_path, citation.page))
    _detail(console, f"“{' '.join(citation.quote.split())}”", "italic")
    # A link is one word: never broken over two lines, so that it can be clicked and copied.
    console.print(Text(f"    {citation.link}", style="dim"), soft_wrap=True)


def _summary(document: Document) -> str:
    parts = [document.title, document.publisher or "", date_words(document.published), NOTICES.get(document.status, "")]
    return " · ".join(part for part in parts if part)


def _place(document: Document, heading_path: Sequence[str], page: int | None) -> str:
    # A document often opens with its own title as the first heading.
    headings = [heading for heading in heading_path if heading != document.title]
    parts = [heading_words(headings), f"pagina {page}" if page else ""]
    return ", ".join(part for part in parts if part)


def _detail(console: Console, words: str, style: str = "") -> None:
    if not words:
        return
    if console.soft_wrap:
        console.print(Text(f"    {words}", style=style))
    else:
        console.print(Padding(Text(words, style=style), (0, 0, 0, 4)))
