"""ODT, PPTX, XLSX and e-mail: rendered text with headings, lists and table rows; and what Word documents hide."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pptx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from openpyxl import Workbook
from pptx.util import Inches

from assistant.errors import DocumentError
from assistant.loaders import load
from assistant.loaders.xlsx import MOST_ROWS
from assistant.types import Source

Shown = list[tuple[str, str]]


def shown(source: Source) -> Shown:
    return [(block.kind, source.text[block.begin : block.end]) for block in source.blocks]


OPEN_DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0">
<office:automatic-styles>
 <style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>
</office:automatic-styles>
<office:body><office:text>{}</office:text></office:body></office:document-content>"""


def open_document(path: Path, body: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", OPEN_DOCUMENT.format(body))
    return path


def test_odt_gives_headings_lists_tables_and_notes(tmp_path: Path) -> None:
    path = open_document(
        tmp_path / "plan.odt",
        """<text:tracked-changes><text:changed-region><text:deletion><text:p>Geschrapt.</text:p></text:deletion>
        </text:changed-region></text:tracked-changes>
        <text:p text:style-name="P1">Plan van aanpak</text:p>
        <text:table-of-content><text:index-body><text:p>Doel 1</text:p></text:index-body></text:table-of-content>
        <text:h text:outline-level="1">Doel</text:h>
        <text:p>De raad<text:s text:c="3"/>stelt<text:tab/>vast<text:note text:note-class="footnote">
        <text:note-citation>7</text:note-citation><text:note-body><text:p>Besluit van 3 mei.</text:p></text:note-body>
        </text:note>.<office:annotation><text:p>Klopt dit?</text:p></office:annotation></text:p>
        <text:list><text:list-item><text:p>Signaleren</text:p>
        <text:list><text:list-item><text:p>vroeg</text:p></text:list-item></text:list></text:list-item></text:list>
        <table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Rol</text:p></table:table-cell>
        <table:table-cell><text:p>Taak</text:p></table:table-cell></table:table-row></table:table-header-rows>
        <table:table-row><table:table-cell><text:p>GGZ</text:p></table:table-cell>
        <table:table-cell><text:p>behandelen</text:p></table:table-cell></table:table-row></table:table>
        <text:p><draw:frame><draw:text-box><text:p>In een kader.</text:p></draw:text-box></draw:frame>Na het
        kader.</text:p>
        """,
    )

    source = load(path)

    assert shown(source) == [
        ("heading", "Plan van aanpak"),
        ("heading", "Doel"),
        ("paragraph", "De raad stelt vast[1]."),
        ("paragraph", "[1] Besluit van 3 mei."),
        ("list_item", "Signaleren"),
        ("list_item", "vroeg"),
        ("table_row", "Rol: GGZ; Taak: behandelen"),
        ("paragraph", "Na het kader."),
        ("paragraph", "In een kader."),
    ]
    assert [block.level for block in source.blocks[:2]] == [1, 2]
    assert [block.level for block in source.blocks[4:6]] == [0, 1]
    assert source.title == "Plan van aanpak"


def test_odt_columns_repeated_to_the_edge_of_the_sheet_do_no_harm(tmp_path: Path) -> None:
    path = open_document(
        tmp_path / "breed.odt",
        """<table:table><table:table-row>
        <table:table-cell><text:p>een</text:p></table:table-cell><table:table-cell><text:p>twee</text:p></table:table-cell>
        <table:table-cell table:number-columns-repeated="1048576"/></table:table-row></table:table>""",
    )

    assert load(path).text == "een; twee"


def presentation(path: Path) -> Path:
    deck: Any = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text, first.placeholders[1].text = "Werken aan veiligheid", "Gemeente Voorbeeld, 3 mei 2024"
    second = deck.slides.add_slide(deck.slide_layouts[1])
    frame = second.placeholders[1].text_frame
    frame.text = "Signaleren"
    deeper, last = frame.add_paragraph(), frame.add_paragraph()
    deeper.text, deeper.level, last.text = "vroeg", 1, "Helpen"
    second.shapes.title.text = "Taken"
    second.notes_slide.notes_text_frame.text = "Noem ook de GGZ."
    third = deck.slides.add_slide(deck.slide_layouts[5])
    third.shapes.title.text = "Rollen"
    table = third.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(6), Inches(1)).table
    for place, text in zip([(0, 0), (0, 1), (1, 0), (1, 1)], ["Rol", "Taak", "GGZ", "behandelen"], strict=True):
        table.cell(*place).text = text
    box = third.shapes.add_textbox(Inches(1), Inches(4), Inches(4), Inches(1))
    box.text_frame.text = "Los tekstvak."
    fourth = deck.slides.add_slide(deck.slide_layouts[5])
    fourth.shapes.title.text = "Verborgen"
    fourth._element.set("show", "0")
    deck.save(str(path))
    return path


def test_slides_are_pages(tmp_path: Path) -> None:
    source = load(presentation(tmp_path / "dia.pptx"))

    assert shown(source) == [
        ("heading", "Werken aan veiligheid"),
        ("paragraph", "Gemeente Voorbeeld, 3 mei 2024"),
        ("heading", "Taken"),
        ("list_item", "Signaleren"),
        ("list_item", "vroeg"),
        ("list_item", "Helpen"),
        ("paragraph", "Noem ook de GGZ."),
        ("heading", "Rollen"),
        ("table_row", "Rol: GGZ; Taak: behandelen"),
        ("paragraph", "Los tekstvak."),
    ]
    assert [page.number for page in source.pages] == [1, 2, 3, 4]
    assert source.text[source.pages[1].begin :].startswith("Taken")
    assert source.text[source.pages[2].begin :].startswith("Rollen")
    assert (source.title, source.stated_date) == ("Werken aan veiligheid", date(2024, 5, 3))
    assert source.warnings == ("De verborgen dia's van dia.pptx zijn niet gelezen (aantal: 1).",)


def workbook(path: Path) -> Path:
    book: Any = Workbook()
    sheet = book.active
    sheet.title = "Tarieven"
    sheet.append(["Tarieven per 2025"])
    sheet.append([])
    sheet.append(["Voorziening", "Tarief", "Aandeel", "Vanaf", "Eigen bijdrage"])
    sheet.append(["Begeleiding", 1234.5, 0.125, datetime(2025, 1, 1), True])
    sheet.append(["Dagbesteding", 80, None, datetime(2025, 7, 1, 9, 30), False])
    for row in (4, 5):
        sheet.cell(row, 2).number_format = '"€" #,##0.00'
        sheet.cell(row, 3).number_format = "0.0%"
    hidden = book.create_sheet("Hulp")
    hidden.append(["geheim", 1])
    hidden.sheet_state = "hidden"
    loose = book.create_sheet("Toelichting")
    loose.append(["De tarieven gelden voor een heel jaar."])
    book.save(str(path))
    return path


def test_sheets_become_rows_with_the_names_of_their_columns(tmp_path: Path) -> None:
    source = load(workbook(tmp_path / "tarieven.xlsx"))

    assert shown(source) == [
        ("heading", "Tarieven"),
        ("paragraph", "Tarieven per 2025"),
        (
            "table_row",
            "Voorziening: Begeleiding; Tarief: € 1.234,50; Aandeel: 12,5 %; Vanaf: 1 januari 2025; Eigen bijdrage: ja",
        ),
        ("table_row", "Voorziening: Dagbesteding; Tarief: € 80; Vanaf: 1 juli 2025 09:30 uur; Eigen bijdrage: nee"),
        ("heading", "Toelichting"),
        ("paragraph", "De tarieven gelden voor een heel jaar."),
    ]
    assert source.warnings == ()


def test_a_huge_workbook_is_read_in_part_with_a_warning(tmp_path: Path) -> None:
    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet("Register")
    sheet.append(["Nummer", "Naam"])
    for number in range(MOST_ROWS + 50):
        sheet.append([number, "naam"])
    path = tmp_path / "register.xlsx"
    book.save(str(path))

    source = load(path)

    assert len(source.blocks) == MOST_ROWS  # the heading in the place of the row with the names
    assert source.text.endswith(f"Nummer: {MOST_ROWS - 2}; Naam: naam")
    assert len(source.warnings) == 1
    assert source.warnings[0].startswith(f"register.xlsx heeft meer dan {MOST_ROWS} rijen")


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Anna Smit <anna@example.org>", "team@example.org"
    mail["Subject"], mail["Date"] = "Werkwijze voor coördinatie", "Tue, 05 Nov 2024 10:11:12 +0100"
    mail.set_content("Beste allen,\n\nDe werkwijze geldt vanaf 1 december.\n\n- Bel eerst\n- Schrijf daarna\n")
    return mail


def test_an_email_keeps_its_headers_and_names_its_attachments(tmp_path: Path) -> None:
    mail = message()
    mail.add_alternative("<p>Beste allen</p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="bijlage.pdf")
    path = tmp_path / "bericht.eml"
    path.write_bytes(mail.as_bytes())

    source = load(path)

    assert shown(source) == [
        ("heading", "Werkwijze voor coördinatie"),
        ("paragraph", "Afzender: Anna Smit <anna@example.org>"),
        ("paragraph", "Datum: 5 november 2024"),
        ("paragraph", "Beste allen,"),
        ("paragraph", "De werkwijze geldt vanaf 1 december."),
        ("list_item", "Bel eerst"),
        ("list_item", "Schrijf daarna"),
    ]
    assert (source.title, source.stated_date) == ("Werkwijze voor coördinatie", date(2024, 11, 5))
    assert len(source.warnings) == 1
    assert source.warnings[0].startswith("De bijlagen van bericht.eml zijn niet gelezen: bijlage.pdf.")


def test_an_email_with_only_html_is_read_as_a_page(tmp_path: Path) -> None:
    mail = message()
    mail.set_content("<h2>Doel</h2><p>Samen werken.</p>", subtype="html")
    path = tmp_path / "bericht.eml"
    path.write_bytes(mail.as_bytes())

    assert shown(load(path))[3:] == [("heading", "Doel"), ("paragraph", "Samen werken.")]


def test_a_text_that_is_no_email_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bericht.eml"
    path.write_text("Gewoon een verhaal.\n\nZonder kop.\n")

    with pytest.raises(DocumentError, match=r"bericht\.eml is geen e-mail"):
        load(path)


def saved(document: Any, path: Path) -> Path:
    document.save(str(path))
    return path


def with_notes(path: Path, kind: str, texts: list[str]) -> Path:
    """The Word document with its notes, in reverse order of their ids."""
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    notes = "".join(
        f'<w:{kind} w:id="{number}"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{kind}>'
        for number, text in enumerate(texts, start=1)
    )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[f"word/{kind}s.xml"] = f'<w:{kind}s xmlns:w="{w}">{notes}</w:{kind}s>'.encode()
    relation = (
        f'<Relationship Id="rIdN" Target="{kind}s.xml" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}s"/></Relationships>'
    )
    rels, types = "word/_rels/document.xml.rels", "[Content_Types].xml"
    parts[rels] = parts[rels].replace(b"</Relationships>", relation.encode())
    override = (
        f'<Override PartName="/word/{kind}s.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        f'wordprocessingml.{kind}s+xml"/></Types>'
    )
    parts[types] = parts[types].replace(b"</Types>", override.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("kind", ["footnote", "endnote"])
def test_word_notes_follow_their_paragraph_in_the_order_of_the_text(tmp_path: Path, kind: str) -> None:
    document: Any = docx.Document()
    for number, text in ((2, "De raad besluit"), (1, "Het college voert uit")):
        run = document.add_paragraph(text).add_run()
        reference = OxmlElement(f"w:{kind}Reference")
        reference.set(qn("w:id"), str(number))
        run._r.append(reference)
    path = with_notes(saved(document, tmp_path / "stuk.docx"), kind, ["Artikel 160.", "Artikel 147."])

    assert shown(load(path)) == [
        ("paragraph", "De raad besluit[1]"),
        ("paragraph", "[1] Artikel 147."),
        ("paragraph", "Het college voert uit[2]"),
        ("paragraph", "[2] Artikel 160."),
    ]


def test_word_text_boxes_stand_apart(tmp_path: Path) -> None:
    document: Any = docx.Document()
    paragraph = document.add_paragraph("Voor het kader.")
    box = (
        f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape><v:textbox><w:txbxContent>'
        "<w:p><w:r><w:t>In het kader.</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )
    paragraph._p.append(parse_xml(box))

    assert shown(load(saved(document, tmp_path / "stuk.docx"))) == [
        ("paragraph", "Voor het kader."),
        ("paragraph", "In het kader."),
    ]


def test_a_table_in_a_word_table_keeps_its_own_rows(tmp_path: Path) -> None:
    document: Any = docx.Document()
    table = document.add_table(2, 2)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells], ["Rol", "Taak", "GGZ", "zie hier"], strict=True
    ):
        cell.text = text
    inner = table.rows[1].cells[1].add_table(1, 2)
    inner.rows[0].cells[0].text, inner.rows[0].cells[1].text = "eerst", "daarna"

    assert shown(load(saved(document, tmp_path / "stuk.docx"))) == [
        ("table_row", "Rol: GGZ; Taak: zie hier"),
        ("table_row", "eerst; daarna"),
    ]


def test_word_comments_and_headers_are_not_the_text(tmp_path: Path) -> None:
    document: Any = docx.Document()
    document.sections[0].header.paragraphs[0].text = "KOPTEKST"
    document.sections[0].footer.paragraphs[0].text = "VOETTEKST"
    paragraph = document.add_paragraph("De raad besluit.")
    document.add_comment(paragraph.runs[0], text="Klopt dit wel?", author="A. Smit")

    assert load(saved(document, tmp_path / "stuk.docx")).text == "De raad besluit."


def test_word_headings_carry_the_numbers_that_word_counts(tmp_path: Path) -> None:
    document: Any = docx.Document()
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="{text}"/></w:lvl>'
        for level, text in enumerate(("%1", "%1.%2"))
    )
    root = document.part.numbering_part.element
    root.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>'))
    root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for level, text in ((1, "Inleiding"), (1, "Taken"), (2, "Signaleren"), (2, "Helpen"), (1, "Slot")):
        heading = document.add_heading(text, level)
        numbering = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level - 1}"/><w:numId w:val="77"/></w:numPr>'
        heading._p.get_or_add_pPr().append(parse_xml(numbering))

    texts = [text for _, text in shown(load(saved(document, tmp_path / "stuk.docx")))]

    assert texts == ["1 Inleiding", "2 Taken", "2.1 Signaleren", "2.2 Helpen", "3 Slot"]
