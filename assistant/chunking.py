"""Loaded text to chunks: contiguous pieces of 120–220 words under one heading path, made of whole sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.embeddings import PassageText
from assistant.sentences import split_sentences
from assistant.types import Block, Chunk, Document, Page, Sentence, Source

CHUNKING_VERSION = "1"  # part of the manifest: a change re-chunks every document

MAX_WORDS = 220
MIN_WORDS = 120
# A list item is quoted whole up to this length; a longer one is really a paragraph and is cut into sentences.
MAX_ITEM_WORDS = 70
# The model reads 512 tokens; Dutch has about 4 characters a token (embedding.md §7), headings included.
MAX_CHARACTERS = 1_700
MAX_CONTEXT_CHARACTERS = 200


@dataclass(frozen=True)
class _Unit:
    """A sentence with what decides where a chunk may end."""

    sentence: Sentence
    path: tuple[str, ...]
    page: int | None
    words: int


def chunk(source: Source, document: Document) -> list[Chunk]:
    """The chunks of one document in reading order; every sentence of every block is in exactly one chunk."""
    groups: list[list[_Unit]] = []
    for section in _sections(list(_units(source))):
        groups.extend(_pack(section))
    return [_chunk(source, document, ordinal, group) for ordinal, group in enumerate(groups)]


def _units(source: Source) -> Iterator[_Unit]:
    path: list[tuple[int, str]] = []
    for index, block in enumerate(source.blocks):
        if block.kind == "heading":
            path = [(level, text) for level, text in path if level < block.level]
            path.append((block.level, " ".join(source.text[block.begin : block.end].split())))
            continue
        titles = tuple(text for _, text in path)
        for begin, end in _quotable(source.text, block):
            words = len(source.text[begin:end].split())
            yield _Unit(Sentence(begin, end, block.kind, index), titles, _page(source.pages, begin), words)


def _quotable(text: str, block: Block) -> list[tuple[int, int]]:
    whole = block.kind == "table_row" or (
        block.kind == "list_item" and len(text[block.begin : block.end].split()) <= MAX_ITEM_WORDS
    )
    spans = [(block.begin, block.end)] if whole else split_sentences(text, block.begin, block.end)
    return [piece for span in spans for piece in _bounded(text, span)]


def _bounded(text: str, span: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Cuts what is too long for any chunk (a table printed as one line) at a space."""
    begin, end = span
    while end - begin > MAX_CHARACTERS:
        cut = text.rfind(" ", begin + MAX_CHARACTERS // 2, begin + MAX_CHARACTERS)
        cut = cut if cut > 0 else begin + MAX_CHARACTERS
        yield begin, cut
        begin = cut + 1 if text[cut : cut + 1] == " " else cut
    if text[begin:end].strip():
        yield begin, end


def _page(pages: tuple[Page, ...], offset: int) -> int | None:
    for page in pages:
        if page.begin <= offset < page.end:
            return page.number
    return None


def _sections(units: list[_Unit]) -> Iterator[list[_Unit]]:
    section: list[_Unit] = []
    for unit in units:
        if section and (unit.path, unit.page) != (section[-1].path, section[-1].page):
            yield section
            section = []
        section.append(unit)
    if section:
        yield section


def _pack(section: list[_Unit]) -> Iterator[list[_Unit]]:
    """Cuts one section into chunks, between blocks where possible, of about equal length."""
    words = sum(unit.words for unit in section)
    parts = max(1, -(-words // MAX_WORDS))
    target = words / parts
    current: list[_Unit] = []
    count = 0
    for position, unit in enumerate(section):
        new_block = bool(current) and unit.sentence.block != current[-1].sentence.block
        block_words = _rest_of_block(section, position)
        full = count >= target * 0.75 and new_block and count + block_words > MAX_WORDS
        too_long = count + unit.words > MAX_WORDS or (
            bool(current) and unit.sentence.end - current[0].sentence.begin > MAX_CHARACTERS
        )
        if current and (full or too_long):
            yield current
            current, count = [], 0
        current.append(unit)
        count += unit.words
    if current:
        yield current


def _rest_of_block(section: list[_Unit], position: int) -> int:
    block = section[position].sentence.block
    total = 0
    for unit in section[position:]:
        if unit.sentence.block != block:
            break
        total += unit.words
    return total


def _chunk(source: Source, document: Document, ordinal: int, group: list[_Unit]) -> Chunk:
    begin, end = group[0].sentence.begin, group[-1].sentence.end
    return Chunk(
        document_id=document.id,
        ordinal=ordinal,
        heading_path=group[0].path,
        page=group[0].page,
        begin=begin,
        end=end,
        text=source.text[begin:end],
        sentences=tuple(unit.sentence for unit in group),
    )


def embedding_text(chunk: Chunk, document: Document) -> PassageText:
    """The chunk with title and headings in front, as it is embedded, and the places of its sentences in that text."""
    titles = [document.title, *(path for path in chunk.heading_path if path != document.title)]
    context = " › ".join(title for title in titles if title)[-MAX_CONTEXT_CHARACTERS:]
    prefix = f"{context}\n" if context else ""
    shift = len(prefix) - chunk.begin
    return PassageText(prefix + chunk.text, tuple((s.begin + shift, s.end + shift) for s in chunk.sentences))
