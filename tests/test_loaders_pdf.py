"""PDF: pages, headings, running lines, hyphens; files are made with reportlab and pypdf in the test."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from assistant.errors import DocumentError
from assistant.loaders import load
from assistant.loaders.hyphens import join_broken
from assistant.loaders.pdf import bookmarks_of
from assistant.types import Page, Source

PDFS = Path(__file__).parents[2] / "shared" / "pdfs"

# A line of a page: text, letter size, bold, room above in points.
Row = tuple[str, float, bool, float]


def body(text: str, above: float = 13) -> Row:
    return text, 10, False, above


def head(text: str) -> Row:
    return text, 16, True, 30


def make_pdf(path: Path, pages: Sequence[Sequence[Row]], decorate: Callable[[Canvas, int], None] | None = None) -> Path:
    canvas = Canvas(str(path), pagesize=(595, 842))
    for number, rows in enumerate(pages, start=1):
        if decorate:
            decorate(canvas, number)
        y = 760.0
        for text, size, bold, above in rows:
            y -= above
            canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
            canvas.drawString(72, y, text)
        canvas.showPage()
    canvas.save()
    return path


def shown(source: Source) -> list[tuple[str, str]]:
    return [(block.kind, source.text[block.begin : block.end]) for block in source.blocks]


LINES = [
    body("De gemeente werkt samen met de regio aan een aanpak die inwoners met veel proble-", 24),
    body("men sneller helpt. Daarbij horen zorg- en veiligheidspartners, de Wmo-consulent en de"),
    body("wijkteams, die samen een plan maken en dat elk half jaar met de raad bespreken."),
]


def test_lines_become_paragraphs_with_hyphens_mended(tmp_path: Path) -> None:
    source = load(make_pdf(tmp_path / "a.pdf", [[head("Samen werken"), *LINES]]))

    assert shown(source) == [
        ("heading", "Samen werken"),
        (
            "paragraph",
            "De gemeente werkt samen met de regio aan een aanpak die inwoners met veel problemen sneller helpt. "
            "Daarbij horen zorg- en veiligheidspartners, de Wmo-consulent en de wijkteams, die samen een plan maken en "
            "dat elk half jaar met de raad bespreken.",
        ),
    ]
    assert source.title == "Samen werken"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("de gemeen-", "ten doen", "de gemeenten doen"),
        ("zorg-", "en welzijn", "zorg- en welzijn"),
        ("Noord-", "Brabant", "Noord-Brabant"),
        ("de GGZ-", "instelling", "de GGZ-instelling"),
        ("is ge-", "interesseerd", "is geïnteresseerd"),
        ("zacht\u00ad", "jes", "zachtjes"),
        ("gewoon", "verder", "gewoon verder"),
        ("kind-", "gezin", "kindgezin"),
    ],
)
def test_broken_words_are_joined_as_dutch_writes_them(left: str, right: str, expected: str) -> None:
    assert join_broken(left, right) == expected


def test_the_rest_of_the_document_shows_how_a_word_is_written() -> None:
    assert join_broken("de Wmo-", "voorziening", frozenset({"wmo-voorziening"})) == "de Wmo-voorziening"
    assert join_broken("een e-mail-", "adres", frozenset({"e-mailadres"})) == "een e-mailadres"


def test_running_lines_and_page_numbers_go(tmp_path: Path) -> None:
    def decorate(canvas: Canvas, number: int) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 810, "Leidraad werken in de regio")
        canvas.drawString(500, 30, f"Pagina {number} van 4")

    pages = [
        [body(f"Alinea van bladzijde {word} staat hier als volzin.", 24)] for word in ("een", "twee", "drie", "vier")
    ]

    source = load(make_pdf(tmp_path / "a.pdf", pages, decorate))

    assert [text for _, text in shown(source)] == [row[0][0] for row in pages]


def test_a_sentence_goes_on_over_the_page(tmp_path: Path) -> None:
    pages = [
        [body("De afspraak geldt voor alle teams die in de regio", 24)],
        [body("samen werken aan veiligheid.", 24)],
    ]

    source = load(make_pdf(tmp_path / "a.pdf", pages))

    assert shown(source) == [
        ("paragraph", "De afspraak geldt voor alle teams die in de regio samen werken aan veiligheid.")
    ]
    boundary = source.text.index("samen")
    assert source.pages == (Page(1, 0, boundary), Page(2, boundary, len(source.text)))


def test_bullets_are_items_and_contents_with_leaders_go(tmp_path: Path) -> None:
    rows = [
        head("Inhoud"),
        body("1 Inleiding ........................ 2", 24),
        body("2 Taken ............................ 3"),
        head("Taken"),
        body("• Signaleren van zorgen bij inwoners", 24),
        body("• Helpen waar het kan"),
    ]

    source = load(make_pdf(tmp_path / "a.pdf", [rows]))

    assert shown(source) == [
        ("heading", "Taken"),
        ("list_item", "Signaleren van zorgen bij inwoners"),
        ("list_item", "Helpen waar het kan"),
    ]


def table_pdf(path: Path, header_font: str) -> Path:
    canvas = Canvas(str(path), pagesize=(595, 842))
    rows = [
        ("Lid", "Functie"),
        ("Piet Jansma", "lid van de raad"),
        ("Anna Smit", "wethouder"),
        ("Jan de Vries", "griffier"),
    ]
    for number, row in enumerate(rows):
        canvas.setFont(header_font if number == 0 else "Helvetica", 10)
        for x, text in zip((72, 220), row, strict=True):
            canvas.drawString(x, 700 - 18 * number, text)
    canvas.save()
    return path


def test_a_printed_table_gives_a_piece_a_row(tmp_path: Path) -> None:
    source = load(table_pdf(tmp_path / "a.pdf", "Helvetica-Bold"))

    assert shown(source) == [
        ("table_row", "Lid: Piet Jansma; Functie: lid van de raad"),
        ("table_row", "Lid: Anna Smit; Functie: wethouder"),
        ("table_row", "Lid: Jan de Vries; Functie: griffier"),
    ]


def test_two_columns_without_a_header_in_other_print_are_told_as_they_stand(tmp_path: Path) -> None:
    source = load(table_pdf(tmp_path / "a.pdf", "Helvetica"))

    assert [text for _, text in shown(source)][:2] == ["Lid; Functie", "Piet Jansma; lid van de raad"]


def test_bookmarks_make_headings_of_plain_lines(tmp_path: Path) -> None:
    plain = make_pdf(
        tmp_path / "plat.pdf",
        [
            [
                body("Doel van de aanpak", 24),
                body("De aanpak helpt inwoners.", 24),
                body("Rol van de raad", 24),
                body("De raad stelt vast.", 24),
            ]
        ],
    )
    writer = PdfWriter(clone_from=str(plain))
    parent = writer.add_outline_item(title="1. Doel van de aanpak", page_number=0)
    writer.add_outline_item(title="Rol van de raad", page_number=0, parent=parent)
    path = tmp_path / "a.pdf"
    writer.write(str(path))

    source = load(path)

    assert [(block.kind, block.level) for block in source.blocks] == [
        ("heading", 1),
        ("paragraph", 0),
        ("heading", 2),
        ("paragraph", 0),
    ]


def test_a_page_without_text_gives_a_warning_and_the_rest_loads(tmp_path: Path) -> None:
    source = load(
        make_pdf(tmp_path / "scan.pdf", [[body("Eerste bladzijde.", 24)], [], [body("Derde bladzijde.", 24)]])
    )

    assert len(source.warnings) == 1
    assert source.warnings[0] == "Pagina 2 van scan.pdf is leeg."
    assert [page.number for page in source.pages] == [1, 2, 3]
    assert source.pages[1].begin == source.pages[1].end
    assert source.text[source.pages[2].begin :] == "Derde bladzijde."


def test_a_pdf_without_any_text_is_refused(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "scan.pdf", [[], []])

    with pytest.raises(DocumentError, match=r"scan\.pdf bevat op geen enkele pagina tekst"):
        load(path)


def encrypted(folder: Path, password: str) -> Path:
    writer = PdfWriter(clone_from=str(make_pdf(folder / "open.pdf", [[body("Geheim stuk.", 24)]])))
    writer.encrypt(user_password=password, owner_password="eigenaar", algorithm="RC4-128")
    path = folder / "dicht.pdf"
    writer.write(str(path))
    return path


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"dicht\.pdf is beveiligd met een wachtwoord"):
        load(encrypted(tmp_path, "geheim"))


def test_an_encrypted_pdf_that_opens_without_password_loads(tmp_path: Path) -> None:
    assert load(encrypted(tmp_path, "")).text == "Geheim stuk."


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_off_pdf_loads_or_is_refused(tmp_path: Path, share: float) -> None:
    data = make_pdf(tmp_path / "heel.pdf", [[head("Kop"), *LINES]]).read_bytes()
    path = tmp_path / "kapot.pdf"
    path.write_bytes(data[: int(len(data) * share)])

    # Anything but a source or our own error fails the test.
    with contextlib.suppress(DocumentError):
        assert load(path).blocks


def test_a_date_on_page_one_is_stated_but_the_date_of_the_file_is_not(tmp_path: Path) -> None:
    dated = load(make_pdf(tmp_path / "a.pdf", [[head("Brief"), body("Den Haag, 12 mei 2021", 24), *LINES]]))
    undated = load(make_pdf(tmp_path / "b.pdf", [[head("Brief"), *LINES]]))

    assert PdfReader(tmp_path / "b.pdf").metadata is not None
    assert (dated.stated_date, undated.stated_date) == (date(2021, 5, 12), None)


def test_a_hundred_pages_load_within_the_budget(tmp_path: Path) -> None:
    page = [head("Hoofdstuk"), *LINES * 12]
    path = make_pdf(tmp_path / "lang.pdf", [page] * 100)

    start = time.perf_counter()
    source = load(path)

    assert len(source.pages) == 100
    assert time.perf_counter() - start < 10


@pytest.mark.skipif(not PDFS.exists(), reason="shared PDFs are absent")
@pytest.mark.parametrize("path", sorted(PDFS.glob("*.pdf")), ids=lambda path: path.stem[-30:])
def test_the_shared_pdfs(path: Path) -> None:
    source = load(path)

    bookmarks = bookmarks_of(path)
    headings = sum(block.kind == "heading" for block in source.blocks)
    assert headings >= 0.9 * len(bookmarks)
    assert [page.begin for page in source.pages[1:]] == [page.end for page in source.pages[:-1]]
    assert (source.pages[0].begin, source.pages[-1].end) == (0, len(source.text))
    end = 0
    for block in source.blocks:
        text = source.text[block.begin : block.end]
        assert end <= block.begin < block.end
        assert text == text.strip()
        assert not set(text) & set("\n\u00a0\u00adﬁﬂ")
        end = block.end


Cell = tuple[float, float, str]  # x, y, text


def draw(path: Path, cells: Sequence[Cell], size: float = 10, header: int = 0) -> Path:
    """A page with each text at its place, in this order; the first `header` texts are printed heavy."""
    canvas = Canvas(str(path), pagesize=(595, 842))
    for number, (x, y, text) in enumerate(cells):
        canvas.setFont("Helvetica-Bold" if number < header else "Helvetica", size)
        canvas.drawString(x, y, text)
    canvas.save()
    return path


@pytest.mark.parametrize("turned", [90, 180, 270])
@pytest.mark.parametrize("page_turned", [False, True])
def test_turned_text_reads_as_upright_text(tmp_path: Path, turned: int, page_turned: bool) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(595, 842))
    canvas.rotate(turned)
    canvas.translate(*{90: (0, -595), 180: (-595, -842), 270: (-842, 0)}[turned])
    if page_turned:
        canvas.setPageRotation(turned)
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(60, 500, "Samen werken")
    canvas.setFont("Helvetica", 10)
    for number, text in enumerate(("De gemeente werkt aan een aanpak die inwoners met veel proble-", "men helpt.")):
        canvas.drawString(60, 470 - 13 * number, text)
    canvas.save()

    assert shown(load(path)) == [
        ("heading", "Samen werken"),
        ("paragraph", "De gemeente werkt aan een aanpak die inwoners met veel problemen helpt."),
    ]


LEFT = [
    "De gemeente werkt samen met de",
    "regio aan een aanpak waarmee zij",
    "inwoners met problemen helpt en",
    "vooruit.",
]
RIGHT = [
    "De raad stelt dit plan vast en",
    "bespreekt het elk half jaar met",
    "alle partners in de regio, want",
    "dat mag.",
]


@pytest.mark.parametrize("row_by_row", [True, False])
def test_columns_are_read_one_after_the_other(tmp_path: Path, row_by_row: bool) -> None:
    left = [(60.0, 700.0 - 13 * number, text) for number, text in enumerate(LEFT)]
    right = [(310.0, 700.0 - 13 * number, text) for number, text in enumerate(RIGHT)]
    cells = [cell for row in zip(left, right, strict=True) for cell in row] if row_by_row else [*left, *right]

    assert shown(load(draw(tmp_path / "a.pdf", cells))) == [
        ("paragraph", " ".join(LEFT)),
        ("paragraph", " ".join(RIGHT)),
    ]


def test_a_printed_table_may_have_empty_cells_and_figures_to_the_right(tmp_path: Path) -> None:
    header = [(72.0, 700.0, "Grond"), (200.0, 700.0, "Meldingen"), (320.0, 700.0, "Aangiften")]
    rows = [
        *((72.0, 682.0, "Geslacht"), (240.0, 682.0, "12"), (360.0, 682.0, "3")),
        *((72.0, 664.0, "Herkomst"), (360.0, 664.0, "45")),
        *((72.0, 646.0, "Leeftijd"), (246.0, 646.0, "7")),
    ]

    assert shown(load(draw(tmp_path / "a.pdf", [*header, *rows], header=3))) == [
        ("table_row", "Grond: Geslacht; Meldingen: 12; Aangiften: 3"),
        ("table_row", "Grond: Herkomst; Aangiften: 45"),
        ("table_row", "Grond: Leeftijd; Meldingen: 7"),
    ]


def test_what_stands_side_by_side_without_a_table_is_one_line(tmp_path: Path) -> None:
    cells = [(72.0, 700.0, "Versie"), (200.0, 700.0, "0.90"), (72.0, 660.0, "De versie is nog niet vastgesteld.")]

    assert [text for _, text in shown(load(draw(tmp_path / "a.pdf", cells)))] == [
        "Versie 0.90",
        "De versie is nog niet vastgesteld.",
    ]


def test_contents_with_page_numbers_drawn_apart_go(tmp_path: Path) -> None:
    cells = [(72.0, 750.0, "Inhoud")]
    cells += [
        (x, 720.0 - 18 * n, text) for n in range(3) for x, text in ((72.0, f"{n + 1}. Deel"), (500.0, str(n + 3)))
    ]
    cells += [(72.0, 600.0, "De tekst begint hier en gaat over de aanpak van de regio.")]

    assert [text for _, text in shown(load(draw(tmp_path / "a.pdf", cells)))] == [cells[-1][2]]


def test_questions_of_parliament_are_known_by_what_they_ask(tmp_path: Path) -> None:
    rows = [
        head("Tweede Kamer der Staten-Generaal"),
        body("Vragen van het lid Jansma (Partij) aan de Minister van Zorg over wacht-", 24),
        body("tijden in de regio (ingezonden 3 mei 2024)."),
        body("Antwoord van de minister.", 24),
    ]

    title = "Vragen van het lid Jansma (Partij) aan de Minister van Zorg over wachttijden in de regio"
    assert load(make_pdf(tmp_path / "a.pdf", [rows])).title == title


def test_a_paper_of_parliament_is_known_by_its_dossier(tmp_path: Path) -> None:
    rows = [
        head("Tweede Kamer der Staten-Generaal"),
        body("35 538", 24),
        body("Regels over samenwerking in het sociaal domein", 24),
        body("Nr. 4 ADVIES", 24),
        body("Hieronder staat het advies van de Afdeling.", 24),
    ]

    source = load(make_pdf(tmp_path / "a.pdf", [rows]))

    assert source.title == "Regels over samenwerking in het sociaal domein (Kamerstuk 35 538, nr. 4)"
