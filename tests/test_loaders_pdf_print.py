"""PDF: what the print of a page tells: margins, notes, addresses, forms that are alike, tables with merged cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject
from reportlab.pdfgen.canvas import Canvas

from assistant.loaders import load
from assistant.loaders.hyphens import join_broken
from assistant.types import Source

# Place, letter size, heavy, text.
Print = tuple[float, float, float, bool, str]

TEXT = [
    "Het college legt elk jaar aan de raad uit hoe de samenwerking",
    "tussen zorg en veiligheid in de wijk verloopt.",
]


def drawn(path: Path, pages: Sequence[Sequence[Print]]) -> Path:
    canvas = Canvas(str(path), pagesize=(595, 842))
    for page in pages:
        for x, y, size, heavy, text in page:
            canvas.setFont("Helvetica-Bold" if heavy else "Helvetica", size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return path


def below(y: float, *texts: str, x: float = 72) -> list[Print]:
    return [(x, y - 13 * number, 10, False, text) for number, text in enumerate(texts)]


def shown(source: Source) -> list[tuple[str, str]]:
    return [(block.kind, source.text[block.begin : block.end]) for block in source.blocks]


def test_pages_that_are_nearly_alike_are_text_and_no_running_lines(tmp_path: Path) -> None:
    pages = [below(760, f"Artikel {number}. Het college beslist binnen {number + 3} weken.") for number in range(1, 7)]

    source = load(drawn(tmp_path / "a.pdf", pages))

    assert [text for _, text in shown(source)] == [page[0][4] for page in pages]


def test_a_title_that_returns_on_each_page_is_told_once(tmp_path: Path) -> None:
    days = ("maandag", "dinsdag", "woensdag", "donderdag")
    pages = [
        [(72, 780, 18, True, "Factsheet wijkteams"), *below(700, *TEXT), *below(600, f"Op {day} is er overleg.")]
        for day in days
    ]

    source = load(drawn(tmp_path / "a.pdf", pages))

    assert shown(source)[0] == ("heading", "Factsheet wijkteams")
    assert source.text.count("Factsheet wijkteams") == 1


def test_a_page_number_in_the_margin_is_not_glued_to_the_first_line(tmp_path: Path) -> None:
    pages = [[(540, 775, 7, False, f"{number} / 3"), *below(773, *TEXT)] for number in range(1, 4)]

    source = load(drawn(tmp_path / "a.pdf", pages))

    assert "/ 3" not in source.text


def test_a_number_that_ends_a_sentence_low_on_the_page_stays(tmp_path: Path) -> None:
    rows = [*below(700, *TEXT), *below(96, "Deze afspraken gelden voor de hele regio tot 31 december", "2027")]

    source = load(drawn(tmp_path / "a.pdf", [rows]))

    assert source.text.endswith("tot 31 december 2027")


def test_notes_stay_below_a_paragraph_that_is_finished(tmp_path: Path) -> None:
    page: list[Print] = [
        (72, 740, 14, True, "Overleg"),
        *below(715, TEXT[0], "tussen zorg en veiligheid in de wijk verloopt.1"),
        (72, 100, 7, False, "1 Besluit van de raad van juni."),
    ]

    source = load(drawn(tmp_path / "a.pdf", [page]))

    assert [text for _, text in shown(source)] == [
        "Overleg",
        f"{TEXT[0]} tussen zorg en veiligheid in de wijk verloopt.1",
        "1 Besluit van de raad van juni.",
    ]


def test_a_heading_stays_with_its_paragraph_that_goes_on_overleaf(tmp_path: Path) -> None:
    first: list[Print] = [
        *below(760, "De raad stelt de plannen van de regio elk jaar in het najaar vast."),
        (72, 730, 14, True, "Overleg"),
        *below(705, TEXT[0]),
        (72, 100, 7, False, "1 Besluit van de raad van juni."),
    ]

    source = load(drawn(tmp_path / "a.pdf", [first, below(760, TEXT[1])]))

    assert [text for _, text in shown(source)][-2:] == ["Overleg", " ".join(TEXT)]


def test_heavy_numbered_sentences_are_headings_as_in_minutes(tmp_path: Path) -> None:
    page: list[Print] = [
        *((72, 740, 10, True, "1. Voorstel tot benoeming van een lid."), *below(727, *TEXT)),
        *((72, 690, 10, True, "2. Voorstel over de begroting."), *below(677, *TEXT)),
    ]

    source = load(drawn(tmp_path / "a.pdf", [page]))

    assert [kind for kind, _ in shown(source)] == ["heading", "paragraph"] * 2


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ("zie https://www.waterveen.example/over-", "ons/", "zie https://www.waterveen.example/over-ons/"),
        ("zie https://www.waterveen.example/", "beleid", "zie https://www.waterveen.example/beleid"),
        ("de GGD-", "en, bij wie", "de GGD-en, bij wie"),
        ("de GGD-", "en GHOR-taken", "de GGD- en GHOR-taken"),
        ("een niet-", "openbaar besluit", "een niet-openbaar besluit"),
    ],
)
def test_what_was_broken_at_a_line_end_is_joined_as_it_was(left: str, right: str, joined: str) -> None:
    assert join_broken(left, right) == joined


def test_a_lowered_figure_belongs_to_its_formula(tmp_path: Path) -> None:
    source = load(drawn(tmp_path / "a.pdf", [below(700, "De uitstoot van CO 2 daalt met 2 procent.")]))

    assert source.text == "De uitstoot van CO2 daalt met 2 procent."


def test_labels_of_a_chart_that_are_drawn_as_one_word_go(tmp_path: Path) -> None:
    rows = [*below(700, *TEXT), *below(600, "08070605jandecnovoktsepaugjuljunmei")]

    assert load(drawn(tmp_path / "a.pdf", [rows])).text == " ".join(TEXT)


# A cell: text, heavy, rows that it covers.
Cell = tuple[str, bool, int]


def tagged_table(path: Path, rows: Sequence[Sequence[Cell]], columns: Sequence[Sequence[int]]) -> Path:
    """A page with a tagged table whose maker calls every cell a data cell; `columns` says where each stands."""
    stream, struct_rows, content_id = [], [], 0
    for number, (row, places) in enumerate(zip(rows, columns, strict=True)):
        cells = ArrayObject()
        for (text, heavy, covered), column in zip(row, places, strict=True):
            font, x, y = "F2" if heavy else "F1", 72 + 150 * column, 700 - 20 * number
            stream.append(f"/TD <</MCID {content_id}>> BDC BT /{font} 10 Tf {x} {y} Td ({text}) Tj ET EMC")
            cell = {"/S": NameObject("/TD"), "/K": NumberObject(content_id)}
            if covered > 1:
                cell["/A"] = DictionaryObject({NameObject("/RowSpan"): NumberObject(covered)})
            cells.append(DictionaryObject({NameObject(key): value for key, value in cell.items()}))
            content_id += 1
        kids = cells if len(cells) > 1 else cells[0]
        struct_rows.append(DictionaryObject({NameObject("/S"): NameObject("/TR"), NameObject("/K"): kids}))
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    content = DecodedStreamObject()
    content.set_data("\n".join(stream).encode())
    fonts = {
        NameObject(f"/F{number}"): DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject(name),
            }
        )
        for number, name in ((1, "/Helvetica"), (2, "/Helvetica-Bold"))
    }
    page[NameObject("/Contents")] = writer._add_object(content)
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): DictionaryObject(fonts)})
    table = DictionaryObject(
        {
            NameObject("/S"): NameObject("/Table"),
            NameObject("/Pg"): page.indirect_reference,
            NameObject("/K"): ArrayObject(struct_rows),
        }
    )
    writer.root_object[NameObject("/StructTreeRoot")] = DictionaryObject({NameObject("/K"): table})
    writer.write(path)
    return path


def test_a_tagged_cell_over_several_rows_is_told_with_each(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        [("Onderzoek", True, 1), ("Brief", True, 1)],
        [("Veldtest", False, 1), ("16 juli", False, 2)],
        [("Proef in de wijk", False, 1)],
        [("Toets", False, 1), ("28 augustus", False, 1)],
    ]

    source = load(tagged_table(tmp_path / "a.pdf", rows, [(0, 1), (0, 1), (0,), (0, 1)]))

    assert shown(source) == [
        ("table_row", "Onderzoek: Veldtest; Brief: 16 juli"),
        ("table_row", "Onderzoek: Proef in de wijk; Brief: 16 juli"),
        ("table_row", "Onderzoek: Toets; Brief: 28 augustus"),
    ]


def test_a_tagged_cell_to_the_left_may_cover_several_rows(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        [("Partner", True, 1), ("Taak", True, 1)],
        [("GGZ", False, 2), ("behandelen", False, 1)],
        [("doorverwijzen", False, 1)],
    ]

    source = load(tagged_table(tmp_path / "a.pdf", rows, [(0, 1), (0, 1), (1,)]))

    assert [text for _, text in shown(source)] == [
        "Partner: GGZ; Taak: behandelen",
        "Partner: GGZ; Taak: doorverwijzen",
    ]
