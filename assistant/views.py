"""Source views: a document's text as one readable HTML page, and links that open it at a quote."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import quote as percent_encoded

from assistant.chunking import chunk
from assistant.files import write_atomically
from assistant.types import Block, Document, Sentence, Source
from assistant.wording import STATUS_WORDS, date_words

VIEW_VERSION = "2"  # a change writes every view again
NOTHING = range(0)
_FRAGMENT_WORDS = 6  # at each end of a long quote: enough to be unique, and the address stays readable

# With a text fragment a browser takes the paragraph around the quote for :target, or the whole page; so only a span is
# marked that way. The two rules stay apart: a browser that does not know ::target-text would drop a joint one.
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.125rem/1.6 system-ui, sans-serif; margin: 0 auto; max-width: 42rem; padding: 1rem; }
header { border-bottom: 2px solid; margin-bottom: 1.5rem; padding-bottom: 1rem; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; }
dl { display: grid; gap: 0 1rem; grid-template-columns: max-content 1fr; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
.let-op { border: 2px solid; padding: .5rem 1rem; }
.pagina { border-top: 1px solid; font-size: .9rem; margin-top: 2rem; }
.diep { margin-left: 1.5rem; }
.genummerd { list-style: none; }
span:target { background: #ffe066; color: #1a1a1a; outline: 2px solid #7a5c00; scroll-margin-top: 4rem; }
::target-text { background: #ffe066; color: #1a1a1a; }
"""
_NUMBER = re.compile(r"\d{1,3}[.)]\s")  # an item that brings its own number
_WARNINGS = {
    "outdated": "Let op: dit document is verouderd.",
    "superseded": "Let op: dit document is vervangen",
}


def quote_link(
    document: Document,
    quote: str,
    begin: int,
    *,
    page: int | None,
    folder: Path,
    version: str,
    read: Callable[[], Source],
) -> str:
    """An address that opens the document at `quote`; writes the view into `folder` if it is not there.

    A PDF opens at its page. When the view cannot be written, the document's own file is opened.

    Args:
        begin: where the quote's first sentence begins in the source.
        version: changes with the document's text and with what is known of it.
        read: gives the source, and is called only when the view has yet to be written.
    """
    if document.file.suffix.lower() == ".pdf":
        return document.file.as_uri() + (f"#page={page}" if page else "")
    fragment = text_fragment(quote)
    try:
        view = _written_view(document, version, read, folder)
    except OSError:
        return f"{document.file.as_uri()}#{fragment}"
    return f"{view.as_uri()}#z{begin}{fragment}"


def text_fragment(quote: str) -> str:
    """The part of an address that lets a browser find and mark the quote (":~:text=…")."""
    # A browser finds a piece of text only within one paragraph or list item; only from begin to end may it go on.
    lines = [line.split() for line in quote.strip().splitlines()]
    if len(lines) == 1 and len(lines[0]) <= 2 * _FRAGMENT_WORDS:
        return f":~:text={_encoded(lines[0])}"
    return f":~:text={_encoded(lines[0][:_FRAGMENT_WORDS])},{_encoded(lines[-1][-_FRAGMENT_WORDS:])}"


def source_view(document: Document, source: Source, sentences: Sequence[Sentence]) -> str:
    """The whole document as a self-contained HTML page, with an anchor `z{begin}` at every sentence."""
    parts = [
        "<!doctype html>",
        f'<html lang="{document.language}">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(document.title)}</title><style>{_STYLE}</style></head>",
        "<body>",
        *_header(document),
        '<main id="tekst">',
        source_body(source, sentences),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def source_body(
    source: Source,
    sentences: Sequence[Sentence],
    *,
    top_level: int = 2,
    marked: range = NOTHING,
    page_note: Callable[[int], str] | None = None,
) -> str:
    """The text as HTML, safe to put in a page, with an anchor `z{begin}` at every sentence.

    Args:
        top_level: of the highest headings in the text (2 is `<h2>`).
        marked: the offsets in the text that are put in `<mark>`.
        page_note: makes the HTML that stands where a page begins, from the page's number.
    """
    return "\n".join(_body(source, sentences, top_level, marked, page_note or _page_note))


def _written_view(document: Document, version: str, read: Callable[[], Source], folder: Path) -> Path:
    name = hashlib.sha256(f"{VIEW_VERSION}\0{version}".encode()).hexdigest()[:8]
    view = folder / f"{document.id}-{name}.html"
    if not view.exists():
        source = read()
        sentences = [sentence for piece in chunk(source, document) for sentence in piece.sentences]
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(view, source_view(document, source, sentences))
    return view.absolute()


def _encoded(words: Sequence[str]) -> str:
    # In a text fragment the hyphen and the comma have a meaning of their own; quote() leaves the hyphen as it is.
    return percent_encoded(" ".join(words), safe="").replace("-", "%2D")


def _header(document: Document) -> Iterator[str]:
    yield f"<header><h1>{escape(document.title)}</h1>"
    if warning := _WARNINGS.get(document.status):
        successor = (
            f" door {document.superseded_by}" if document.status == "superseded" and document.superseded_by else ""
        )
        yield f'<p class="let-op"><strong>{escape(warning.rstrip(".") + successor)}.</strong></p>'
    yield "<dl>"
    yield from _row("Uitgever", document.publisher or "onbekend")
    yield from _row("Datum", date_words(document.published))
    yield from _row("Status", STATUS_WORDS[document.status])
    if document.licence:
        yield from _row("Licentie", document.licence)
    yield "</dl>"
    if document.url:
        yield f'<p><a href="{escape(document.url)}">Naar het origineel</a></p>'
    yield "</header>"


def _row(name: str, value: str) -> Iterator[str]:
    yield f"<dt>{name}</dt><dd>{escape(value)}</dd>"


def _body(
    source: Source, sentences: Sequence[Sentence], top_level: int, marked: range, page_note: Callable[[int], str]
) -> Iterator[str]:
    by_block: dict[int, list[Sentence]] = {}
    for sentence in sentences:
        by_block.setdefault(sentence.block, []).append(sentence)
    levels = _levels(source.blocks, top_level)
    starts = {page.begin: page.number for page in source.pages if page.number is not None}
    page_begins = sorted(starts)
    blocks = list(enumerate(source.blocks))
    # Neighbouring list items and table rows belong to one list.
    for is_list, group in groupby(blocks, key=lambda item: item[1].kind in ("list_item", "table_row")):
        if is_list:
            yield "<ul>"
        for index, block in group:
            while page_begins and page_begins[0] <= block.begin and not is_list:
                yield page_note(starts[page_begins.pop(0)])
            yield _element(source.text, block, by_block.get(index, []), levels.get(index, 0), marked)
        if is_list:
            yield "</ul>"


def _element(text: str, block: Block, sentences: Sequence[Sentence], level: int, marked: range) -> str:
    content = _with_anchors(text, block, sentences, marked)
    if block.kind == "heading":
        return f"<h{level}>{content}</h{level}>"
    if block.kind == "paragraph":
        return f"<p>{content}</p>"
    classes = ["diep"] * bool(block.level) + ["genummerd"] * bool(_NUMBER.match(text, block.begin, block.end))
    return f'<li class="{" ".join(classes)}">{content}</li>' if classes else f"<li>{content}</li>"


def _with_anchors(text: str, block: Block, sentences: Sequence[Sentence], marked: range) -> str:
    """The block's text with every sentence in a span of its own."""
    parts = []
    place = block.begin
    for sentence in sentences:
        parts.append(_with_mark(text, range(place, sentence.begin), marked))
        words = _with_mark(text, range(sentence.begin, sentence.end), marked)
        parts.append(f'<span id="z{sentence.begin}">{words}</span>')
        place = sentence.end
    parts.append(_with_mark(text, range(place, block.end), marked))
    return "".join(parts)


def _with_mark(text: str, piece: range, marked: range) -> str:
    begin = min(max(piece.start, marked.start), piece.stop)
    end = max(begin, min(piece.stop, marked.stop))
    before, inside, after = (text[piece.start : begin], text[begin:end], text[end : piece.stop])
    mark = f"<mark>{_readable(inside)}</mark>" if inside else ""
    return _readable(before) + mark + _readable(after)


def _levels(blocks: Sequence[Block], top: int) -> dict[int, int]:
    """For each heading's place in `blocks` the level to show it at: a document may skip levels, a page may not."""
    shown: dict[int, int] = {}
    above: list[int] = []  # the document's own levels of the headings that this one is under
    for index, block in enumerate(blocks):
        if block.kind == "heading":
            above = [level for level in above if level < block.level] + [block.level]
            shown[index] = min(top + len(above) - 1, 6)
    return shown


def _page_note(number: int) -> str:
    return f'<p class="pagina">Pagina {number}</p>'


def _readable(text: str) -> str:
    # A browser looks for the words of a text fragment with plain spaces between them.
    return escape(text.replace("\N{NO-BREAK SPACE}", " "))
