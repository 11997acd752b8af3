"""What the assistant would make of a document, before it goes live: one HTML page that needs nothing else.

In: a file and the model. Out: its pages as pictures beside the text as it was read, with headings and passages marked,
what is remarkable about it, and the answers to three questions asked of this document alone.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

from assistant.embeddings import Embedder
from assistant.errors import PageError
from assistant.limited_load import Limits, load_limited
from assistant.loaders.reading import PLAIN, Reading
from assistant.pdf_drawing import opened_page, page_pixels
from assistant.png import encode_png
from assistant.trial import QUESTIONS, Trial, examine
from assistant.types import Answer, Block, Chunk, Document, Page, Source
from assistant.wording import date_words, heading_words

MARKER = "<!-- Beleidswijzer: voorbeeld van een document -->"
_PAGES_DRAWN = 100
_WIDTH = 720  # pixels
_LONGEST = 2_000  # pixels; a page may say that it is metres long
_WAIT_SECONDS, _DRAW_SECONDS = 30.0, 5.0
_STYLE = """
:root { color-scheme: light; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 90rem; padding: 1rem; color: #1a1a1a; }
h1, h2, h3 { line-height: 1.25; }
.bladzijde { display: grid; gap: 1.5rem; grid-template-columns: 1fr 1fr; border-top: 2px solid; padding: 1rem 0; }
.bladzijde.tekst { grid-template-columns: 1fr; }
.bladzijde h3 { grid-column: 1 / -1; margin: 0; }
img { width: 100%; height: auto; border: 1px solid #767676; }
.kop { background: #fff3c4; font-weight: bold; padding: 0 .3rem; }
.passage { border-top: 2px dashed #005ea5; color: #005ea5; font-size: .85rem; margin: 1rem 0 .3rem; }
.weg { color: #595959; font-size: .85rem; text-decoration: line-through; }
.let-op { border-left: .4rem solid #b50000; padding-left: 1rem; }
blockquote { border-left: .3rem solid #767676; margin-left: 0; padding-left: 1rem; }
@media (max-width: 50rem) { .bladzijde { grid-template-columns: 1fr; } }
"""


@dataclass(frozen=True)
class Preview:
    """A preview and what stands in it."""

    html: str
    passages: int
    findings: tuple[str, ...]  # Dutch
    answers: tuple[Answer, ...]


def preview(
    file: Path,
    embedder: Embedder,
    questions: Sequence[str] = (),
    *,
    limits: Limits | None = None,
    reading: Reading = PLAIN,
) -> Preview:
    """The preview of one file; nothing of the corpus or its index is read or changed.

    Args:
        questions: to ask of the document; after its own headings by default.

    Raises:
        DocumentError: the document cannot be read.
        QuestionError: a question cannot be asked.
    """
    source = load_limited(file, limits, reading)
    examined = examine(source, file)
    asked = tuple(questions) or examined.questions
    with Trial(examined, embedder) as trial:
        answers = tuple(trial.ask(question) for question in asked)
    document, chunks, findings = examined.document, examined.chunks, examined.findings
    html = "\n".join(_page(document, source, examined.source, chunks, findings, answers))
    return Preview(html, len(chunks), findings, answers)


def _page(
    document: Document,
    source: Source,
    indexed: Source,
    chunks: Sequence[Chunk],
    findings: Sequence[str],
    answers: Sequence[Answer],
) -> Iterator[str]:
    yield "<!doctype html>"
    yield MARKER
    yield f'<html lang="nl"><head><meta charset="utf-8"><title>Voorbeeld: {escape(document.title)}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{_STYLE}</style></head><body>'
    yield f"<header><h1>Voorbeeld: {escape(document.title)}</h1>"
    yield "<p>Zo leest de assistent dit document. Er is nog niets toegevoegd of veranderd.</p></header><main>"
    yield from _facts(document, source, chunks)
    if findings:
        items = "".join(f"<li>{escape(finding)}</li>" for finding in findings)
        yield f'<section class="let-op"><h2>Let op</h2><ul>{items}</ul></section>'
    yield "<section><h2>Drie vragen aan dit document</h2>" if len(answers) == QUESTIONS else "<section><h2>Vragen</h2>"
    for answer in answers:
        yield from _answer(answer)
    yield "</section><section><h2>Bladzijden en tekst</h2>"
    yield (
        '<p>Geel is een <span class="kop">kop</span>. Een blauwe lijn is het begin van een passage. '
        '<span class="weg">Doorgestreept</span> komt niet in de index.</p>'
    )
    for place, page in enumerate(indexed.pages):
        yield from _side_by_side(document, indexed, page, chunks, place < _PAGES_DRAWN)
    yield "</section></main></body></html>\n"


def _facts(document: Document, source: Source, chunks: Sequence[Chunk]) -> Iterator[str]:
    headings = sum(block.kind == "heading" for block in source.blocks)
    pages = sum(page.number is not None for page in source.pages)
    yield "<section><h2>Gevonden</h2><ul>"
    yield f"<li>Titel in het document: {escape(source.title or 'geen')}</li>"
    yield f"<li>Datum in het document: {escape(date_words(source.stated_date))}</li>"
    yield f"<li>Uitgever in het document: {escape(source.publisher or 'geen')}</li>"
    yield f"<li>Taal: {'Engels' if document.language == 'en' else 'Nederlands'}</li>"
    yield f"<li>Bladzijden: {pages or 'geen'}, woorden: {len(source.text.split())}, "
    yield f"koppen: {headings}, passages: {len(chunks)}</li></ul></section>"


def _answer(answer: Answer) -> Iterator[str]:
    yield f"<h3>{escape(answer.question)}</h3><p>{escape(answer.text)}</p>"
    for citation in answer.citations:
        where = [heading_words(citation.heading_path), f"pagina {citation.page}" if citation.page else ""]
        place = ", ".join(part for part in where if part)
        yield f"<blockquote>{escape(' '.join(citation.quote.split()))}<br>"
        yield f"<small>[{citation.number}] {escape(place)}</small></blockquote>"


def _side_by_side(
    document: Document, source: Source, page: Page, chunks: Sequence[Chunk], drawn: bool
) -> Iterator[str]:
    picture = _picture(document.file, page.number) if page.number and document.file.suffix.lower() == ".pdf" else ""
    if picture and not drawn:
        picture = f"<p>Van de eerste {_PAGES_DRAWN} bladzijden is een beeld gemaakt; van deze niet.</p>"
    yield f'<div class="bladzijde{"" if picture else " tekst"}">'
    if page.number:
        yield f"<h3>Bladzijde {page.number}</h3>"
    if picture:
        yield f"<div>{picture}</div>"
    yield f'<div lang="{document.language}">'
    yield from _text(source, page, chunks)
    yield "</div></div>"


def _picture(file: Path, number: int) -> str:
    try:
        with opened_page(file, number, _WAIT_SECONDS) as page:
            width, height = page.get_size()
            scale = min(_WIDTH / max(width, 1.0), _LONGEST / max(height, 1.0))
            size = max(1, int(width * scale)), max(1, int(height * scale))
            pixels = page_pixels(page, *size, _DRAW_SECONDS, grey=True)
    except PageError as error:
        return f"<p>{escape(str(error).partition('. ')[0])}.</p>"
    encoded = b64encode(encode_png(pixels.reshape(size[1], size[0]))).decode()
    return f'<img alt="Bladzijde {number} zoals hij eruitziet" src="data:image/png;base64,{encoded}">'


def _text(source: Source, page: Page, chunks: Sequence[Chunk]) -> Iterator[str]:
    """The text of a page, with the beginning of every passage; what is in no block is struck through."""
    place = page.begin
    for block in source.blocks:
        if not page.begin <= block.begin < page.end:
            continue
        yield from _left_out(source.text[place : block.begin])
        yield from _marked(source.text, block, chunks)
        place = block.end
    yield from _left_out(source.text[place : page.end])


def _left_out(text: str) -> Iterator[str]:
    if text.strip():
        yield f'<p class="weg">{escape(" ".join(text.split()))}</p>'


def _marked(text: str, block: Block, chunks: Sequence[Chunk]) -> Iterator[str]:
    """One block; in the middle of it a new passage may begin."""
    if block.kind == "heading":
        yield f'<p class="kop">{escape(text[block.begin : block.end])}</p>'
        return
    begins = {each.begin: each for each in chunks if block.begin <= each.begin < block.end}
    borders = sorted({block.begin, *begins, block.end})
    for begin, end in pairwise(borders):
        if begin in begins:
            yield f'<p class="passage">{escape(_passage_words(begins[begin]))}</p>'
        bullet = "• " if block.kind == "list_item" and begin == block.begin else ""
        yield f"<p>{bullet}{escape(text[begin:end])}</p>"


def _passage_words(piece: Chunk) -> str:
    path = heading_words(piece.heading_path)
    return f"Passage {piece.ordinal + 1}, {len(piece.text.split())} woorden{f' – {path}' if path else ''}"
