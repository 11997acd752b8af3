"""HTML, Markdown and DOCX: rendered text with headings, lists and table rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from assistant.errors import DocumentError
from assistant.loaders import load
from assistant.types import Source


def shown(source: Source) -> list[tuple[str, str]]:
    return [(block.kind, source.text[block.begin : block.end]) for block in source.blocks]


def load_as(folder: Path, name: str, text: str) -> Source:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_markdown_is_rendered_to_readable_text(tmp_path: Path) -> None:
    source = load_as(
        tmp_path,
        "stuk.md",
        "# Aanpak **zorg** en veiligheid\n\nZie de [leidraad](https://example.org) en `code`,\nook *hier*.\n\n"
        "## Taken\n\n1. Signaleren\n2. Helpen\n   - samen met de *GGZ*\n\n> Een citaat.\n",
    )

    assert shown(source) == [
        ("heading", "Aanpak zorg en veiligheid"),
        ("paragraph", "Zie de leidraad en code, ook hier."),
        ("heading", "Taken"),
        ("list_item", "Signaleren"),
        ("list_item", "Helpen"),
        ("list_item", "samen met de GGZ"),
        ("paragraph", "Een citaat."),
    ]
    assert [block.level for block in source.blocks] == [1, 0, 2, 0, 0, 1, 0]
    assert source.title == "Aanpak zorg en veiligheid"


def test_markdown_tables_name_the_column_with_each_value(tmp_path: Path) -> None:
    source = load_as(
        tmp_path, "stuk.md", "# Tabel\n\n| Jaar | Doel |\n|---|---|\n| 2024 | minder druk |\n| 2025 | |\n\nSlot.\n"
    )

    assert shown(source)[1:] == [
        ("table_row", "Jaar: 2024; Doel: minder druk"),
        ("table_row", "Jaar: 2025"),
        ("paragraph", "Slot."),
    ]


def test_markdown_front_matter_states_title_date_and_publisher(tmp_path: Path) -> None:
    source = load_as(
        tmp_path, "stuk.md", '---\ntitle: "De leidraad"\ndate: 2024-05-06\nuitgever: Regio\n---\n\nTekst zonder kop.\n'
    )

    assert (source.title, source.stated_date, source.publisher) == ("De leidraad", date(2024, 5, 6), "Regio")
    assert source.text == "Tekst zonder kop."


def test_markdown_with_html_inside_keeps_its_text(tmp_path: Path) -> None:
    source = load_as(tmp_path, "stuk.md", "# Kop\n\n<div><p>In een <b>blok</b>.</p></div>\n\nRegel<br>twee.\n")

    assert shown(source)[1:] == [("paragraph", "In een blok."), ("paragraph", "Regel twee.")]


PAGE = """<!DOCTYPE html>
<html><head><title>De leidraad | Gemeente</title>
<meta name="DCTERMS.issued" content="2023-02-01"><meta property="og:site_name" content="Gemeente Voorbeeld"></head>
<body class="has-sidebar"><header><a href="/">Home</a></header><nav>Menu</nav>
<div class="cookie-banner">Deze site gebruikt cookies.</div>
<main><div class="breadcrumb">Home &gt; Nieuws</div>
<article><header><h1>De&nbsp;leidraad</h1></header>
<p>De <b>nieuwe</b> leidraad<br>vervangt het kader.</p>
<h2>Taken</h2><ul><li>Signaleren<ul><li>vroeg</li></ul></li><li><p>Helpen</p></li></ul>
<table><thead><tr><th>Rol</th><th>Taak</th></tr></thead><tr><td>GGZ</td><td>behandelen</td></tr></table>
<table><tr><td>los</td><td>paar</td></tr></table>
<dl><dt>LT</dt><dd>lokaal team</dd></dl><blockquote>Een citaat.</blockquote>
<p hidden>Onzichtbaar.</p><p style="display: none">Ook onzichtbaar.</p>
<div class="share-bar">Deel op X</div><p>Deel dit bericht</p></article></main>
<aside>Zijbalk</aside><footer>Voettekst</footer><script>var x = "code";</script></body></html>"""


def test_html_gives_the_main_content_alone(tmp_path: Path) -> None:
    source = load_as(tmp_path, "pagina.html", PAGE)

    assert shown(source) == [
        ("heading", "De leidraad"),
        ("paragraph", "De nieuwe leidraad vervangt het kader."),
        ("heading", "Taken"),
        ("list_item", "Signaleren"),
        ("list_item", "vroeg"),
        ("list_item", "Helpen"),
        ("table_row", "Rol: GGZ; Taak: behandelen"),
        ("table_row", "los; paar"),
        ("list_item", "LT: lokaal team"),
        ("paragraph", "Een citaat."),
    ]
    assert [block.level for block in source.blocks[3:6]] == [0, 1, 0]


def test_html_states_title_date_and_publisher(tmp_path: Path) -> None:
    source = load_as(tmp_path, "pagina.html", PAGE)

    assert (source.title, source.stated_date, source.publisher) == (
        "De leidraad",
        date(2023, 2, 1),
        "Gemeente Voorbeeld",
    )


def test_html_without_main_keeps_the_body(tmp_path: Path) -> None:
    source = load_as(
        tmp_path,
        "pagina.htm",
        "<html><body><div id='related-content'><div>Los <i>stukje</i><p>Alinea</p>na</div></div></body></html>",
    )

    assert shown(source) == [("paragraph", "Los stukje"), ("paragraph", "Alinea"), ("paragraph", "na")]


def test_xhtml_loads(tmp_path: Path) -> None:
    xhtml = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Tekst.</p></body></html>'

    assert load_as(tmp_path, "x.html", xhtml).text == "Tekst."


@pytest.mark.parametrize("name", ["diep.html", "diep.md"])
def test_absurdly_deep_html_is_refused(tmp_path: Path, name: str) -> None:
    opening = "" if name.endswith(".md") else "<html><body>"

    with pytest.raises(DocumentError, match=r"diep\.(html|md)"):
        load_as(tmp_path, name, opening + "<div>" * 3000 + "<p>Diep.</p>")


def word_document(folder: Path) -> Path:
    document: Any = docx.Document()
    document.sections[0].header.paragraphs[0].text = "KOPTEKST"
    document.add_paragraph("Leidraad voor teams", style="Title")
    document.add_paragraph("12 maart 2024")
    document.add_heading("Doel", level=1)
    document.add_paragraph("Eerste alinea.")
    document.add_paragraph("Punt een", style="List Bullet")
    document.add_paragraph("Dieper", style="List Bullet 2")
    table = document.add_table(2, 2)
    for cell, text in zip([*table.rows[0].cells, *table.rows[1].cells], ["Rol", "Taak", "GGZ", "helpen"], strict=True):
        cell.text = text
    document.add_paragraph("Na de tabel.")
    path = folder / "leidraad.docx"
    document.save(str(path))
    return path


def test_docx_keeps_order_styles_and_tables(tmp_path: Path) -> None:
    source = load(word_document(tmp_path))

    assert shown(source) == [
        ("heading", "Leidraad voor teams"),
        ("paragraph", "12 maart 2024"),
        ("heading", "Doel"),
        ("paragraph", "Eerste alinea."),
        ("list_item", "Punt een"),
        ("list_item", "Dieper"),
        ("table_row", "Rol: GGZ; Taak: helpen"),
        ("paragraph", "Na de tabel."),
    ]
    assert [block.level for block in source.blocks] == [1, 0, 2, 0, 0, 1, 0, 0]
    assert (source.title, source.stated_date) == ("Leidraad voor teams", date(2024, 3, 12))


def test_docx_takes_insertions_and_leaves_deletions(tmp_path: Path) -> None:
    document: Any = docx.Document()
    paragraph = document.add_paragraph("De raad ")
    for tag, text_tag, text in (("w:del", "w:delText", "was"), ("w:ins", "w:t", "is")):
        change, run, content = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(text_tag)
        change.set(qn("w:id"), "1")
        content.text = text
        run.append(content)
        change.append(run)
        paragraph._p.append(change)
    paragraph.add_run(" akkoord.")
    path = tmp_path / "stuk.docx"
    document.save(str(path))

    assert load(path).text == "De raad is akkoord."


def test_docx_date_of_the_file_is_not_the_date_of_the_document(tmp_path: Path) -> None:
    document: Any = docx.Document()
    document.add_paragraph("Een alinea zonder datum.")
    path = tmp_path / "stuk.docx"
    document.save(str(path))

    assert load(path).stated_date is None
