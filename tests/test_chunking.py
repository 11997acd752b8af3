"""Chunks are exact slices of the source, made of whole sentences, under one heading path, on one page."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.chunking import (
    MAX_CHARACTERS,
    MAX_CONTEXT_CHARACTERS,
    MAX_ITEM_WORDS,
    MAX_WORDS,
    MIN_WORDS,
    chunk,
    embedding_text,
)
from assistant.loaders import load
from assistant.sentences import split_sentences
from assistant.types import Block, BlockKind, Chunk, Document, Page, Source

CORPUS = Path(__file__).parents[1] / "corpus"
DOCUMENT = Document("plan", "Zorgplan", Path("plan.md"))
Piece = tuple[BlockKind, str, int]  # kind, text, level


def paragraph(text: str) -> Piece:
    return ("paragraph", text, 0)


def heading(text: str, level: int = 1) -> Piece:
    return ("heading", text, level)


def item(text: str) -> Piece:
    return ("list_item", text, 0)


def row(text: str) -> Piece:
    return ("table_row", text, 0)


def source_of(*pages: list[Piece], paged: bool = True) -> Source:
    text, blocks, bounds = "", [], [0]
    for pieces in pages:
        for kind, words, level in pieces:
            blocks.append(Block(kind, len(text), len(text) + len(words), level))
            text += words + "\n\n"
        bounds.append(len(text))
    numbered = (Page(number if paged else None, *ends) for number, ends in enumerate(pairwise(bounds), start=1))
    return Source(text, tuple(blocks), tuple(numbered))


def sentence_of(words: int, start: str = "Woord") -> str:
    return " ".join([start, *(["woord"] * (words - 1))]) + "."


def words_in(found: Chunk) -> int:
    return sum(len(found.text[s.begin - found.begin : s.end - found.begin].split()) for s in found.sentences)


def test_one_paragraph_is_one_chunk_with_its_place() -> None:
    source = source_of([heading("Taken"), paragraph("Het team belt. Het gezin wacht.")])

    [only] = chunk(source, DOCUMENT)

    assert (only.document_id, only.ordinal, only.heading_path, only.page) == ("plan", 0, ("Taken",), 1)
    assert (only.begin, only.end, only.text) == (7, 38, "Het team belt. Het gezin wacht.")
    assert [(s.begin, s.end, s.kind, s.block) for s in only.sentences] == [
        (7, 21, "paragraph", 1),
        (22, 38, "paragraph", 1),
    ]


def test_document_without_text_under_its_headings_has_no_chunks() -> None:
    assert chunk(source_of([heading("Taken"), heading("Rollen", 2)]), DOCUMENT) == []
    assert chunk(Source("", (), ()), DOCUMENT) == []


def test_heading_path_follows_the_levels() -> None:
    source = source_of(
        [
            paragraph("Vooraf."),
            heading("Deel 1", 1),
            paragraph("Een."),
            heading("Taken\nvan het  team", 3),
            paragraph("Twee."),
            heading("Rollen", 2),
            paragraph("Drie."),
            heading("Deel 2", 1),
            paragraph("Vier."),
        ]
    )

    assert [(found.heading_path, found.text) for found in chunk(source, DOCUMENT)] == [
        ((), "Vooraf."),
        (("Deel 1",), "Een."),
        (("Deel 1", "Taken van het team"), "Twee."),
        (("Deel 1", "Rollen"), "Drie."),
        (("Deel 2",), "Vier."),
    ]


def test_heading_of_the_same_level_replaces_the_one_before() -> None:
    source = source_of([heading("A", 2), paragraph("Een."), heading("B", 2), paragraph("Twee.")])

    assert [found.heading_path for found in chunk(source, DOCUMENT)] == [("A",), ("B",)]


def test_chunk_ends_where_the_page_ends() -> None:
    source = source_of([heading("Taken"), paragraph("Een.")], [paragraph("Twee."), paragraph("Drie.")])

    assert [(found.page, found.text) for found in chunk(source, DOCUMENT)] == [(1, "Een."), (2, "Twee.\n\nDrie.")]


def test_heading_path_goes_on_over_the_page() -> None:
    source = source_of([heading("Taken"), paragraph("Een.")], [paragraph("Twee.")])

    assert [found.heading_path for found in chunk(source, DOCUMENT)] == [("Taken",), ("Taken",)]


def test_unpaged_document_has_chunks_without_page() -> None:
    source = source_of([paragraph("Een.")], paged=False)

    assert [found.page for found in chunk(source, DOCUMENT)] == [None]


def test_text_outside_the_blocks_is_in_no_chunk() -> None:
    text = "Menu Home\nHet team belt.\nDeel dit bericht"
    source = Source(text, (Block("paragraph", 10, 24),), (Page(None, 0, len(text)),))

    assert [found.text for found in chunk(source, DOCUMENT)] == ["Het team belt."]


def test_list_item_and_table_row_are_one_sentence_each() -> None:
    source = source_of([item("Bel eerst. Ga dan langs."), row("Wie | Wat doet hij. Of zij.")])

    [only] = chunk(source, DOCUMENT)

    assert [(source.text[s.begin : s.end], s.kind) for s in only.sentences] == [
        ("Bel eerst. Ga dan langs.", "list_item"),
        ("Wie | Wat doet hij. Of zij.", "table_row"),
    ]


@pytest.mark.parametrize(("words", "pieces"), [(MAX_ITEM_WORDS, 1), (MAX_ITEM_WORDS + 2, 2)])
def test_only_a_list_item_as_long_as_a_paragraph_is_cut_into_sentences(words: int, pieces: int) -> None:
    source = source_of([item(f"{sentence_of(words // 2)} {sentence_of(words // 2)}")])

    [only] = chunk(source, DOCUMENT)

    assert len(only.sentences) == pieces


def test_long_list_is_cut_between_items() -> None:
    items = [f"{sentence_of(15, f'Eis{number}')} {sentence_of(14)}" for number in range(20)]

    chunks = chunk(source_of([item(text) for text in items]), DOCUMENT)

    assert [words_in(found) for found in chunks] == [203, 203, 174]
    assert [text for found in chunks for text in found.text.split("\n\n")] == items


def test_long_section_is_cut_between_paragraphs_into_equal_chunks() -> None:
    texts = [" ".join([sentence_of(20)] * 5) for _ in range(6)]

    chunks = chunk(source_of([heading("Taken"), *(paragraph(text) for text in texts)]), DOCUMENT)

    assert [found.text for found in chunks] == ["\n\n".join(texts[start : start + 2]) for start in (0, 2, 4)]
    assert {words_in(found) for found in chunks} == {200}


def test_long_paragraph_is_cut_between_sentences() -> None:
    text = " ".join([sentence_of(20)] * 30)

    chunks = chunk(source_of([paragraph(text)]), DOCUMENT)

    assert [words_in(found) for found in chunks] == [220, 220, 160]
    assert " ".join(found.text for found in chunks) == text
    assert min(words_in(found) for found in chunks) >= MIN_WORDS


def test_sentence_longer_than_a_chunk_stands_alone() -> None:
    long = " ".join(["Zo", *(["en"] * MAX_WORDS)]) + "."

    chunks = chunk(source_of([paragraph(f"Eerst dit. {long} Dan dat.")]), DOCUMENT)

    assert [found.text for found in chunks] == ["Eerst dit.", long, "Dan dat."]


def test_long_words_fill_a_chunk_by_their_letters() -> None:
    text = " ".join([sentence_of(10, "Verantwoordelijkheidsverdeling" * 3)] * 30)

    chunks = chunk(source_of([paragraph(text)]), DOCUMENT)

    assert max(len(found.text) for found in chunks) <= MAX_CHARACTERS
    assert " ".join(found.text for found in chunks) == text


@pytest.mark.parametrize("kind", ["paragraph", "list_item", "table_row"])
def test_block_too_long_for_any_chunk_is_cut_at_spaces(kind: BlockKind) -> None:
    words = [f"cel{number}" for number in range(900)]

    chunks = chunk(source_of([(kind, " ".join(words), 0)]), DOCUMENT)

    assert [word for found in chunks for word in found.text.split()] == words
    assert max(len(found.text) for found in chunks) <= MAX_CHARACTERS
    assert [found.text for found in chunks if found.text != found.text.strip()] == []


def test_block_without_any_space_is_cut_by_length() -> None:
    text = "x" * (2 * MAX_CHARACTERS + 10)

    chunks = chunk(source_of([paragraph("Vooraf."), paragraph(text)]), DOCUMENT)

    assert [len(found.text) for found in chunks] == [7, MAX_CHARACTERS, MAX_CHARACTERS, 10]


def test_embedding_text_puts_title_and_headings_in_front_and_points_at_the_sentences() -> None:
    source = source_of([heading("Taken"), heading("Team", 2), paragraph("Het team belt. Het gezin wacht.")])
    [only] = chunk(source, DOCUMENT)

    embedded = embedding_text(only, DOCUMENT)

    assert embedded.text == "Zorgplan › Taken › Team\nHet team belt. Het gezin wacht."
    assert [embedded.text[begin:end] for begin, end in embedded.spans] == ["Het team belt.", "Het gezin wacht."]


def test_embedding_text_says_the_title_once() -> None:
    [only] = chunk(source_of([heading("Zorgplan"), paragraph("Een.")]), DOCUMENT)

    assert embedding_text(only, DOCUMENT).text == "Zorgplan\nEen."


def test_embedding_text_without_title_and_headings_is_the_text() -> None:
    [only] = chunk(source_of([paragraph("Een.")]), DOCUMENT)

    embedded = embedding_text(only, Document("plan", "", Path("plan.md")))

    assert (embedded.text, embedded.spans) == ("Een.", ((0, 4),))


def test_embedding_text_keeps_the_nearest_headings_of_a_long_path() -> None:
    [only] = chunk(source_of([heading("A" * 300), heading("Team", 2), paragraph("Een.")]), DOCUMENT)

    embedded = embedding_text(only, DOCUMENT)

    assert embedded.text == "A" * (MAX_CONTEXT_CHARACTERS - len(" › Team")) + " › Team\nEen."
    assert [embedded.text[begin:end] for begin, end in embedded.spans] == ["Een."]


SENTENCES: st.SearchStrategy[str] = st.sampled_from(
    [
        "Het team belt o.a. Veilig Thuis.",
        "Zie art. 2.3 Jeugdwet!",
        "Wat nu?",
        "“Ja.”",
        "zonder punt",
        sentence_of(30),
        sentence_of(130),
        sentence_of(250),
        "cel " * 600 + "einde.",
        "x" * 2000,
    ]
)
KINDS: list[BlockKind] = ["heading", "paragraph", "paragraph", "paragraph", "list_item", "table_row"]
PIECES = st.tuples(st.sampled_from(KINDS), st.lists(SENTENCES, min_size=1, max_size=6).map(" ".join), st.integers(1, 4))
SOURCES = st.lists(st.lists(PIECES, max_size=8), min_size=1, max_size=3).map(lambda pages: source_of(*pages))


@settings(deadline=None)  # the time of a busy machine is no failure
@given(SOURCES)
def test_every_sentence_of_every_block_is_in_exactly_one_chunk(source: Source) -> None:
    chunks = chunk(source, DOCUMENT)

    quoted = [sentence for found in chunks for sentence in found.sentences]
    body = [(number, block) for number, block in enumerate(source.blocks) if block.kind != "heading"]
    for number, block in body:
        own = [sentence for sentence in quoted if sentence.block == number]
        texts = [source.text[sentence.begin : sentence.end] for sentence in own]
        assert "".join("".join(texts).split()) == "".join(source.text[block.begin : block.end].split())
        assert {sentence.kind for sentence in own} == {block.kind}
        if block.kind != "paragraph" and block.end - block.begin > MAX_CHARACTERS:
            continue  # a row or an item too long for any chunk is cut by length
        for begin, end in split_sentences(source.text, block.begin, block.end):
            assert end - begin > MAX_CHARACTERS or sum(s.begin <= begin and end <= s.end for s in own) == 1
    edges = [edge for sentence in quoted for edge in (sentence.begin, sentence.end)]
    assert edges == sorted(edges)
    assert {sentence.block for sentence in quoted} == {number for number, _ in body}


@settings(deadline=None)  # the time of a busy machine is no failure
@given(SOURCES)
def test_every_chunk_is_an_exact_slice_on_one_page_and_not_too_long(source: Source) -> None:
    chunks = chunk(source, DOCUMENT)

    assert [found.ordinal for found in chunks] == list(range(len(chunks)))
    for found in chunks:
        assert found.text == source.text[found.begin : found.end]
        assert (found.begin, found.end) == (found.sentences[0].begin, found.sentences[-1].end)
        assert [p.number for p in source.pages if p.begin < found.end and found.begin < p.end] == [found.page]
        assert len(found.text) <= MAX_CHARACTERS
        assert len(found.sentences) == 1 or words_in(found) <= MAX_WORDS


@settings(deadline=None)  # the time of a busy machine is no failure
@given(SOURCES)
def test_embedded_spans_always_point_at_the_sentences(source: Source) -> None:
    for found in chunk(source, DOCUMENT):
        embedded = embedding_text(found, DOCUMENT)

        expected = [source.text[sentence.begin : sentence.end] for sentence in found.sentences]
        assert [embedded.text[begin:end] for begin, end in embedded.spans] == expected


@settings(deadline=None)  # the time of a busy machine is no failure
@given(SOURCES)
def test_chunking_is_the_same_every_time(source: Source) -> None:
    assert chunk(source, DOCUMENT) == chunk(source, DOCUMENT)


@pytest.mark.parametrize("path", sorted(p for p in CORPUS.glob("*.*") if p.suffix in {".md", ".pdf", ".docx"}), ids=str)
def test_starter_corpus_is_cut_into_exact_slices_of_one_page(path: Path) -> None:
    source = load(path)

    chunks = chunk(source, DOCUMENT)

    assert [found.ordinal for found in chunks if found.text != source.text[found.begin : found.end]] == []
    assert [found.ordinal for found in chunks if words_in(found) > MAX_WORDS and len(found.sentences) > 1] == []
    # A paragraph that runs on over the page is quoted whole, under the page where it begins.
    begins = {p.number: (p.begin, p.end) for p in source.pages}
    assert [s for found in chunks for s in found.sentences if s.begin not in range(*begins[found.page])] == []
