from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from assistant.chunking import chunk
from assistant.loaders import load
from assistant.types import Block, Document, Page, Sentence, Source
from assistant.views import quote_link, source_view, text_fragment

TEXT = """\
# Werken aan veiligheid

De leidraad geldt sinds 2023. Gemeenten & teams gebruiken hem, jonger < 18 jaar.

## Wat teams doen

- het gezin helpen;
- Veilig Thuis om advies vragen.

| Taak | Wie |
|---|---|
| Regie | gemeente |
"""


class Anchors(HTMLParser):
    """The text of every element with an id, and every tag that was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.tags: list[str] = []
        self._open: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self._open.append(dict(attrs).get("id"))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for anchor in filter(None, self._open):
            self.texts[anchor] = self.texts.get(anchor, "") + data


@pytest.fixture
def document(tmp_path: Path) -> Document:
    file = tmp_path / "leidraad.md"
    file.write_text(TEXT, encoding="utf-8")
    return Document("leidraad", "Leidraad <veiligheid>", file, url="https://example.nl/?a=1&b=2", status="superseded")


@pytest.fixture
def source(document: Document) -> Source:
    return load(document.file)


def sentences(document: Document, source: Source) -> list[Sentence]:
    return [sentence for piece in chunk(source, document) for sentence in piece.sentences]


def link_to(
    document: Document,
    source: Source,
    begin: int,
    end: int,
    folder: Path,
    *,
    page: int | None = None,
    version: str = "1",
) -> str:
    quote = source.text[begin:end]
    return quote_link(document, quote, begin, page=page, folder=folder, version=version, read=lambda: source)


def read(page: str) -> Anchors:
    anchors = Anchors()
    anchors.feed(page)
    return anchors


def test_every_sentence_has_an_anchor_with_its_exact_text(document: Document, source: Source) -> None:
    found = sentences(document, source)

    page = read(source_view(document, source, found))

    assert len(found) == 5
    for sentence in found:
        assert page.texts[f"z{sentence.begin}"] == source.text[sentence.begin : sentence.end]


def test_view_shows_structure_without_script(document: Document, source: Source) -> None:
    page = read(source_view(document, source, sentences(document, source)))

    assert page.tags.count("h1") == 1
    assert page.tags.count("h3") == 1  # "## Wat teams doen" under the page's own title
    assert page.tags.count("li") == 3  # two list items and a table row
    assert "script" not in page.tags


def test_everything_from_outside_is_escaped(document: Document, source: Source) -> None:
    page = source_view(document, source, sentences(document, source))

    assert "<h1>Leidraad &lt;veiligheid&gt;</h1>" in page
    assert 'href="https://example.nl/?a=1&amp;b=2"' in page
    assert "jonger &lt; 18 jaar" in page


def test_reader_is_told_that_the_document_is_replaced(document: Document, source: Source) -> None:
    page = source_view(replace(document, superseded_by="nieuw"), source, [])

    assert "Let op: dit document is vervangen door nieuw." in page
    assert "datum onbekend" in page


def test_link_opens_the_view_at_the_quote(document: Document, source: Source, tmp_path: Path) -> None:
    begin = source.text.index("Gemeenten")
    end = source.text.index(".", begin) + 1

    link = link_to(document, source, begin, end, tmp_path / "views")

    address, _, fragment = link.partition("#")
    view = Path(unquote(urlsplit(address).path))
    assert re.fullmatch(r"leidraad-[0-9a-f]{8}\.html", view.name)
    anchor, _, text = fragment.partition(":~:text=")
    assert read(view.read_text(encoding="utf-8")).texts[anchor].startswith("Gemeenten & teams")
    assert unquote(text) == "Gemeenten & teams gebruiken hem, jonger < 18 jaar."
    assert "," not in text  # a comma would part the begin of the quote from its end


def test_quote_of_several_sentences_opens_at_the_first(document: Document, source: Source, tmp_path: Path) -> None:
    first, second = sentences(document, source)[:2]

    link = link_to(document, source, first.begin, second.end, tmp_path)

    assert f"#z{first.begin}:~:text=" in link


def test_view_is_written_once_until_the_version_changes(document: Document, source: Source, tmp_path: Path) -> None:
    folder = tmp_path / "views"
    link_to(document, source, 0, 5, folder)
    (view,) = folder.iterdir()
    view.write_text("al geschreven")

    again = link_to(document, source, 0, 5, folder)
    assert view.as_uri() in again
    assert view.read_text() == "al geschreven"

    link_to(document, source, 0, 5, folder, version="2")
    assert len(list(folder.iterdir())) == 2


def test_source_is_not_read_for_a_view_that_is_there(document: Document, source: Source, tmp_path: Path) -> None:
    written = link_to(document, source, 0, 5, tmp_path)

    link = quote_link(
        document,
        source.text[0:5],
        0,
        page=None,
        folder=tmp_path,
        version="1",
        read=lambda: pytest.fail("read again"),
    )

    assert link == written


def test_pdf_opens_at_its_page(document: Document, source: Source, tmp_path: Path) -> None:
    pdf = replace(document, file=tmp_path / "map met spatie" / "nota.pdf")

    link = link_to(pdf, source, 0, 5, tmp_path / "views", page=3)

    assert link == (tmp_path / "map met spatie" / "nota.pdf").as_uri() + "#page=3"
    assert not (tmp_path / "views").exists()


def test_unwritable_folder_falls_back_to_the_document(document: Document, source: Source, tmp_path: Path) -> None:
    (tmp_path / "bestand").write_text("geen map")
    begin = source.text.index("Veilig Thuis")

    link = link_to(document, source, begin, begin + 12, tmp_path / "bestand")

    assert link == document.file.as_uri() + "#:~:text=Veilig%20Thuis"


def test_pages_are_named(document: Document) -> None:
    text = "Eerste bladzijde.\nTweede bladzijde."
    file_source = Source(text, (), (Page(1, 0, 18), Page(2, 18, len(text))))
    paragraphs = replace(file_source, blocks=line_blocks(text))

    page = source_view(document, paragraphs, [])

    assert page.index("Pagina 1") < page.index("Eerste") < page.index("Pagina 2") < page.index("Tweede")


def line_blocks(text: str) -> tuple[Block, ...]:
    return tuple(Block("paragraph", *line.span()) for line in re.finditer(r".+", text))


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("een, twee", ":~:text=een%2C%20twee"),
        ("zorg- en welzijn", ":~:text=zorg%2D%20en%20welzijn"),
        (" spaties  en\u00a0meer\n", ":~:text=spaties%20en%20meer"),
        ("over\n  twee regels", ":~:text=over,twee%20regels"),
        (" ".join("abcdefghijklmnop"), ":~:text=a%20b%20c%20d%20e%20f,k%20l%20m%20n%20o%20p"),
    ],
)
def test_text_fragment_follows_its_syntax(quote: str, expected: str) -> None:
    assert text_fragment(quote) == expected
